import { Readable } from 'node:stream';
import { HeadObjectCommand, NotFound, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { rawEtagMetadata } from '../../shared/keys.ts';
import { unquoted } from '../../shared/listing.ts';

/** Bytes of a part of an upload. What is smaller goes up in one request. */
const partBytes = 8 * 1024 * 1024;

export interface CuratedTarget {
  readonly bucket: string;
  readonly key: string;
  /** What is there before; undefined for nothing. Anything else fails the write. */
  readonly replaces: string | undefined;
  /** ETag of the raw object that it is made of. */
  readonly rawEtag: string;
}

/** The ETag that a curated object has now; undefined when there is none. */
export async function curatedEtag(s3: S3Client, bucket: string, key: string): Promise<string | undefined> {
  try {
    const { ETag } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    return ETag;
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}

/**
 * Uploads an object that comes in pieces, and gives what their generator returns. When the pieces fail in the middle, or
 * something else is there by then, nothing is left of it.
 */
export async function writeCurated<T>(
  s3: S3Client,
  { bucket, key, replaces, rawEtag }: CuratedTarget,
  pieces: AsyncGenerator<Uint8Array, T, undefined>,
): Promise<T> {
  const returned: T[] = [];
  const body = async function* () {
    returned.push(yield* pieces);
  };
  const upload = new Upload({
    client: s3,
    params: {
      Bucket: bucket,
      Key: key,
      Body: Readable.from(body(), { objectMode: false }),
      ContentType: 'application/vnd.apache.parquet',
      Metadata: { [rawEtagMetadata]: unquoted(rawEtag) },
      ...(replaces === undefined ? { IfNoneMatch: '*' } : { IfMatch: replaces }),
    },
    partSize: partBytes,
    // One after the other: a part more in flight is a part more in memory.
    queueSize: 1,
  });
  await upload.done();
  return returned[0] as T;
}

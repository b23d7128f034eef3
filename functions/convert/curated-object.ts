import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { headObject } from '../../shared/head-object.ts';
import { unquoted } from '../../shared/listing.ts';
import { objectMetadata } from '../../shared/object-metadata.ts';

/** Anything smaller is uploaded in one request. */
const partBytes = 8 * 1024 * 1024;

interface CuratedTarget {
  readonly bucket: string;
  readonly key: string;
  /** ETag of the object that is there now; undefined for none. The write fails if it is another one by then. */
  readonly replaces: string | undefined;
  readonly rawEtag: string;
}

export async function curatedEtag(s3: S3Client, bucket: string, key: string): Promise<string | undefined> {
  return (await headObject(s3, bucket, key))?.ETag;
}

/** Uploads an object piece by piece and returns what the generator returns. A failed upload leaves nothing behind. */
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
      Metadata: { [objectMetadata.rawEtag]: unquoted(rawEtag) },
      ...(replaces === undefined ? { IfNoneMatch: '*' } : { IfMatch: replaces }),
    },
    partSize: partBytes,
    // Each part in flight is held in memory.
    queueSize: 1,
  });
  await upload.done();
  return returned[0] as T;
}

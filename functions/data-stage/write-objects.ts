import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';

/** Anything smaller is uploaded in one request. */
const partBytes = 8 * 1024 * 1024;

interface Target {
  readonly bucket: string;
  readonly key: string;
  /** ETag of the object that is there now; undefined for none. The write fails if it is another one by then. */
  readonly replaces: string | undefined;
  readonly metadata: Record<string, string>;
}

/**
 * Uploads Parquet objects side by side, piece by piece, and returns what the generator returns. When one fails, all do. A
 * failed upload leaves nothing behind.
 * @param pieces the next bytes for each target
 */
export async function writeObjects<T>(
  s3: S3Client,
  targets: readonly Target[],
  pieces: AsyncGenerator<readonly Uint8Array[], T, undefined>,
): Promise<T> {
  const bodies = targets.map(() => new PassThrough());
  const work = [
    feed(bodies, pieces),
    ...targets.map((target, index) => upload(s3, target, bodies[index] as PassThrough)),
  ];
  try {
    const [returned] = await Promise.all(work);
    return returned as T;
  } catch (error) {
    for (const body of bodies) body.destroy(error as Error);
    // No upload may go on after this function has failed.
    await Promise.allSettled(work);
    throw error;
  }
}

async function feed<T>(
  bodies: readonly PassThrough[],
  pieces: AsyncGenerator<readonly Uint8Array[], T, undefined>,
): Promise<T> {
  // The upload reports the error of a destroyed body.
  for (const body of bodies) body.on('error', () => {});
  const returned: T[] = [];
  const all = async function* () {
    returned.push(yield* pieces);
  };
  for await (const next of all()) {
    for (const [index, bytes] of next.entries()) {
      const body = bodies[index] as PassThrough;
      if (bytes.length === 0 || body.write(bytes)) continue;
      if (body.destroyed) throw body.errored;
      await once(body, 'drain');
    }
  }
  for (const body of bodies) body.end();
  return returned[0] as T;
}

async function upload(
  s3: S3Client,
  { bucket, key, replaces, metadata }: Target,
  body: Readable,
): Promise<void> {
  const upload = new Upload({
    client: s3,
    params: {
      Bucket: bucket,
      Key: key,
      Body: body,
      ContentType: 'application/vnd.apache.parquet',
      Metadata: metadata,
      ...(replaces === undefined ? { IfNoneMatch: '*' } : { IfMatch: replaces }),
    },
    partSize: partBytes,
    // Each part in flight is held in memory.
    queueSize: 1,
  });
  await upload.done();
}

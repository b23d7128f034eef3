import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';

/** Bytes of a part of an upload. What is smaller goes up in one request. */
export const partBytes = 8 * 1024 * 1024;

/** The bucket that Athena reads. This function can only write to it. */
export class CuratedBucket {
  readonly #s3: S3Client;
  readonly #name: string;

  constructor(s3: S3Client, name: string) {
    this.#s3 = s3;
    this.#name = name;
  }

  /** Uploads an object that comes in pieces. If they fail in the middle, nothing is left of it. */
  async put(key: string, pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    const upload = new Upload({
      client: this.#s3,
      params: {
        Bucket: this.#name,
        Key: key,
        Body: Readable.from(pieces, { objectMode: false }),
        ContentType: 'application/vnd.apache.parquet',
      },
      partSize: partBytes,
      // One after the other: a part more in flight is a part more in memory.
      queueSize: 1,
    });
    await upload.done();
  }
}

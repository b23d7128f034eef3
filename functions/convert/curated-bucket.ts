import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';

/** The bucket that Athena reads. This function can only write to it. */
export class CuratedBucket {
  readonly #s3: Pick<S3Client, 'send'>;
  readonly #name: string;

  constructor(s3: Pick<S3Client, 'send'>, name: string) {
    this.#s3 = s3;
    this.#name = name;
  }

  async put(key: string, file: Uint8Array): Promise<void> {
    await this.#s3.send(
      new PutObjectCommand({
        Bucket: this.#name,
        Key: key,
        Body: file,
        ContentType: 'application/vnd.apache.parquet',
      }),
    );
  }
}

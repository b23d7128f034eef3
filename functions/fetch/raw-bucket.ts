import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';

/** The bucket that keeps what the provider sent. This function can only add to it. */
export class RawBucket {
  readonly #s3: Pick<S3Client, 'send'>;
  readonly #bucket: string;

  constructor(s3: Pick<S3Client, 'send'>, bucket: string) {
    this.#s3 = s3;
    this.#bucket = bucket;
  }

  /**
   * Writes an object unless the key is taken: a run that happens twice lands once.
   * @returns false when it had landed before.
   */
  async land(key: string, body: string, metadata: Record<string, string>): Promise<boolean> {
    try {
      await this.#s3.send(
        new PutObjectCommand({
          Bucket: this.#bucket,
          Key: key,
          Body: body,
          ContentType: 'application/x-ndjson',
          Metadata: metadata,
          IfNoneMatch: '*',
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof Error && error.name === 'PreconditionFailed') return false;
      throw error;
    }
  }
}

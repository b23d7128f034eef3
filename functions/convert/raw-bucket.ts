import type { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, NoSuchKey, NotFound, type S3Client } from '@aws-sdk/client-s3';

/** A raw object as it was at one moment. */
export interface RawObject {
  /** Its bytes, as they come in. To be read to the end, or given up. */
  readonly body: AsyncIterable<Uint8Array>;
  /** When the run called the API, from the object's metadata; null for a file that was dropped by hand. */
  readonly fetchedAt: Date | null;
  /** Changes whenever the object does. */
  readonly revision: string;
}

/** The bucket that keeps what the provider sent. This function can only read it. */
export class RawBucket {
  readonly #s3: Pick<S3Client, 'send'>;
  readonly name: string;

  constructor(s3: Pick<S3Client, 'send'>, name: string) {
    this.#s3 = s3;
    this.name = name;
  }

  /** The newest state of an object; undefined when it is gone. */
  async get(key: string): Promise<RawObject | undefined> {
    try {
      const answer = await this.#s3.send(new GetObjectCommand({ Bucket: this.name, Key: key }));
      return {
        body: answer.Body as Readable,
        fetchedAt: instantOf(answer.Metadata?.['fetched-at']),
        revision: revisionOf(answer),
      };
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }

  /** The revision that an object has now; undefined when it is gone. */
  async revision(key: string): Promise<string | undefined> {
    try {
      return revisionOf(await this.#s3.send(new HeadObjectCommand({ Bucket: this.name, Key: key })));
    } catch (error) {
      if (error instanceof NotFound) return undefined;
      throw error;
    }
  }
}

/** Only the form that `fetch` writes: what else `Date` takes for a time, it takes in the machine's zone. */
function instantOf(text = ''): Date | null {
  const instant = new Date(text);
  return Number.isNaN(instant.getTime()) || instant.toISOString() !== text ? null : instant;
}

/** The ETag alone would not tell a new upload of the same bytes with other metadata. */
function revisionOf(answer: {
  ETag?: string | undefined;
  LastModified?: Date | undefined;
  VersionId?: string | undefined;
}): string {
  return [answer.VersionId, answer.ETag, answer.LastModified?.toISOString()].join(' ');
}

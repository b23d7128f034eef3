import { addAbortSignal, type Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, NoSuchKey, NotFound, type S3Client } from '@aws-sdk/client-s3';

/** A raw object as it was at one moment. */
export interface RawObject {
  /** Its bytes, as they come in. To be read to the end, or given up. */
  readonly body: AsyncIterable<Uint8Array>;
  /** When the run called the API, from the object's metadata; null for a file that was dropped by hand. */
  readonly fetchedAt: Date | null;
  readonly etag: string;
  /** Changes whenever the object does. */
  readonly revision: string;
}

/**
 * The newest state of an object; undefined when it is gone.
 * @param signal ends the reading of its body
 */
export async function readRaw(
  s3: S3Client,
  bucket: string,
  key: string,
  signal: AbortSignal,
): Promise<RawObject | undefined> {
  try {
    const answer = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return {
      body: addAbortSignal(signal, answer.Body as Readable),
      fetchedAt: instantOf(answer.Metadata?.['fetched-at']),
      etag: answer.ETag ?? '',
      revision: revisionOf(answer),
    };
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

/** The revision that an object has now; undefined when it is gone. */
export async function rawRevision(s3: S3Client, bucket: string, key: string): Promise<string | undefined> {
  try {
    return revisionOf(await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key })));
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
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

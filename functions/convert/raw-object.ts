import { addAbortSignal, type Readable } from 'node:stream';
import { GetObjectCommand, NoSuchKey, type S3Client } from '@aws-sdk/client-s3';
import { headObject } from '../../shared/head-object.ts';
import { objectMetadata } from '../../shared/object-metadata.ts';

export interface RawObject {
  readonly body: AsyncIterable<Uint8Array>;
  /** When the run called the API; null for a file that was dropped by hand. */
  readonly fetchedAt: Date | null;
  readonly etag: string;
  /** Changes whenever the object does. */
  readonly revision: string;
}

/** @param signal stops reading the body */
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
      fetchedAt: instantOf(answer.Metadata?.[objectMetadata.fetchedAt]),
      etag: answer.ETag ?? '',
      revision: revisionOf(answer),
    };
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

export async function rawRevision(s3: S3Client, bucket: string, key: string): Promise<string | undefined> {
  const head = await headObject(s3, bucket, key);
  return head && revisionOf(head);
}

/** Accepts only the form that `fetch` writes: `Date` reads most others in the machine's time zone. */
function instantOf(text = ''): Date | null {
  const instant = new Date(text);
  return Number.isNaN(instant.getTime()) || instant.toISOString() !== text ? null : instant;
}

/** The ETag alone does not change when the same bytes are uploaded with other metadata. */
function revisionOf(answer: {
  ETag?: string | undefined;
  LastModified?: Date | undefined;
  VersionId?: string | undefined;
}): string {
  return [answer.VersionId, answer.ETag, answer.LastModified?.toISOString()].join(' ');
}

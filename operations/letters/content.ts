import { gunzipSync, gzipSync } from 'node:zlib';
import {
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';

/** Bytes of a text that is edited at most. */
export const longestText = 1024 * 1024;

export interface Content {
  readonly text: string;
  readonly etag: string;
}

/** Somebody has replaced or removed the object since it was read. */
export class ChangedObjectError extends Error {
  override readonly name = 'ChangedObjectError';
}

interface RawBucket {
  readonly s3: S3Client;
  readonly bucket: string;
}

/** The whole object as text, unpacked; undefined when it is gone, too long, or no text. */
export async function contentOf({ s3, bucket }: RawBucket, key: string): Promise<Content | undefined> {
  const object = await bytesOf({ s3, bucket }, key);
  if (!object) return undefined;
  try {
    const bytes = isPacked(object.bytes)
      ? gunzipSync(object.bytes, { maxOutputLength: longestText })
      : object.bytes;
    // A byte-order mark stays.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { text, etag: object.etag };
  } catch {
    return undefined;
  }
}

/**
 * Looks whether an object is the one that was read.
 * @returns puts another text in its place, packed if it was, with all that was said of it
 * @throws {ChangedObjectError} when it is not, here and when it is put
 */
export async function contentToPut(
  { s3, bucket }: RawBucket,
  key: string,
  { text, etag }: Content,
): Promise<() => Promise<void>> {
  const changed = () =>
    new ChangedObjectError(`${key} was changed meanwhile, so nothing was put. Open its letter again.`);
  const object = await bytesOf({ s3, bucket }, key);
  if (object?.etag !== etag) throw changed();
  return async () => {
    try {
      await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: isPacked(object.bytes) ? gzipSync(text) : Buffer.from(text),
          IfMatch: etag,
          Metadata: object.metadata,
          ContentType: object.type,
          ContentEncoding: object.encoding,
        }),
      );
    } catch (error) {
      const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
      if (status === 404 || status === 409 || status === 412) throw changed();
      throw error;
    }
  };
}

async function bytesOf({ s3, bucket }: RawBucket, key: string) {
  try {
    const of = { Bucket: bucket, Key: key };
    const { ContentLength = 0 } = await s3.send(new HeadObjectCommand(of));
    if (ContentLength > longestText) return undefined;
    const answer = await s3.send(new GetObjectCommand(of));
    return {
      bytes: Buffer.from((await answer.Body?.transformToByteArray()) ?? []),
      etag: answer.ETag ?? '',
      metadata: answer.Metadata,
      type: answer.ContentType,
      encoding: answer.ContentEncoding,
    };
  } catch (error) {
    const { name } = error as Error;
    if (error instanceof NoSuchKey || name === 'NotFound') return undefined;
    throw error;
  }
}

function isPacked(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { AsyncBuffer } from 'hyparquet';
import { pMapIterable } from 'p-map';
import type { ListedObject } from '../../shared/listing.ts';
import type { Part } from './part.ts';

/** A larger part is read by ranges, as the merge asks for them. Most parts are of one row and have some kilobytes. */
const wholeBytes = 4 * 1024 ** 2;

/** Parts that are read or wait to be merged. With large ones among them, they take 64 MiB. */
const readAhead = 16;

export interface PartSource {
  readonly s3: S3Client;
  readonly curated: string;
  readonly signal: AbortSignal;
}

/**
 * The parts in their order, read ahead of the merge.
 * @throws S3's 404 or 412 for a part that is not as it was listed
 */
export function partFiles(parts: readonly ListedObject[], source: PartSource): AsyncIterable<Part> {
  return pMapIterable(parts, async (part) => ({ key: part.key, file: await fileOf(part, source) }), {
    concurrency: readAhead,
  });
}

async function fileOf(part: ListedObject, source: PartSource): Promise<AsyncBuffer> {
  if (part.size <= wholeBytes) return bytesOf(part, source);
  return {
    byteLength: part.size,
    slice: (start, end = part.size) => bytesOf(part, source, `bytes=${start}-${end - 1}`),
  };
}

async function bytesOf(
  { key, etag }: ListedObject,
  { s3, curated, signal }: PartSource,
  range?: string,
): Promise<ArrayBuffer> {
  const { Body } = await s3.send(
    new GetObjectCommand({ Bucket: curated, Key: key, IfMatch: `"${etag}"`, Range: range }),
    { abortSignal: signal },
  );
  // A copy: small bodies come in a buffer that they share.
  return new Uint8Array((await Body?.transformToByteArray()) ?? []).buffer;
}

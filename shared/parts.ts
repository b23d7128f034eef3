import { createHash } from 'node:crypto';
import type { HeadObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { dayPrefix, type TableDay } from './keys.ts';
import { isFolderMarker, type ListedObject, listObjects } from './listing.ts';
import { objectMetadata } from './object-metadata.ts';

/** Raise it when compact makes another object of the same parts: every day is then made anew. */
const format = 1;

/** The curated objects of a table's day, in the order of their keys. */
export async function listParts(
  s3: Pick<S3Client, 'send'>,
  curated: string,
  of: Pick<TableDay, 'table' | 'day'>,
): Promise<ListedObject[]> {
  const parts: ListedObject[] = [];
  for await (const object of listObjects(s3, curated, { prefix: dayPrefix(of) }))
    if (!isFolderMarker(object)) parts.push(object);
  return parts;
}

/** Tells whether a compacted object was made of these parts. It keeps the digest in its metadata. */
export function partsDigest(
  { dataset }: Pick<TableDay, 'dataset'>,
  parts: readonly Pick<ListedObject, 'key' | 'etag'>[],
): string {
  const made = [format, dataset.version, parts.map(({ key, etag }) => [key, etag])];
  return createHash('sha256').update(JSON.stringify(made)).digest('hex');
}

/**
 * @param compacted what S3 tells of the day's object
 * @param digest of the parts
 */
export function isMadeOf(
  compacted: Pick<HeadObjectCommandOutput, 'Metadata'> | undefined,
  digest: string,
): boolean {
  return compacted?.Metadata?.[objectMetadata.partsDigest] === digest;
}

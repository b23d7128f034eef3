import { createHash } from 'node:crypto';
import type { HeadObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { datasets } from './datasets.ts';
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

type Part = Pick<ListedObject, 'key' | 'etag'>;

/**
 * What a compacted object is made of: a digest of its parts and the versions of what makes it, and one of its parts alone. It
 * keeps them in its metadata.
 */
export function partsDigest({ dataset }: Pick<TableDay, 'dataset'>, parts: readonly Part[]): string {
  const listed = parts.map(({ key, etag }) => [key, etag]);
  return [[format, dataset.version, listed], listed].map(sha256).join('-');
}

function sha256(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
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

/** The same, but another version may have made it: it has the rows of these parts, but perhaps not every column. */
export function hasRowsOf(...[compacted, digest]: Parameters<typeof isMadeOf>): boolean {
  const ofParts = (both: string | undefined) => both?.split('-')[1];
  return ofParts(compacted?.Metadata?.[objectMetadata.partsDigest]) === ofParts(digest);
}

/** By which compact makes a day's object; of each dataset, by its name, that of its columns. */
export interface Versions {
  readonly format: number;
  readonly datasets: Readonly<Record<string, number>>;
}

export const versions: Versions = {
  format,
  datasets: Object.fromEntries(datasets.map(({ name, version }) => [name, version])),
};

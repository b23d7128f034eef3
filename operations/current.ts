import pMap from 'p-map';
import { headObject } from '../shared/head-object.ts';
import { compactedKey, curatedKeysOf, type TableDay } from '../shared/keys.ts';
import { unquoted } from '../shared/listing.ts';
import { objectMetadata } from '../shared/object-metadata.ts';
import { isMadeOf, listParts, partsDigest } from '../shared/parts.ts';
import type { Reached } from './deployed.ts';

/** The curated objects, null until all are made of the raw object as that is now; undefined when that is gone. */
export async function curatedOf(
  { s3, outputs }: Reached,
  rawKey: string,
): Promise<readonly string[] | null | undefined> {
  const raw = await headObject(s3, outputs.RawBucketName, rawKey);
  if (raw?.ETag === undefined) return undefined;
  const etag = unquoted(raw.ETag);
  const keys = curatedKeysOf(rawKey);
  const curated = await pMap(keys, (key) => headObject(s3, outputs.CuratedBucketName, key));
  const isMade = curated.every((each) => each?.Metadata?.[objectMetadata.rawEtag] === etag);
  return keys.length > 0 && isMade ? keys : null;
}

/** The compacted object, null until it is made of the day's parts as they are now; undefined when both are gone. */
export async function compactedOf(
  { s3, outputs }: Reached,
  of: TableDay,
): Promise<string | null | undefined> {
  const key = compactedKey(of);
  const [parts, made] = await Promise.all([
    listParts(s3, outputs.CuratedBucketName, of),
    headObject(s3, outputs.CompactedBucketName, key),
  ]);
  if (parts.length === 0 && !made) return undefined;
  return isMadeOf(made, partsDigest(of, parts)) ? key : null;
}

import type { S3Client } from '@aws-sdk/client-s3';
import { curatedKey, type DatedKey, parseRawKey } from '../../shared/keys.ts';
import { type Counts, conversion } from './conversion.ts';
import { curatedEtag, writeCurated } from './curated-object.ts';
import { refuseBeforeFirstDay } from './day.ts';
import { fileObject } from './file-object.ts';
import { rawRevision, readRaw } from './raw-object.ts';
import { untilUnchanged } from './rounds.ts';

export interface ConvertDependencies {
  readonly s3: S3Client;
  /** Names of the buckets. */
  readonly raw: string;
  readonly curated: string;
  /** Aborted when the function's time is nearly over. */
  readonly signal: AbortSignal;
}

export type Converted =
  | ({ readonly kind: 'converted'; readonly key: string } & Counts)
  /** It had no `dt=` folder and was moved to one, under this key, whose event converts it. */
  | { readonly kind: 'filed'; readonly key: string }
  /** The raw object was removed before it could be converted: there is nothing to do. */
  | { readonly kind: 'gone' };

/**
 * Converts one raw object, as it is now, into its curated object; or files it, when it does not tell its day.
 * @throws {PermanentError} when no further try can succeed
 */
export async function convertObject(rawKey: string, dependencies: ConvertDependencies): Promise<Converted> {
  // First: the role may read no other prefix, and "access denied" would tell nobody that the file is in the wrong place.
  const parsed = parseRawKey(rawKey);
  const { day } = parsed;
  if (day === undefined) return untilUnchanged(rawKey, () => fileObject(parsed, dependencies));
  refuseBeforeFirstDay(parsed, day);
  return untilUnchanged(rawKey, () => convertDated({ ...parsed, day }, dependencies));
}

/**
 * Without a lock, the newest content is what stays: the write fails when another worker wrote since before the source was
 * read, and the look afterwards finds a source that was replaced since. Either alone is not enough:
 * test/functions/convert/two-workers.test.ts.
 */
async function convertDated(
  parsed: DatedKey,
  { s3, raw, curated, signal }: ConvertDependencies,
): Promise<Converted | undefined> {
  const key = curatedKey(parsed);
  const replaces = await curatedEtag(s3, curated, key);
  const object = await readRaw(s3, raw, parsed.key, signal);
  if (!object) return { kind: 'gone' };
  const target = { bucket: curated, key, replaces, rawEtag: object.etag };
  const counts = await writeCurated(s3, target, conversion(parsed, object, signal));
  if ((await rawRevision(s3, raw, parsed.key)) !== object.revision) return undefined;
  return { kind: 'converted', key, ...counts };
}

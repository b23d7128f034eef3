import type { S3Client } from '@aws-sdk/client-s3';
import { headObject } from '../../shared/head-object.ts';
import { curatedKeys, type DatedKey, parseRawKey } from '../../shared/keys.ts';
import { unquoted } from '../../shared/listing.ts';
import { objectMetadata } from '../../shared/object-metadata.ts';
import { untilUnchanged } from '../data-stage/until-unchanged.ts';
import { writeObjects } from '../data-stage/write-objects.ts';
import type { Unexpected } from '../rows/expectations.ts';
import { conversion } from './conversion.ts';
import { fileObject, refuseBeforeFirstDay } from './file-object.ts';
import { limits } from './limits.ts';
import { rawRevision, readRaw } from './raw-object.ts';

export interface ConvertDependencies {
  readonly s3: S3Client;
  readonly raw: string;
  readonly curated: string;
  /** Aborted when the function's time is nearly over. */
  readonly signal: AbortSignal;
}

export type Converted =
  | {
      readonly kind: 'converted';
      readonly tables: readonly { readonly key: string; readonly rows: number }[];
      readonly rescuedFields: number;
      readonly unexpected: readonly Unexpected[];
    }
  /** Moved to this key, because it had no `dt=` folder. The event of the new key converts it. */
  | { readonly kind: 'filed'; readonly key: string }
  | { readonly kind: 'gone' };

/**
 * Converts a raw object, as it is now, into its curated objects, one per table. Files it instead if its key does not name a day.
 * @throws {PermanentError} when no further try can succeed
 */
export async function convertObject(rawKey: string, dependencies: ConvertDependencies): Promise<Converted> {
  // Before any request: the role may read no other prefix, and "access denied" would not say what is wrong.
  const parsed = parseRawKey(rawKey);
  const { day } = parsed;
  if (day === undefined) return untilUnchanged(rawKey, limits.rounds, () => fileObject(parsed, dependencies));
  refuseBeforeFirstDay(parsed, day);
  return untilUnchanged(rawKey, limits.rounds, () => convertDated({ ...parsed, day }, dependencies));
}

/**
 * The newest content wins without a lock, by two checks: the write fails if another worker wrote after we looked, and a
 * last look finds out if the source was replaced. Neither is enough alone:
 * test/functions/convert/two-workers.deep.test.ts.
 * @returns undefined when the source was replaced
 */
async function convertDated(
  parsed: DatedKey,
  { s3, raw, curated, signal }: ConvertDependencies,
): Promise<Converted | undefined> {
  const keys = curatedKeys(parsed);
  const replaced = await Promise.all(keys.map((key) => headObject(s3, curated, key)));
  const object = await readRaw(s3, raw, parsed.key, signal);
  if (!object) return { kind: 'gone' };
  const targets = keys.map((key, table) => ({
    bucket: curated,
    key,
    replaces: replaced[table]?.ETag,
    metadata: { [objectMetadata.rawEtag]: unquoted(object.etag) },
  }));
  const { rows, ...counts } = await writeObjects(s3, targets, conversion(parsed, object, signal));
  if ((await rawRevision(s3, raw, parsed.key)) !== object.revision) return undefined;
  const tables = keys.map((key, table) => ({ key, rows: rows[table] as number }));
  return { kind: 'converted', tables, ...counts };
}

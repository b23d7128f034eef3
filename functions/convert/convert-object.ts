import { createHash } from 'node:crypto';
import type { Dataset } from '../../shared/dataset.ts';
import { PermanentError } from '../../shared/errors.ts';
import { curatedKey, type Day, dayOf, parseRawKey } from '../../shared/keys.ts';
import type { CuratedBucket } from './curated-bucket.ts';
import { parquetFile } from './parquet.ts';
import type { RawBucket, RawObject } from './raw-bucket.ts';
import { rawRecords } from './raw-records.ts';
import { rawText } from './raw-text.ts';
import { Table } from './table.ts';

export interface ConvertDependencies {
  readonly raw: Pick<RawBucket, 'get' | 'revision'>;
  readonly curated: Pick<CuratedBucket, 'put'>;
}

export type Conversion =
  | {
      readonly kind: 'converted';
      readonly key: string;
      readonly rows: number;
      readonly rescuedFields: number;
    }
  /** The raw object was removed before it could be converted: there is nothing to do. */
  | { readonly kind: 'gone' };

/** How often an object may change under our hands before the message is left to a later try. */
const maxRounds = 5;

/**
 * Converts one raw object, as it is now, into its curated object. After writing it looks again: an object that changed
 * meanwhile is converted once more, so that the last writer always wrote the newest content, with no lock.
 * @throws {PermanentError} when no further try can succeed
 */
export async function convertObject(key: string, { raw, curated }: ConvertDependencies): Promise<Conversion> {
  // First: the role may read no other prefix, and "access denied" would tell nobody that the file is in the wrong place.
  parseRawKey(key);
  for (let round = 0; round < maxRounds; round++) {
    const object = await raw.get(key);
    if (!object) return { kind: 'gone' };
    const conversion = convert(key, object);
    await curated.put(conversion.key, conversion.file);
    if ((await raw.revision(key)) === object.revision) {
      const { rows, rescuedFields } = conversion;
      return { kind: 'converted', key: conversion.key, rows, rescuedFields };
    }
  }
  throw new Error(`"${key}" changed ${maxRounds} times while it was converted.`);
}

/** The pure part: raw bytes in, Parquet bytes and their key out. */
export function convert(
  key: string,
  object: Pick<RawObject, 'bytes' | 'fetchedAt'>,
): { key: string; file: Uint8Array; rows: number; rescuedFields: number } {
  const { dataset, day } = parseRawKey(key);
  const table = new Table(dataset, { rawKey: key, fetchedAt: object.fetchedAt });
  for (const record of rawRecords(rawText(object.bytes))) table.add(record);
  const rawSha256 = createHash('sha256').update(object.bytes).digest('hex');
  return {
    key: curatedKey({ key, dataset, day: day ?? earliestDay(dataset, table, key) }),
    file: parquetFile(dataset, table, { rawKey: key, rawSha256 }),
    rows: table.rowCount,
    rescuedFields: table.rescuedFields,
  };
}

/** The day of a file that was dropped without a `dt=` folder: from its content, so that a replay finds the same key. */
function earliestDay(dataset: Dataset, table: Table, key: string): Day {
  const instants = table.column(dataset.dayColumn).filter((cell) => cell instanceof Date);
  const earliest = instants.reduce<Date | undefined>(
    (least, at) => (least && least <= at ? least : at),
    undefined,
  );
  if (!earliest) {
    throw new PermanentError(
      'no-day',
      `"${key}" has no dt= folder, and no record in it has a usable ${dataset.dayColumn}. Put it under ${dataset.name}/dt=YYYY-MM-DD/.`,
    );
  }
  return dayOf(earliest);
}

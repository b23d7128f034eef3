import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance, type Json } from '@duckdb/node-api';
import { type ParquetRow, readParquet } from '../../../cli/local/parquet-rows.ts';
import { convert } from '../../../functions/convert/convert-object.ts';
import { parquetFile } from '../../../functions/convert/parquet.ts';
import { rawRecords } from '../../../functions/convert/raw-records.ts';
import { Table } from '../../../functions/convert/table.ts';
import type { ColumnType } from '../../../shared/column-type.ts';
import type { Dataset } from '../../../shared/dataset.ts';
import { PermanentError } from '../../../shared/errors.ts';

export const rawKey = 'weatherapi/current/dt=2026-11-22/20261122T050000Z.json';

/** Members of a response's `current`. */
export type Current = Record<string, unknown>;

/** One response, as small as they come. */
export function response(current: Current = {}, name = 'Oslo'): string {
  return JSON.stringify({ location: { name }, current });
}

export interface RawFile {
  readonly key?: string;
  readonly fetchedAt?: Date | null;
}

/** `convert`, on a text or bytes. */
export function converted(raw: string | Uint8Array, { key = rawKey, fetchedAt = null }: RawFile = {}) {
  return convert(key, { bytes: typeof raw === 'string' ? Buffer.from(raw) : raw, fetchedAt });
}

/** The rows that `convert` makes of a raw file, read by DuckDB. */
export function rowsOf(raw: string | Uint8Array, file?: RawFile): Promise<ParquetRow[]> {
  return inFile(converted(raw, file).file, (parquet) => readParquet([parquet]));
}

/** What DuckDB answers about a file; `$file` in the SQL stands for it. Cells as DuckDB's JSON has them. */
export function query(file: Uint8Array, sql: string): Promise<Record<string, Json>[]> {
  return inFile(file, async (parquet) => {
    const instance = await DuckDBInstance.create();
    const connection = await instance.connect();
    try {
      await connection.run("SET TimeZone = 'UTC'");
      const result = await connection.runAndReadAll(sql.replaceAll('$file', `'${parquet}'`));
      return result.getRowObjectsJson();
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  });
}

async function inFile<T>(bytes: Uint8Array, read: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'converted-'));
  try {
    const file = path.join(folder, 'rows.parquet');
    await writeFile(file, bytes);
    return await read(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The cells that are not null. */
export function filled(row: ParquetRow): ParquetRow {
  return Object.fromEntries(Object.entries(row).filter(([, cell]) => cell !== null));
}

/** The permanent failure that `work` ends in; throws when it ends in none. */
export function failureOf(work: () => unknown): PermanentError {
  try {
    work();
  } catch (error) {
    if (error instanceof PermanentError) return error;
    throw error;
  }
  throw new Error('It did not fail.');
}

const types: readonly ColumnType[] = ['string', 'double', 'int', 'bigint', 'timestamp'];

/** A dataset with one column of each type, which the fields `a.string`, `a.double`, … fill. */
export const everyType: Dataset = {
  name: 'test/every-type',
  endpoint: 'test.json',
  version: 3,
  description: 'One column of each type.',
  dayColumn: 'timestamp',
  fields: types.map((type) => ({ column: type, path: `a.${type}`, type, meaning: type })),
};

/** A table with the records of a raw text. */
export function tableOf(text: string, dataset = everyType): Table {
  const table = new Table(dataset, { rawKey, fetchedAt: null });
  for (const record of rawRecords(text)) table.add(record);
  return table;
}

export function parquetOf(text: string): Uint8Array {
  return parquetFile(everyType, tableOf(text), { rawKey, rawSha256: '0'.repeat(64) });
}

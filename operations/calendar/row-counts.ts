import type { DuckDBConnection } from '@duckdb/node-api';
import type { Dataset } from '../../shared/dataset.ts';
import type { Day } from '../../shared/keys.ts';
import { compactedFiles } from '../query/compacted-files.ts';
import { withDuckDb } from '../query/duckdb.ts';
import { sqlText } from '../query/sql-text.ts';

export interface DayRows {
  readonly rows: number;
  /** Of the dataset, by whose code the day was made. */
  readonly version: number;
}

/** Rows of a raw object that were observed in one hour. */
export interface HourRows {
  readonly rawKey: string;
  /** Null when the rows do not tell. */
  readonly hour: Date | null;
  readonly rows: number;
}

/** Of compacted objects, by day; reads nothing but their footers. */
export function rowsByDay(
  stateDir: string,
  compacted: ReadonlyMap<Day, string>,
): Promise<ReadonlyMap<Day, DayRows>> {
  return reading(stateDir, compacted, async (connection, files, dayOfFile) => {
    const answer = await connection.runAndReadAll(`
      SELECT file_name, num_rows, CAST(decode(value) AS INTEGER) FROM parquet_file_metadata([${files}])
      JOIN parquet_kv_metadata([${files}]) USING (file_name) WHERE decode(key) = 'dataset_version'`);
    const found = answer.getRowsJson().flatMap(([file, rows, version]) => {
      const day = dayOfFile.get(String(file));
      return day === undefined ? [] : [[day, { rows: Number(rows), version: Number(version) }] as const];
    });
    return new Map(found);
  }).then((found) => found ?? new Map());
}

/** Of compacted objects; reads the columns that tell the raw object and the time. */
export async function rowsByHour(
  stateDir: string,
  compacted: ReadonlyMap<Day, string>,
  { dayColumn, tables }: Dataset,
): Promise<readonly HourRows[]> {
  const type = tables[0]?.fields.find(({ column }) => column === dayColumn)?.type;
  const seconds = type === 'bigint' ? dayColumn : `epoch(${dayColumn})`;
  const found = await reading(stateDir, compacted, async (connection, files) => {
    const answer = await connection.runAndReadAll(`
      SELECT raw_key, CAST(floor(${seconds} / 3600) AS BIGINT), count(*)
      FROM read_parquet([${files}], hive_partitioning = false) GROUP BY ALL`);
    return answer.getRowsJson().map(([rawKey, hour, rows]) => ({
      rawKey: String(rawKey),
      hour: hour === null ? null : new Date(Number(hour) * 3_600_000),
      rows: Number(rows),
    }));
  });
  return found ?? [];
}

/** @returns undefined when there are no files */
async function reading<T>(
  stateDir: string,
  compacted: ReadonlyMap<Day, string>,
  read: (connection: DuckDBConnection, list: string, dayOfFile: ReadonlyMap<string, Day>) => Promise<T>,
): Promise<T | undefined> {
  if (compacted.size === 0) return undefined;
  const dayOfKey = new Map(Array.from(compacted, ([day, key]) => [key, day]));
  const { files, release } = await compactedFiles(stateDir, dayOfKey.keys());
  try {
    if (files.length === 0) return undefined;
    const dayOfFile = new Map(files.map(({ key, path }) => [path, dayOfKey.get(key) ?? '']));
    const list = files.map(({ path }) => sqlText(path)).join(', ');
    return await withDuckDb((connection) => read(connection, list, dayOfFile));
  } finally {
    await release();
  }
}

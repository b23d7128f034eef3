import { DuckDBInstance, type Json } from '@duckdb/node-api';
import { sqlText } from './sql-text.ts';

export type ParquetRow = Record<string, Json>;

/** The rows of Parquet files, read by DuckDB: timestamps as ISO 8601 in UTC, 64-bit integers as numbers where exact. */
export async function readParquet(files: readonly string[]): Promise<ParquetRow[]> {
  return (await sampleParquet(files)).rows;
}

export interface SampleOptions {
  /** @default all */
  readonly limit?: number;
  /** Only rows of these raw objects. @default all */
  readonly rawKeys?: readonly string[];
}

/** The first rows of Parquet files, and how many there are in all. Memory does not grow with the files. */
export async function sampleParquet(
  files: readonly string[],
  { limit, rawKeys }: SampleOptions = {},
): Promise<{ readonly rows: ParquetRow[]; readonly count: number }> {
  if (files.length === 0 || rawKeys?.length === 0) return { rows: [], count: 0 };
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    const list = files.map(sqlText).join(', ');
    // Hive partitioning off: `dt` stands in the path, not in the file.
    const all = `read_parquet([${list}], union_by_name = true, hive_partitioning = false)`;
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${all}`);
    const source = rawKeys ? `${all} WHERE raw_key IN (${rawKeys.map(sqlText).join(', ')})` : all;
    const columns = described.getRowObjectsJson().map(({ column_name, column_type }) => {
      const name = `"${String(column_name).replaceAll('"', '""')}"`;
      return String(column_type).startsWith('TIMESTAMP')
        ? `strftime(${name}::TIMESTAMPTZ AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ') AS ${name}`
        : name;
    });
    const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${source}`);
    const first = limit === undefined ? '' : ` LIMIT ${limit}`;
    const result = await connection.runAndReadAll(`SELECT ${columns.join(', ')} FROM ${source}${first}`);
    const rows = result.getRowObjectsJson().map(
      (row) =>
        Object.fromEntries(
          Object.entries(row).map(([name, value], index) => {
            const isBigint = result.columnType(index).toString() === 'BIGINT';
            return [
              name,
              isBigint && Number.isSafeInteger(Number(value)) && value !== null ? Number(value) : value,
            ];
          }),
        ) as ParquetRow,
    );
    return { rows, count: Number(counted.getRowsJson()[0]?.[0]) };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

import { DuckDBInstance, type Json } from '@duckdb/node-api';

export type ParquetRow = Record<string, Json>;

/** The rows of Parquet files, read by DuckDB: timestamps as ISO 8601 in UTC, 64-bit integers as numbers where exact. */
export async function readParquet(files: readonly string[]): Promise<ParquetRow[]> {
  if (files.length === 0) return [];
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    const list = files.map((file) => `'${file.replaceAll("'", "''")}'`).join(', ');
    // Hive partitioning off: `dt` stands in the path, not in the file.
    const source = `read_parquet([${list}], union_by_name = true, hive_partitioning = false)`;
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`);
    const columns = described.getRowObjectsJson().map(({ column_name, column_type }) => {
      const name = `"${String(column_name).replaceAll('"', '""')}"`;
      return String(column_type).startsWith('TIMESTAMP')
        ? `strftime(${name}::TIMESTAMPTZ AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ') AS ${name}`
        : name;
    });
    const result = await connection.runAndReadAll(`SELECT ${columns.join(', ')} FROM ${source}`);
    return result.getRowObjectsJson().map(
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
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

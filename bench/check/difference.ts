import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { columns, valueAt } from '../input/columns.ts';

/**
 * The first value of a Parquet file, as DuckDB reads it, that is not the input's; undefined when all are the same, in
 * the input's order.
 * @param parquet path of the file @param input path of the NDJSON it was made of
 */
export async function difference(parquet: string, input: string): Promise<string | undefined> {
  const instance = await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false' });
  const connection = await instance.connect();
  try {
    return (await firstDifference(connection, parquet, input)) ?? (await rescued(connection, parquet));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function firstDifference(
  connection: DuckDBConnection,
  parquet: string,
  input: string,
): Promise<string | undefined> {
  const paths = columns.map(({ path }) => path.split('.'));
  const rows = rowsOf(connection, parquet);
  let row = 0;
  for await (const line of createInterface({ input: createReadStream(input), crlfDelay: Infinity })) {
    const { value: values, done } = await rows.next();
    if (done) return `it ends after ${row} rows`;
    const record: unknown = JSON.parse(line);
    for (const [index, { column, path }] of columns.entries()) {
      const expected = valueAt(record, paths[index] ?? []);
      if (values[index] !== expected) {
        return `row ${row + 1}, ${column}: ${String(values[index])} instead of ${String(expected)} (${path})`;
      }
    }
    row += 1;
  }
  return (await rows.next()).done ? undefined : `it has more than ${row} rows`;
}

/** Row by row, numbers of every type as JavaScript's, a timestamp as epoch seconds. */
async function* rowsOf(connection: DuckDBConnection, parquet: string): AsyncGenerator<unknown[], undefined> {
  const types = await typesOf(connection, parquet);
  const selection = columns.map(({ column }) => {
    const type = types.get(column);
    if (type === undefined) return `NULL AS ${column}`;
    if (type.startsWith('TIMESTAMP')) return `epoch(${column})`;
    return type === 'VARCHAR' ? column : `${column}::DOUBLE`;
  });
  const result = await connection.stream(`SELECT ${selection.join(', ')} FROM read_parquet('${parquet}')`);
  for await (const rows of result.yieldRows()) yield* rows;
}

/** Our own column of what found no other: there must be nothing in it. */
async function rescued(connection: DuckDBConnection, parquet: string): Promise<string | undefined> {
  if (!(await typesOf(connection, parquet)).has('rescued')) return undefined;
  const found = await connection.runAndReadAll(
    `SELECT rescued FROM read_parquet('${parquet}') WHERE rescued IS NOT NULL LIMIT 1`,
  );
  const [first] = found.getRows();
  return first && `rescued ${String(first[0])}`;
}

async function typesOf(connection: DuckDBConnection, parquet: string): Promise<ReadonlyMap<string, string>> {
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM read_parquet('${parquet}')`);
  return new Map(described.getRows().map(([name, type]) => [String(name), String(type)]));
}

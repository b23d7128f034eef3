import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { columns, valueAt } from '../input/columns.ts';
import { sqlText } from './sql-text.ts';

/**
 * The first value of a Parquet file, as DuckDB reads it, that is not the input's; undefined when all are the same, in
 * the input's order.
 * @param parquet path of the file
 * @param input path of the NDJSON it was made of
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
  const expectations = columns.map(({ column, path }) => ({ column, names: path.split('.') }));
  const lines = createInterface({ input: createReadStream(input) })[Symbol.asyncIterator]();
  let row = 0;
  for await (const batch of batches(connection, parquet)) {
    for (let index = 0; index < (batch[0]?.length ?? 0); index++) {
      row += 1;
      const line = await lines.next();
      if (line.done) return `it has more than ${row - 1} rows`;
      const record: unknown = JSON.parse(line.value);
      for (const [place, { column, names }] of expectations.entries()) {
        const expected = valueAt(record, names);
        const found = batch[place]?.[index];
        if (found !== expected)
          return `row ${row}, ${column}: ${String(found)} instead of ${String(expected)}`;
      }
    }
  }
  return (await lines.next()).done ? undefined : `it ends after ${row} rows`;
}

/** Some rows at a time, as an array of values a column: numbers of every type as JavaScript's, a timestamp as epoch seconds. */
async function* batches(
  connection: DuckDBConnection,
  parquet: string,
): AsyncGenerator<unknown[][], undefined> {
  const types = await typesOf(connection, parquet);
  const selection = columns.map(({ column }) => {
    const type = types.get(column);
    if (type === undefined) return 'NULL';
    if (type.startsWith('TIMESTAMP')) return `epoch(${column})`;
    return type === 'VARCHAR' ? column : `${column}::DOUBLE`;
  });
  const result = await connection.stream(
    `SELECT ${selection.join(', ')} FROM read_parquet(${sqlText(parquet)})`,
  );
  for (
    let chunk = await result.fetchChunk();
    chunk && chunk.rowCount > 0;
    chunk = await result.fetchChunk()
  ) {
    yield chunk.getColumns();
  }
}

/** Our own column of what found no other: there must be nothing in it. */
async function rescued(connection: DuckDBConnection, parquet: string): Promise<string | undefined> {
  if (!(await typesOf(connection, parquet)).has('rescued')) return undefined;
  const found = await connection.runAndReadAll(
    `SELECT rescued FROM read_parquet(${sqlText(parquet)}) WHERE rescued IS NOT NULL LIMIT 1`,
  );
  const [first] = found.getRows();
  return first && `rescued ${String(first[0])}`;
}

async function typesOf(connection: DuckDBConnection, parquet: string): Promise<ReadonlyMap<string, string>> {
  const described = await connection.runAndReadAll(
    `DESCRIBE SELECT * FROM read_parquet(${sqlText(parquet)})`,
  );
  return new Map(described.getRows().map(([name, type]) => [String(name), String(type)]));
}

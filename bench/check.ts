import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Table } from '../shared/dataset.ts';
import { type Input, rowsIn, tablesOf } from './input.ts';

/**
 * @param files one per table
 * @throws {Error} naming the first value that DuckDB does not read as it is in the input, or in another order
 */
export async function check(files: readonly string[], input: Input): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false' });
  const connection = await instance.connect();
  try {
    for (const [index, table] of tablesOf(input.name).entries())
      await compare(connection, files[index] ?? '', input, table);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function compare(
  connection: DuckDBConnection,
  parquet: string,
  { path: input }: Input,
  { name, rows, fields }: Table,
): Promise<void> {
  const expected = expectedRows(input, rows);
  let row = 0;
  for await (const batch of batches(connection, parquet, [
    ...fields.map(({ column }) => column),
    'rescued',
  ])) {
    for (let index = 0; index < (batch[0]?.length ?? 0); index++) {
      const next = await expected.next();
      if (next.done) throw new Error(`Wrong: ${name} has more than ${row} rows.`);
      row += 1;
      for (const [at, { column, path }] of fields.entries()) {
        expectSame(`${name}, row ${row}, ${column}`, batch[at]?.[index], next.value(path) ?? null);
      }
      // Only ours has this column. There must be nothing in it.
      expectSame(`${name}, row ${row}, rescued`, batch[fields.length]?.[index], null);
    }
  }
  if (!(await expected.next()).done) throw new Error(`Wrong: ${name} ends after ${row} rows.`);
}

async function* expectedRows(input: string, rows: string) {
  for await (const line of createInterface({ input: createReadStream(input) }))
    yield* rowsIn(JSON.parse(line), rows);
}

function expectSame(where: string, found: unknown, expected: unknown): void {
  if (found !== expected)
    throw new Error(`Wrong: ${where}: ${String(found)} instead of ${String(expected)}.`);
}

/** Batches of rows, column by column: every number as a JavaScript number, an instant as epoch seconds, a day as text. */
async function* batches(
  connection: DuckDBConnection,
  parquet: string,
  columns: readonly string[],
): AsyncGenerator<unknown[][]> {
  const file = `read_parquet(${sqlText(parquet)})`;
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${file}`);
  const types = new Map(described.getRows().map(([name, type]) => [String(name), String(type)]));
  const selection = columns.map((column) => {
    const type = types.get(column);
    if (type === undefined) return 'NULL';
    if (type === 'DATE') return `${column}::VARCHAR`;
    if (type.startsWith('TIMESTAMP')) return `epoch(${column})`;
    return type === 'VARCHAR' ? column : `${column}::DOUBLE`;
  });
  const result = await connection.stream(`SELECT ${selection.join(', ')} FROM ${file}`);
  for (
    let chunk = await result.fetchChunk();
    chunk && chunk.rowCount > 0;
    chunk = await result.fetchChunk()
  ) {
    yield chunk.getColumns();
  }
}

export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

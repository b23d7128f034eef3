import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { columnsOf, type Input, valueAt } from './input.ts';

/** @throws {Error} naming the first value that DuckDB does not read as it is in the input, or in another order */
export async function check(parquet: string, input: Input): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false' });
  const connection = await instance.connect();
  try {
    await compare(connection, parquet, input);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function compare(connection: DuckDBConnection, parquet: string, input: Input): Promise<void> {
  const columns = columnsOf(input.name).map(({ column, path }) => ({ column, names: path.split('.') }));
  const lines = createInterface({ input: createReadStream(input.path) })[Symbol.asyncIterator]();
  let row = 0;
  for await (const batch of batches(connection, parquet, [
    ...columns.map(({ column }) => column),
    'rescued',
  ])) {
    for (let index = 0; index < (batch[0]?.length ?? 0); index++) {
      const line = await lines.next();
      if (line.done) throw new Error(`Wrong: it has more than ${row} rows.`);
      row += 1;
      const record: unknown = JSON.parse(line.value);
      for (const [at, { column, names }] of columns.entries()) {
        expectSame(`row ${row}, ${column}`, batch[at]?.[index], valueAt(record, names));
      }
      // Only ours has this column. There must be nothing in it.
      expectSame(`row ${row}, rescued`, batch[columns.length]?.[index], null);
    }
  }
  if (!(await lines.next()).done) throw new Error(`Wrong: it ends after ${row} rows.`);
}

function expectSame(where: string, found: unknown, expected: unknown): void {
  if (found !== expected)
    throw new Error(`Wrong: ${where}: ${String(found)} instead of ${String(expected)}.`);
}

/** Batches of rows, column by column: every number as a JavaScript number, an instant as epoch seconds. */
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

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Table } from '../shared/dataset.ts';
import { datasetOf, type Input, rowsIn, tablesOf } from './input.ts';

/**
 * @param files one per table
 * @param rescues whether they have to keep undeclared members, by path, in a column `rescued`
 * @throws {Error} naming the first value that DuckDB does not read as it is in the input, or in another order
 */
export async function check(files: readonly string[], input: Input, rescues: boolean): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false' });
  const connection = await instance.connect();
  try {
    for (const [index, table] of tablesOf(input.name).entries())
      await compare(connection, files[index] ?? '', input, table, rescues);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function compare(
  connection: DuckDBConnection,
  parquet: string,
  input: Input,
  { name, rows, fields }: Table,
  rescues: boolean,
): Promise<void> {
  const { ignored, tables } = datasetOf(input.name);
  const known = new Set([...ignored, ...tables.flatMap((table) => table.fields.map(({ path }) => path))]);
  const expected = expectedRows(input.path, rows);
  let row = 0;
  for await (const batch of batches(connection, parquet, [
    ...fields.map(({ column }) => column),
    ...(rescues ? ['rescued'] : []),
  ])) {
    for (let index = 0; index < (batch[0]?.length ?? 0); index++) {
      const next = await expected.next();
      if (next.done) throw new Error(`Wrong: ${name} has more than ${row} rows.`);
      row += 1;
      const expect = (column: string, found: unknown, value: unknown) => {
        if (found === value) return;
        throw new Error(
          `Wrong: ${name}, row ${row}, ${column}: ${String(found)} instead of ${String(value)}.`,
        );
      };
      for (const [at, { column, path }] of fields.entries())
        expect(column, batch[at]?.[index], next.value(path) ?? null);
      if (!rescues) continue;
      const found = batch[fields.length]?.[index];
      const left = undeclaredIn(next.value(rows) as object, rows, known);
      expect(
        'rescued',
        typeof found === 'string' ? inOneOrder(Object.entries(JSON.parse(found))) : found,
        left.length > 0 ? inOneOrder(left) : null,
      );
    }
  }
  if (!(await expected.next()).done) throw new Error(`Wrong: ${name} ends after ${row} rows.`);
}

/** The members of a row without a column, by path. Arrays have rows of their own. */
function undeclaredIn(
  object: object,
  path: string,
  known: ReadonlySet<string>,
): [path: string, value: unknown][] {
  return Object.entries(object).flatMap(([name, value]): [string, unknown][] => {
    const here = path ? `${path}.${name}` : name;
    if (known.has(here) || Array.isArray(value)) return [];
    return typeof value === 'object' && value !== null ? undeclaredIn(value, here, known) : [[here, value]];
  });
}

function inOneOrder(members: readonly [string, unknown][]): string {
  return JSON.stringify(members.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

async function* expectedRows(input: string, rows: string) {
  for await (const line of createInterface({ input: createReadStream(input) }))
    yield* rowsIn(JSON.parse(line), rows);
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

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect } from '@jest/globals';
import { type ParquetQueryFilter, parquetQuery, parquetReadObjects } from 'hyparquet';
import { matchFilter } from 'hyparquet/src/filter.js';
import { ParquetFile } from '../../../functions/parquet/parquet-file.ts';
import { firstSecond, lastSecond, millisecondsPerDay } from '../../../functions/rows/cell.ts';
import { RowGroup } from '../../../functions/rows/row-group.ts';
import { columnsOf, type Table } from '../../../shared/dataset.ts';
import fc, { runs } from '../../fast-check.ts';
import { everyType, everyTypeTable, rawKey } from '../convert/converted.ts';

/** A cell of each type, and how SQL writes it. */
interface Cells {
  string: string;
  double: number;
  int: number;
  bigint: bigint;
  date: Date;
  timestamp: Date;
}
type Name = keyof Cells;
export type Row = { [N in Name]: Cells[N] | null };

const literals: { [N in Name]: (cell: Cells[N]) => string } = {
  string: (cell) => `'${cell.replaceAll("'", "''")}'`,
  double: (cell) => `CAST('${Object.is(cell, -0) ? '-0.0' : cell}' AS DOUBLE)`,
  int: (cell) => `CAST('${cell}' AS INTEGER)`,
  bigint: (cell) => `CAST('${cell}' AS BIGINT)`,
  date: (cell) => `DATE '${cell.toISOString().slice(0, 10)}'`,
  timestamp: (cell) => `to_timestamp(${cell.getTime() / 1000})`,
};

// Texts that begin alike for as long as a bound is, and end in characters of every length.
const ends = ['', 'a', 'z', '\x7f', 'é', '\ud7ff', '\ue000', '\uffff', '🚴', '\u{10ffff}'];
const longTexts = [60, 61, 62, 63, 64, 70].flatMap((length) =>
  ends.map((end) => `${'Saint-Étienne-du-Rouvray '.repeat(3).slice(0, length - 3)}${end}`),
);
const least = Number.MIN_VALUE;
const most = Number.MAX_VALUE;
const [firstDay, lastDay] = [firstSecond, lastSecond].map((second) => Math.floor(second / 86_400)) as [
  number,
  number,
];
const instant = fc.integer({ min: firstSecond, max: lastSecond });
export const cells: { [N in Name]: fc.Arbitrary<Cells[N]> } = {
  string: fc.oneof(
    fc.constantFrom('', 'Oslo', 'Rome', "it's", '\u{10ffff}'.repeat(16), '\u{10ffff}'.repeat(17)),
    fc.constantFrom(...longTexts),
    fc.string({ unit: 'binary', maxLength: 100 }).map((text) => text.replaceAll('\0', '')),
  ),
  double: fc.oneof(
    fc.constantFrom(0, -0, least, -least, most, -most, 0.1, 21.6),
    fc.integer({ min: -9, max: 9 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  ),
  int: fc.oneof(fc.integer({ min: -9, max: 9 }), fc.integer()),
  bigint: fc.oneof(fc.bigInt({ min: -9n, max: 9n }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  date: fc
    .oneof(
      fc.integer({ min: -9, max: 9 }),
      fc.constantFrom(firstDay, lastDay),
      fc.integer({ min: firstDay, max: lastDay }),
    )
    .map((days) => new Date(days * millisecondsPerDay)),
  timestamp: fc
    .oneof(fc.integer({ min: -9, max: 9 }), fc.constantFrom(firstSecond, lastSecond), instant)
    .map((seconds) => new Date(seconds * 1000)),
};

const names = Object.keys(cells) as Name[];
const orNull = <T>(cell: fc.Arbitrary<T>) => fc.option(cell, { freq: 5 });

const rows = fc.record(
  Object.fromEntries(names.map((name) => [name, orNull<unknown>(cells[name])])),
) as fc.Arbitrary<Row>;
/** Rows of a row group, now and then with columns that have no values, or one only. */
export const group = fc
  .tuple(fc.array(rows, { minLength: 1, maxLength: 30 }), fc.subarray(names), fc.boolean())
  .map(([all, emptied, isOne]) => {
    const cell = (name: Name) => (isOne ? all[0]?.[name] : null) ?? null;
    return all.map(
      (row): Row => ({ ...row, ...Object.fromEntries(emptied.map((name) => [name, cell(name)])) }),
    );
  });

/** SQL's operators, and hyparquet's. */
const operators = {
  '=': '$eq',
  '<': '$lt',
  '<=': '$lte',
  '>': '$gt',
  '>=': '$gte',
  IN: '$in',
  'IS NULL': '$eq',
  'IS NOT NULL': '$ne',
  LIKE: undefined,
} as const;
interface Filter {
  readonly name: Name;
  readonly operator: keyof typeof operators;
  readonly cells: readonly Cells[Name][];
}

interface File {
  readonly groups: readonly Row[][];
  readonly filters: readonly Filter[];
}

/** The row groups of a file, and filters. Half of the time they ask for what is in it. */
const file: fc.Arbitrary<File> = fc.array(group, { minLength: 2, maxLength: 5 }).chain((groups) => {
  const filter = fc.constantFrom(...names).chain((name) => {
    const own = groups.flat().flatMap((row) => row[name] ?? []);
    const cell: fc.Arbitrary<Cells[Name]> = cells[name];
    return fc.record({
      name: fc.constant(name),
      operator: fc.constantFrom(...Object.keys(operators)),
      cells: fc.array(own.length > 0 ? fc.oneof(cell, fc.constantFrom(...own)) : cell, {
        minLength: 1,
        maxLength: 3,
      }),
    }) as fc.Arbitrary<Filter>;
  });
  const filters = fc.array(filter, { minLength: 100, maxLength: 100 });
  return fc.record({ groups: fc.constant(groups), filters });
});

function sqlOf({ name, operator, cells }: Filter): string {
  const literal = literals[name] as (cell: Cells[Name]) => string;
  if (operator === 'LIKE') {
    const text = String(cells[0]).replace(/[%_\\]/g, '');
    return `${name}::VARCHAR LIKE ${literals.string(`${text.slice(0, text.length / 2)}%`)}`;
  }
  if (operator === 'IN') return `${name} IN (${cells.map(literal)})`;
  return operator.startsWith('IS')
    ? `${name} ${operator}`
    : `${name} ${operator} ${literal(cells[0] as Cells[Name])}`;
}

function queryOf({ name, operator, cells }: Filter): ParquetQueryFilter {
  const value = operator === 'IN' ? cells : operator.startsWith('IS') ? null : cells[0];
  return { [name]: { [operators[operator] as string]: value } };
}

/** A file, in the pieces that its row groups become. */
export function* parquetOf(
  groups: readonly (readonly Readonly<Record<string, unknown>>[])[],
  table: Table = everyTypeTable,
): Generator<Uint8Array> {
  const file = new ParquetFile(everyType, table);
  const group = new RowGroup(columnsOf(table));
  for (const rows of groups) {
    for (const row of rows) {
      for (const [number, { column, type }] of group.columns.entries()) {
        const cell = row[column] ?? null;
        if (cell !== null) group.set(number, type, cell as never);
      }
      group.rowCount += 1;
      group.reserve();
    }
    file.add(group);
    group.clear();
    yield file.take();
  }
  file.finish({ raw_key: rawKey, raw_crc32: '' });
  yield file.take();
}

/** Makes a file whose rows are those of the groups. */
export type FileOf = (groups: readonly Row[][]) => Uint8Array | Promise<Uint8Array>;

/** In DuckDB, every filter finds in a file what a full scan finds. */
export async function filtersInDuckDB(fileOf: FileOf): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'filters-'));
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  let files = 0;
  const ask = async ({ groups, filters }: File) => {
    const parquet = path.join(folder, `${++files}.parquet`);
    await writeFile(parquet, await fileOf(groups));
    await connection.run(`CREATE OR REPLACE VIEW file AS FROM '${parquet}'`);
    await connection.run(`CREATE OR REPLACE TABLE scanned AS SELECT ${names} FROM file`);
    const conditions = filters.map(sqlOf);
    const bounds = names.flatMap((name) => [`min(${name})`, `max(${name})`]);
    const answers = async (source: string) => {
      const counts = conditions.map((condition) => `SELECT count(*) FROM ${source} WHERE ${condition}`);
      const found = (await connection.runAndReadAll(counts.join(' UNION ALL '))).getRowsJson();
      const extremes = await connection.runAndReadAll(`SELECT ${bounds} FROM ${source}`);
      return [conditions.map((condition, index) => [condition, found[index]]), extremes.getRowsJson()];
    };
    expect(await answers('file')).toEqual(await answers('scanned'));
  };
  let asked: Promise<void> | undefined;
  try {
    const property = fc.asyncProperty(file, (each) => {
      asked = ask(each);
      return asked;
    });
    await fc.assert(property, { numRuns: runs(15) });
  } finally {
    // When fast-check's time is over, it waits for nobody; DuckDB crashes when it is closed while it answers.
    await asked?.catch(() => {});
    connection.closeSync();
    instance.closeSync();
    await rm(folder, { recursive: true });
  }
}

/** The same in hyparquet. */
export async function filtersInHyparquet(fileOf: FileOf): Promise<void> {
  const property = fc.asyncProperty(file, async ({ groups, filters }) => {
    const options = {
      file: new Uint8Array(await fileOf(groups)).buffer,
      compressors: { ZSTD: (bytes: Uint8Array) => zstdDecompressSync(bytes) },
    };
    const all = await parquetReadObjects({ ...options, columns: names });
    for (const each of filters) {
      if (each.operator === 'LIKE') continue;
      const query = queryOf(each);
      const found = await parquetQuery({ ...options, columns: [each.name], filter: query });
      const scanned = all.filter((row) => matchFilter(row, query));
      if (found.length !== scanned.length) expect([each, found]).toEqual([each, scanned]);
    }
  });
  await fc.assert(property, { numRuns: runs(15) });
}

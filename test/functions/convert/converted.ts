import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { DuckDBInstance, type Json } from '@duckdb/node-api';
import { conversion } from '../../../functions/convert/conversion.ts';
import { Column } from '../../../functions/parquet/column.ts';
import { ParquetFile } from '../../../functions/parquet/parquet-file.ts';
import { type AnswerShapes, answerShapes } from '../../../functions/reader/answer-shapes.ts';
import { RecordReader } from '../../../functions/reader/record-reader.ts';
import { AnswerRows } from '../../../functions/rows/answer-rows.ts';
import type { Unexpected } from '../../../functions/rows/expectations.ts';
import { type ParquetRow, readParquet } from '../../../operations/query/parquet-rows.ts';
import type { ColumnType } from '../../../shared/column-type.ts';
import { columnsOf, type Dataset, type Table, tableName } from '../../../shared/dataset.ts';
import { PermanentError } from '../../../shared/errors.ts';
import { curatedKey, type DatedKey, parseRawKey } from '../../../shared/keys.ts';

export const rawKey = 'weatherapi/current/dt=2026-11-22/20261122T050000Z.json';

/** Members of a response's `current`. */
export type Current = Record<string, unknown>;

/** One response, as small as they come. */
export function response(current: Current = { uv: 1 }, name = 'Oslo'): string {
  return JSON.stringify({ location: { name }, current });
}

export interface RawFile {
  readonly key?: string;
  readonly fetchedAt?: Date | null;
}

export interface Converted {
  readonly key: string;
  readonly file: Uint8Array;
  readonly rows: number;
  readonly rescuedFields: number;
  readonly unexpected: readonly Unexpected[];
}

/** What a raw file becomes: the file of its dataset's first table. */
export async function converted(raw: string | Uint8Array, file?: RawFile): Promise<Converted> {
  const { tables, ...counts } = await tablesOf(raw, file);
  return { ...(tables[0] as (typeof tables)[number]), ...counts };
}

/** The files that a raw file becomes, one per table. */
export function tablesOf(raw: string | Uint8Array, { key = rawKey, fetchedAt = null }: RawFile = {}) {
  const { day = '', ...parsed } = parseRawKey(key);
  return convertedAs({ ...parsed, day }, raw, fetchedAt);
}

async function convertedAs(key: DatedKey, raw: string | Uint8Array, fetchedAt: Date | null) {
  const body = Readable.from([Buffer.from(raw)]);
  const { tables } = key.dataset;
  const pieces: Uint8Array[][] = tables.map(() => []);
  const converting = conversion(key, { body, fetchedAt });
  for (;;) {
    const { done, value } = await converting.next();
    if (done) {
      const files = tables.map((table, number) => ({
        table: tableName(table),
        key: curatedKey(key, table),
        file: Buffer.concat(pieces[number] ?? []),
        rows: value.rows[number] ?? 0,
      }));
      return { tables: files, rescuedFields: value.rescuedFields, unexpected: value.unexpected };
    }
    for (const [table, bytes] of value.entries()) pieces[table]?.push(bytes);
  }
}

/** The rows of the first table that a raw file becomes, read by DuckDB. */
export async function rowsOf(raw: string | Uint8Array, file?: RawFile): Promise<ParquetRow[]> {
  return rowsIn((await converted(raw, file)).file);
}

/** The rows of a Parquet file, read by DuckDB. */
export function rowsIn(parquet: Uint8Array): Promise<ParquetRow[]> {
  return inFile(parquet, (path) => readParquet([path]));
}

/** What DuckDB answers about a file; `$file` in the SQL stands for it. Cells as DuckDB's JSON has them. */
export function query(file: Uint8Array, sql: string): Promise<Record<string, Json>[]> {
  return inFile(file, (parquet) => answer(sql.replaceAll('$file', `'${parquet}'`)));
}

/** What DuckDB answers. */
export async function answer(sql: string): Promise<Record<string, Json>[]> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    return (await connection.runAndReadAll(sql)).getRowObjectsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
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
export async function failureOf(work: () => unknown): Promise<PermanentError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof PermanentError) return error;
    throw error;
  }
  throw new Error('It did not fail.');
}

const types: readonly ColumnType[] = ['string', 'double', 'int', 'bigint', 'date', 'timestamp'];

/** A dataset with one column of each type, which the fields `a.string`, `a.double`, … fill. */
export const everyType: Dataset = {
  name: 'test/every-type',
  endpoint: 'test.json',
  version: 3,
  description: 'One column of each type.',
  schedule: 'rate(1 hour)',
  identity: 'time',
  options: {},
  dayColumn: 'timestamp',
  firstDay: '2024-01-01',
  required: [],
  ignored: [],
  maxAnswerBytes: 64 * 1024,
  tables: [
    {
      name: 'test/every-type',
      description: 'One column of each type.',
      rows: '',
      fields: types.map((type) => ({ column: type, path: `a.${type}`, type, meaning: type })),
    },
  ],
};

export const everyTypeTable = everyType.tables[0] as Table;

export type Columns = Record<string, unknown[]>;

/** How to read answers without parsing them; undefined to parse all. */
export type ShapesOf = (rows: AnswerRows) => AnswerShapes | undefined;

/** The cells of each column that the records of a text give, top to bottom; the text comes in pieces of some bytes. */
export function columnsFrom(
  text: string | Uint8Array,
  dataset: Dataset = everyType,
  pieceBytes = Number.POSITIVE_INFINITY,
  shapesOf: ShapesOf = answerShapes,
): Columns {
  return tablesFrom(text, dataset, pieceBytes, shapesOf).tables[0]?.columns ?? {};
}

/** The same of every table, with its file, and what was counted. */
export function tablesFrom(
  text: string | Uint8Array,
  dataset: Dataset,
  pieceBytes = Number.POSITIVE_INFINITY,
  shapesOf: ShapesOf = answerShapes,
): { tables: { columns: Columns; file: Uint8Array }[]; counts: object } {
  const tables = dataset.tables.map((table) => ({
    columns: Object.fromEntries(columnsOf(table).map(({ column }): [string, unknown[]] => [column, []])),
    parquet: new ParquetFile(dataset, table),
  }));
  const rows = new AnswerRows(dataset, { rawKey, fetchedAt: null }, (group, table) => {
    tables[table]?.parquet.add(group);
    for (const [number, { column, type }] of group.columns.entries()) {
      const filled = new Column(group, number, type);
      const cells = Array.from(filled.present, (isPresent, row) => {
        const cell = isPresent ? filled.cell(row) : null;
        return cell instanceof Uint8Array ? Buffer.from(cell).toString() : cell;
      });
      tables[table]?.columns[column]?.push(...cells);
    }
  });
  const reader = new RecordReader(rows, shapesOf(rows));
  for (const piece of pieces(Buffer.from(text), pieceBytes)) reader.push(piece);
  reader.end();
  rows.end();
  const { rowCounts, answerCount, rescuedFields } = rows;
  return {
    tables: tables.map(({ columns, parquet }) => {
      parquet.finish({ raw_key: rawKey, raw_crc32: '' });
      return { columns, file: parquet.take() };
    }),
    counts: { rowCounts, answerCount, rescuedFields },
  };
}

export function* pieces(bytes: Uint8Array, length: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

/** A Parquet file with every type. */
export async function parquetOf(text: string): Promise<Uint8Array> {
  const { tables } = await convertedAs({ key: rawKey, dataset: everyType, day: '2026-11-22' }, text, null);
  return tables[0]?.file ?? new Uint8Array();
}

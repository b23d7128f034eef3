import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  DuckDBBlobValue,
  type DuckDBConnection,
  DuckDBDateValue,
  DuckDBInstance,
  type DuckDBResultReader,
  DuckDBTimestampTZValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { conversion } from '../../../../functions/convert/conversion.ts';
import { columnsOf, type Dataset, type Table } from '../../../../shared/dataset.ts';
import { weatherapiCurrent } from '../../../../shared/datasets/weatherapi-current.ts';
import { PermanentError } from '../../../../shared/errors.ts';
import { rawKey } from '../converted.ts';
import { canonical, treeOf } from './json-tree.ts';
import { type ExpectedRow, expectedRows } from './reference.ts';
import type { Cell } from './reference-cell.ts';

export type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** What the pieces of a raw file become: Parquet files, by table, or the one permanent failure; anything else is thrown. */
async function convertedTables(
  pieces: Bytes,
  dataset: Dataset,
): Promise<{ files: readonly Uint8Array[]; rescuedFields: number } | PermanentError> {
  try {
    const body = asynchronous(pieces);
    const converting = conversion({ key: rawKey, dataset, day: undefined }, { body, fetchedAt: null });
    const written: Uint8Array[][] = dataset.tables.map(() => []);
    for (;;) {
      const { done, value } = await converting.next();
      if (done)
        return { files: written.map((all) => Buffer.concat(all)), rescuedFields: value.rescuedFields };
      for (const [table, bytes] of value.entries()) written[table]?.push(bytes);
    }
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    expect(error.code).toMatch(/^[a-z0-9-]+$/);
    expect(error.message.length).toBeGreaterThan(10);
    expect(error.message.length).toBeLessThan(1_000);
    return error;
  }
}

/** The same for the one table of `current`. */
export async function converted(pieces: Bytes): Promise<Uint8Array | PermanentError> {
  const result = await convertedTables(pieces, weatherapiCurrent);
  return result instanceof PermanentError ? result : (result.files[0] as Uint8Array);
}

/** A file, or a failure, in a form that can be compared. */
export async function comparable(
  pieces: readonly Uint8Array[],
  dataset: Dataset = weatherapiCurrent,
): Promise<string> {
  const result = await convertedTables(pieces, dataset);
  if (result instanceof PermanentError) return result.code;
  return result.files.map((file) => createHash('sha256').update(file).digest('hex')).join('\n');
}

async function* asynchronous(pieces: Bytes): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

/** A row as DuckDB reads it, in the form of the reference. */
type ActualRow = ExpectedRow;

/** Reads Parquet files in the tests of one file, all over one connection. */
export function duckdb() {
  let folder: string;
  let instance: DuckDBInstance;
  let connection: DuckDBConnection;
  let answer: Promise<DuckDBResultReader> | undefined;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'properties-'));
    instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    connection = await instance.connect();
  });
  afterAll(async () => {
    // When fast-check's time is over, it waits for nobody; DuckDB crashes when it is closed while it answers.
    await answer?.catch(() => {});
    connection.closeSync();
    instance.closeSync();
    await rm(folder, { recursive: true });
  });

  let files = 0;
  /** What DuckDB answers; `$file` in the SQL stands for the file. */
  const query = async (parquet: Uint8Array, sql: string) => {
    // Of another name each time: DuckDB caches files, and takes one of the same second and size for the same.
    const file = path.join(folder, `${++files}.parquet`);
    await writeFile(file, parquet);
    answer = connection.runAndReadAll(sql.replaceAll('$file', `'${file}'`));
    return (await answer).getRowObjects();
  };

  const rowsIn = async (
    parquet: Uint8Array,
    table: Table = weatherapiCurrent.tables[0],
  ): Promise<ActualRow[]> => {
    const rows = await query(
      parquet,
      `SELECT * REPLACE (${textsIn(table)}), json_valid(rescued) AS is_json FROM read_parquet($file)`,
    );
    return rows.map(({ is_json, ...row }) => {
      expect(is_json).not.toBe(false);
      const { raw_key, rescued, ...cells } = Object.fromEntries(
        Object.entries(row).map(([column, value]) => [column, cellOf(value)]),
      );
      expect(raw_key).toBe(rawKey);
      return {
        cells: new Map(Object.entries(cells).filter((entry): entry is [string, Cell] => entry[1] !== null)),
        rescued: rescued === null ? new Map() : membersOf(String(rescued)),
      };
    });
  };

  /**
   * Converts a raw file, and holds what comes of it to the reference: all rows of every table, read by DuckDB, with each
   * value in its place, or one permanent failure. Returns the number of rows, or the failure's code.
   */
  const outcomeOf = async (
    pieces: Bytes,
    text: Uint8Array,
    dataset: Dataset = weatherapiCurrent,
  ): Promise<number | string> => {
    const result = await convertedTables(pieces, dataset);
    const expected = expectedRows(text, dataset);
    if (result instanceof PermanentError) {
      if (expected) throw new Error(`It could be converted, but: ${result.message}`, { cause: result });
      return result.code;
    }
    if (!expected) throw new Error('It was converted, but is damaged.');
    const tables: ActualRow[][] = [];
    for (const [table, file] of result.files.entries())
      tables.push(await rowsIn(file, dataset.tables[table] as Table));
    for (const { cells, rescuedIn, path, json } of expected.either) {
      const isKept = cells.some(([row, column]) => actualRow(row)?.cells.has(column));
      if (isKept) continue;
      for (const [row, column] of cells) row.cells.delete(column);
      rescuedIn.rescued.set(path, json);
    }
    function actualRow(row: ExpectedRow): ActualRow | undefined {
      const table = expected?.rows.findIndex((rows) => rows.includes(row)) ?? -1;
      return tables[table]?.[expected?.rows[table]?.indexOf(row) ?? -1];
    }
    expect(tables).toEqual(expected.rows);
    const rescued = tables.flat().reduce((sum, row) => sum + row.rescued.size, 0);
    expect(result.rescuedFields).toBe(rescued);
    return tables.flat().length;
  };

  return {
    query,
    rowsIn,
    outcomeOf: (raw: string | Uint8Array, dataset?: Dataset) => {
      const bytes = Buffer.from(raw);
      return outcomeOf([bytes], bytes, dataset);
    },
    outcomeOfPieces: outcomeOf,
  };
}

/** Texts are read as bytes: DuckDB's client drops a byte-order mark from their beginning. */
function textsIn(table: Table): string {
  const texts = columnsOf(table).filter(({ type }) => type === 'string');
  return texts.map(({ column }) => `encode(${column}) AS ${column}`).join();
}

function cellOf(value: DuckDBValue): Cell | null {
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString();
  if (value instanceof DuckDBDateValue) return value.days;
  if (value instanceof DuckDBTimestampTZValue) return value.micros / 1_000n;
  return value as Cell | null;
}

function membersOf(json: string): Map<string, string> {
  const tree = treeOf(json);
  if (tree.kind !== 'object' || tree.members.length === 0) throw new Error(`Not what is rescued: ${json}`);
  const members = new Map(tree.members.map(([path, value]) => [path, canonical(value)]));
  expect(members.size).toBe(tree.members.length);
  return members;
}

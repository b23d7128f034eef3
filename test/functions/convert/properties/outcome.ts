import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  DuckDBBlobValue,
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBResultReader,
  DuckDBTimestampTZValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { conversion } from '../../../../functions/convert/conversion.ts';
import { columnsOf } from '../../../../shared/dataset.ts';
import { weatherapiCurrent } from '../../../../shared/datasets/weatherapi-current.ts';
import { PermanentError } from '../../../../shared/errors.ts';
import { parseRawKey } from '../../../../shared/keys.ts';
import { rawKey } from '../converted.ts';
import { canonical, treeOf } from './json-tree.ts';
import { type Cell, type ExpectedRow, expectedRows } from './reference.ts';

export type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** The Parquet file that the pieces of a raw file become, or the one permanent failure; anything else is thrown. */
export async function converted(pieces: Bytes): Promise<Uint8Array | PermanentError> {
  try {
    const body = asynchronous(pieces);
    const files = await Array.fromAsync(conversion(parseRawKey(rawKey), { body, fetchedAt: null }));
    return Buffer.concat(files.flat());
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    expect(error.code).toMatch(/^[a-z0-9-]+$/);
    expect(error.message.length).toBeGreaterThan(10);
    expect(error.message.length).toBeLessThan(1_000);
    return error;
  }
}

/** A file, or a failure, in a form that can be compared. */
export async function comparable(pieces: readonly Uint8Array[]): Promise<string> {
  const result = await converted(pieces);
  return result instanceof PermanentError ? result.code : Buffer.from(result).toString('base64');
}

async function* asynchronous(pieces: Bytes): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

/** A row as DuckDB reads it, in the form of the reference. */
export type ActualRow = Pick<ExpectedRow, 'cells' | 'rescued'>;

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

  const rowsIn = async (parquet: Uint8Array): Promise<ActualRow[]> => {
    const rows = await query(
      parquet,
      `SELECT * REPLACE (${texts.join()}), json_valid(rescued) AS is_json FROM read_parquet($file)`,
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
   * Converts a raw file, and holds what comes of it to the reference: all of its rows, read by DuckDB, with each value
   * in its place, or one permanent failure. Returns the number of rows, or the failure's code.
   */
  const outcomeOf = async (pieces: Bytes, text: Uint8Array): Promise<number | string> => {
    const result = await converted(pieces);
    const expected = expectedRows(text);
    if (result instanceof PermanentError) {
      if (expected) throw new Error(`It could be converted, but: ${result.message}`, { cause: result });
      return result.code;
    }
    if (!expected) throw new Error('It was converted, but is damaged.');
    const rows = await rowsIn(result);
    expect(rows.length).toBe(expected.length);
    for (const [index, row] of rows.entries()) {
      const { cells, rescued, either } = expected[index] as ExpectedRow;
      for (const [column, [path, json]] of either) {
        if (row.cells.has(column)) continue;
        cells.delete(column);
        rescued.set(path, json);
      }
      expect(row).toEqual({ cells, rescued });
    }
    return rows.length;
  };

  return {
    query,
    rowsIn,
    outcomeOf: (raw: string | Uint8Array) => {
      const bytes = Buffer.from(raw);
      return outcomeOf([bytes], bytes);
    },
    outcomeOfPieces: outcomeOf,
  };
}

/** Texts are read as bytes: DuckDB's client drops a byte-order mark from their beginning. */
const texts = columnsOf(weatherapiCurrent.tables[0])
  .filter(({ type }) => type === 'string')
  .map(({ column }) => `encode(${column}) AS ${column}`);

function cellOf(value: DuckDBValue): Cell | null {
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString();
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

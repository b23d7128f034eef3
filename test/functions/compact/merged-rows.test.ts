import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import type { ColumnType } from '../../../shared/column-type.ts';
import { columnsOf, type Field, type Table } from '../../../shared/dataset.ts';
import { datasets } from '../../../shared/datasets.ts';
import fc, { runs } from '../../fast-check.ts';
import { cells, type Row as FilterRow, filtersInDuckDB, filtersInHyparquet } from '../parquet/filters.ts';
import { everyTypeDay, large, largeText, merged, partOf, type Row } from './merged.ts';

let folder: string;
let instance: DuckDBInstance;
let connection: DuckDBConnection;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'merged-'));
  instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  connection = await instance.connect();
});
afterAll(async () => {
  connection.closeSync();
  instance.closeSync();
  await rm(folder, { recursive: true });
});

/** The rows of a file as DuckDB reads them, and as hyparquet does. */
async function read(file: Uint8Array) {
  const parquet = path.join(folder, 'file.parquet');
  await writeFile(parquet, file);
  const duckdb = await connection.runAndReadAll(`SELECT * FROM '${parquet}'`);
  const hyparquet = await parquetReadObjects({
    file: new Uint8Array(file).buffer,
    compressors: { ZSTD: (bytes) => zstdDecompressSync(bytes) },
  });
  return { duckdb: duckdb.getRowObjectsJson().map(short), hyparquet: hyparquet.map(short) };
}

/** Without the text that makes a row group large. */
function short(row: Row): Row {
  return row.rescued === largeText ? { ...row, rescued: 'large' } : row;
}

/** A part: its columns, and its row groups. */
interface Draft {
  readonly fields: readonly Field[];
  readonly groups: readonly { readonly size: number; readonly isLarge: boolean }[];
}

const added: Field = { column: 'not_declared', path: 'new', type: 'timestamp', meaning: '' };

function drafts({ fields }: Table): fc.Arbitrary<Draft[]> {
  const draft = fc.record({
    // All of them in order, most of the time; else some, in another order, with one that is not declared any more.
    fields: fc.oneof({ weight: 2, arbitrary: fc.constant(fields) }, fc.shuffledSubarray([...fields, added])),
    groups: fc.array(
      fc.record({
        size: fc.integer({ min: 1, max: 40 }),
        isLarge: fc.boolean().chain((is) => (is ? fc.boolean() : fc.constant(false))),
      }),
      { maxLength: 3 },
    ),
  });
  return fc.array(draft, { maxLength: 4 });
}

/** A few cells of each type, of which rows are made. */
const pools = fc.record(
  Object.fromEntries(
    Object.entries(cells).map(([type, cell]) => [
      type,
      fc.array(fc.option<unknown>(cell, { freq: 4 }), { minLength: 1, maxLength: 12 }),
    ]),
  ) as Record<ColumnType, fc.Arbitrary<unknown[]>>,
);

const tables = datasets.flatMap((dataset) => dataset.tables.map((table) => ({ dataset, table })));

describe('the rows of a merged file are those of its parts, one part after the other,', () => {
  test.each(tables.map((each) => [each.table.name, each] as const))(
    'of %s',
    async (_name, { dataset, table }) => {
      const ask = async (parts: readonly Draft[], pool: Readonly<Record<ColumnType, unknown[]>>) => {
        let next = 0;
        const files = parts.map(({ fields, groups }) => {
          const own = { ...table, fields };
          const rowOf = (): Row =>
            Object.fromEntries(
              columnsOf(own).map(({ column, type }) => {
                next += 1;
                return [column, pool[type][next % pool[type].length]];
              }),
            );
          const rowGroups = groups.map(({ size, isLarge }) => {
            const rows = Array.from({ length: size }, rowOf);
            return isLarge ? large(rows) : rows;
          });
          return { ...partOf(rowGroups, own), rowGroups };
        });
        const { file, rows } = await merged({ dataset, table, day: '2026-11-22' }, files);

        const declared = columnsOf(table).map(({ column }) => column);
        const asDeclared = (row: Row): Row =>
          short(Object.fromEntries(declared.map((column) => [column, row[column] ?? null])));
        const found = await read(file);
        const expected = files.flatMap(({ rowGroups }) => rowGroups.flat()).map(asDeclared);
        expect(rows).toBe(expected.length);
        expect(found.hyparquet).toEqual(expected);
        const ofParts: Row[] = [];
        for (const part of files) ofParts.push(...(await read(part.file)).duckdb.map(asDeclared));
        expect(found.duckdb).toEqual(ofParts);
        // Each large row group stays one by itself, and others are merged between them.
        const inOrder = parts.flatMap(({ groups }) => groups);
        const sizes: number[] = [];
        for (const [index, { size, isLarge }] of inOrder.entries()) {
          if (isLarge || index === 0 || inOrder[index - 1]?.isLarge) sizes.push(size);
          else sizes.push((sizes.pop() ?? 0) + size);
        }
        const metadata = parquetMetadata(new Uint8Array(file).buffer);
        expect(metadata.row_groups.map(({ num_rows }) => Number(num_rows))).toEqual(sizes);
      };
      let asked: Promise<void> | undefined;
      try {
        const property = fc.asyncProperty(drafts(table), pools, (parts, pool) => {
          asked = ask(parts, pool);
          return asked;
        });
        await fc.assert(property, { numRuns: runs(6) });
      } finally {
        await asked?.catch(() => {});
      }
    },
  );
});

describe('every filter finds what a full scan finds in a file that was merged of small and large row groups', () => {
  const fileOf = async (groups: readonly FilterRow[][]) => {
    const parts = groups.map((rows, index) => partOf([index % 3 === 1 ? large(rows) : rows]));
    return (await merged(everyTypeDay, parts)).file;
  };

  test('in DuckDB [filters]', () => filtersInDuckDB(fileOf));

  test('in hyparquet [filters]', () => filtersInHyparquet(fileOf));
});

import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import {
  type ColumnChunk,
  type ColumnMetaData,
  type FileMetaData,
  parquetMetadata,
  type RowGroup,
} from 'hyparquet';
import { tableDayOf } from '../../../shared/keys.ts';
import { converted, failureOf } from '../convert/converted.ts';
import { flipped, fortyRows, refusedOf, rewritten, wholeParts } from './damage.ts';
import { everyTypeDay, large, merged, partOf } from './merged.ts';

// The loops over pages end by construction, as each page must advance within its column: a hang would end no test.
describe('a part whose page does not tell its size is refused', () => {
  test('of a run', async () => {
    const raw = await readFile('test/samples/current/a-run-of-three-places.ndjson', 'utf8');
    const { file } = await converted(raw.split('\n', 1)[0] ?? '');
    const parts = [{ key: 'part', file: flipped(file, 2042, 6) }];
    const day = tableDayOf('weatherapi/current/dt=2026-11-22/');
    expect(await failureOf(() => merged(day, parts))).toMatchObject({ code: 'not-parquet' });
  });

  test('of rows of every type', async () => {
    const parts = [{ key: 'part', file: flipped(fortyRows.file, 9, 6) }];
    expect(await failureOf(() => merged(everyTypeDay, parts))).toMatchObject({ code: 'not-parquet' });
  });
});

describe('a part is refused whose footer contradicts itself, and no row of the others is lost:', () => {
  const footer = (change: (metadata: FileMetaData) => void) => rewritten(fortyRows.file, change);
  const group = ({ row_groups }: FileMetaData) => row_groups[0] as RowGroup;
  const column = (metadata: FileMetaData, number = 0) =>
    group(metadata).columns[number]?.meta_data as ColumnMetaData;

  test('as it is, it is merged', async () => {
    const file = footer(() => {});
    expect((await merged(everyTypeDay, [{ key: 'part', file }])).rows).toBe(40);
  });

  const huge = 2n ** 60n;
  test.each<[string, (metadata: FileMetaData) => void]>([
    ...[-2n, 0n, 39n, huge].flatMap((rows): [string, (metadata: FileMetaData) => void][] => [
      [`a row group has ${rows} rows`, (metadata) => (group(metadata).num_rows = rows)],
      [`the file has ${rows} rows`, (metadata) => (metadata.num_rows = rows)],
      [`a column has ${rows} rows`, (metadata) => (column(metadata).num_values = rows)],
    ]),
    [
      'both it and its row group have -2 rows',
      (metadata) => {
        metadata.num_rows = group(metadata).num_rows = -2n;
        for (const { meta_data } of group(metadata).columns) if (meta_data) meta_data.num_values = -2n;
      },
    ],
    ['a column has the name of another one', (metadata) => (column(metadata).path_in_schema = ['int'])],
    ['a column has an unknown name', (metadata) => (column(metadata).path_in_schema = ['strinG'])],
    ['a column has another type', (metadata) => (column(metadata).type = 'INT96')],
    ['a column is missing', (metadata) => group(metadata).columns.pop()],
    [
      'a column is at the place of another one',
      (metadata) => (group(metadata).columns[1] = structuredClone(group(metadata).columns[0] as ColumnChunk)),
    ],
    ['a column has less text', (metadata) => (column(metadata).total_uncompressed_size -= 1n)],
    [
      'a column has more text than a day may have',
      (metadata) => (column(metadata).total_uncompressed_size = huge),
    ],
  ])('%s', async (_what, change) => {
    const parts = [{ key: 'part', file: footer(change) }, fortyRows];
    expect(await failureOf(() => merged(everyTypeDay, parts))).toMatchObject({ code: 'not-parquet' });
  });
});

describe('a large part is taken over as it is, but only when a reader can read it: it is refused when', () => {
  const rows = [{ int: 1, double: 0.5, string: 'Oslo' }, { int: 2 }];
  const { file } = partOf([large(rows)]);
  const [chunk] = parquetMetadata(new Uint8Array(file).buffer).row_groups[0]?.columns ?? [];
  const page = Number(chunk?.meta_data?.data_page_offset);

  test.each<[string, Uint8Array]>([
    ['a page header is damaged', flipped(file, page + 1, 3)],
    ['the size of a page is damaged', flipped(file, page + 3, 1)],
    [
      'a column is packed in another way',
      rewritten(file, ({ row_groups }) => {
        const [column] = row_groups[0]?.columns ?? [];
        if (column?.meta_data) column.meta_data.codec = 'SNAPPY';
      }),
    ],
  ])('%s', async (_what, damaged) => {
    expect(Buffer.compare(damaged, file)).not.toBe(0);
    const failed = await failureOf(() => merged(everyTypeDay, [{ key: 'part', file: damaged }]));
    expect(failed).toMatchObject({ code: 'not-parquet', message: expect.stringContaining('"part"') });
  });
});

// Of every bit: damage.deep.test.ts.
test.each(wholeParts)(
  'of %s, a damaged part is refused or has the right rows, whichever of its bits is changed',
  async (_what, part) => expect(await refusedOf(part, 29)).toBeGreaterThan(10),
);

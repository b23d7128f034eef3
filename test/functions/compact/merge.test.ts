import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type FileMetaData, parquetMetadata, type RowGroup } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { mergedParts } from '../../../functions/compact/merge.ts';
import { createdBy, parquetSchema } from '../../../functions/parquet/parquet-file.ts';
import { columnTypes } from '../../../shared/column-type.ts';
import type { Field, Table } from '../../../shared/dataset.ts';
import { type TableDay, tableDayOf } from '../../../shared/keys.ts';
import {
  converted,
  everyTypeTable,
  failureOf,
  query,
  response,
  rowsIn,
  tablesOf,
} from '../convert/converted.ts';
import { rewritten } from './damage.ts';
import { everyTypeDay, inMemory, large, merged, type PartFile, partOf, type Row } from './merged.ts';

const day = tableDayOf('weatherapi/current/dt=2026-11-22/');

function keyOf(hour: number): string {
  return `weatherapi/current/dt=2026-11-22/20261122T${String(hour).padStart(2, '0')}0000Z.json`;
}

/** Without one of its fields. */
function without(column: string): Table {
  return { ...everyTypeTable, fields: everyTypeTable.fields.filter((field) => field.column !== column) };
}

function withField(field: Partial<Field>): Table {
  const added = {
    column: 'added',
    path: 'a.added',
    type: 'int',
    meaning: 'Added at noon.',
    ...field,
  } as const;
  return { ...everyTypeTable, fields: [...everyTypeTable.fields, added] };
}

function ints(from: number, count: number): Row[] {
  return Array.from({ length: count }, (_, index) => ({ int: from + index }));
}

/** What the footer says, with bounds as bytes and numbers. */
function footerOf(file: Uint8Array): FileMetaData {
  return parquetMetadata(new Uint8Array(file).buffer, {
    parsers: { stringFromBytes: (bytes) => Buffer.from(bytes).toString('hex') },
  });
}

async function sizesOf(of: TableDay, parts: readonly PartFile[]): Promise<number[]> {
  const { file } = await merged(of, parts);
  return footerOf(file).row_groups.map(({ num_rows }) => Number(num_rows));
}

test('the rows of all parts are in one file, whose footer names the parts by their digest', async () => {
  const parts = await Promise.all(
    ['Oslo', 'Rome', 'Bergen'].map((name, hour) =>
      converted(response({ temp_c: hour, new: hour }, name), { key: keyOf(hour) }),
    ),
  );
  const { file, rows } = await merged(day, parts);
  expect(rows).toBe(3);
  const all = await Promise.all(parts.map((part) => rowsIn(part.file)));
  expect(await rowsIn(file)).toEqual(all.flat());
  const keyValues = await query(
    file,
    'SELECT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata($file)',
  );
  expect(Object.fromEntries(keyValues.map(({ key, value }) => [key, value]))).toEqual({
    parts_digest: 'd1985d',
    parts: '3',
    dataset: day.dataset.name,
    dataset_version: String(day.dataset.version),
  });
  expect(footerOf(file).created_by).toBe(createdBy);
});

test.each(['no parts', 'parts without rows'])('%s become a valid file without rows', async (which) => {
  const { tables } = await tablesOf(
    '{"location":{"name":"Oslo"},"forecast":{"forecastday":[{"date":"2026-11-22","hour":[]}]}}',
    { key: 'weatherapi/forecast/dt=2026-11-22/20261122T060000Z.json' },
  );
  const alerts = tables.filter(({ table }) => table === 'weatherapi_alert');
  const of = tableDayOf('weatherapi/alert/dt=2026-11-22/');
  const { file, rows } = await merged(of, which === 'no parts' ? [] : [...alerts, ...alerts]);
  expect(rows).toBe(0);
  expect(footerOf(file)).toMatchObject({ num_rows: 0n, row_groups: [] });
  const described = 'SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM $file)';
  expect(await query(file, described)).toEqual(await query(alerts[0]?.file ?? new Uint8Array(), described));
  expect(await rowsIn(file)).toEqual([]);
});

describe('row groups', () => {
  test('of few rows are merged into ones of 50 000 rows at most', async () => {
    const parts = [20_000, 20_000, 9_999, 1, 1, 24_999].map((count, part) =>
      partOf([ints(part * 100_000, count)]),
    );
    const { file, rows } = await merged(everyTypeDay, parts);
    expect(rows).toBe(75_000);
    expect(footerOf(file).row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([50_000, 25_000]);
    expect(
      await query(file, 'SELECT count(*)::INT AS rows FROM $file WHERE int // 100000 = 5 AND int % 2 = 0'),
    ).toEqual([{ rows: 12_500 }]);
  });

  test('of much text are merged into ones of 16 MiB of it at most', async () => {
    const text = (character: string) => [{ string: character.repeat(6 * 1024 * 1024) }];
    expect(
      await sizesOf(
        everyTypeDay,
        ['a', 'b', 'c', 'd', 'e'].map((each) => partOf([text(each)])),
      ),
    ).toEqual([2, 2, 1]);
  });

  test('with the same texts are merged, however often these are there', async () => {
    const part = partOf([[{ string: 'x'.repeat(6 * 1024 * 1024) }]]);
    expect(
      await sizesOf(
        everyTypeDay,
        Array.from({ length: 7 }, () => part),
      ),
    ).toEqual([7]);
  });

  test('of many rows are taken over, in their place', async () => {
    const parts = [
      partOf([ints(0, 3)]),
      partOf([ints(3, 25_000), ints(25_003, 2)]),
      partOf([ints(25_005, 4)]),
    ];
    const { file } = await merged(everyTypeDay, parts);
    expect(footerOf(file).row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([3, 25_000, 6]);
    expect(
      await query(
        file,
        `SELECT count(*)::INT AS rows, bool_and(int = file_row_number) AS are_in_order
         FROM read_parquet($file, file_row_number = true)`,
      ),
    ).toEqual([{ rows: 25_009, are_in_order: true }]);
  });
});

/** A row group of a footer, without what depends on its place in the file. */
function placeless({ columns, num_rows, total_byte_size, total_compressed_size }: RowGroup) {
  const chunks = columns.map(({ meta_data }) => {
    const { data_page_offset, dictionary_page_offset, ...rest } = meta_data ?? {};
    return { ...rest, hasDictionary: dictionary_page_offset !== undefined };
  });
  return { chunks, num_rows, total_byte_size, total_compressed_size };
}

describe('a large row group is taken over', () => {
  const rows: readonly Row[] = [
    { double: 0, string: '\u{10ffff}'.repeat(17), bigint: -(2n ** 63n), date: new Date(0) },
    { double: -0, string: 'Saint-Étienne '.repeat(9), timestamp: new Date('0001-01-01T00:00:00Z') },
    { double: null, bigint: 9_007_199_254_740_993n, int: -1 },
  ];
  const part = partOf([large(rows), rows]);

  test('with its bytes and its statistics as they are: bounds, their flags, zeros of both signs, nulls [bounds]', async () => {
    const { file } = await merged(everyTypeDay, [partOf([[{ int: 7 }]]), part]);
    const [own] = footerOf(part.file).row_groups;
    const [, taken] = footerOf(file).row_groups;
    expect(placeless(taken as RowGroup)).toEqual(placeless(own as RowGroup));
    for (const [index, { meta_data }] of (own as RowGroup).columns.entries()) {
      const bytes = (of: Uint8Array, chunk: RowGroup['columns'][number] | undefined) => {
        const start = Number(chunk?.meta_data?.dictionary_page_offset ?? chunk?.meta_data?.data_page_offset);
        return Buffer.from(of).subarray(start, start + Number(chunk?.meta_data?.total_compressed_size));
      };
      expect(bytes(file, taken?.columns[index]).equals(bytes(part.file, own?.columns[index]))).toBe(true);
      expect(meta_data?.statistics).toBeDefined();
    }
    const bounds = (of: Uint8Array, group: number) =>
      query(
        of,
        `SELECT path_in_schema, stats_min_value, stats_max_value, stats_null_count, min_is_exact, max_is_exact
         FROM parquet_metadata($file) WHERE row_group_id = ${group}`,
      );
    expect(await bounds(file, 1)).toEqual(await bounds(part.file, 0));
  });

  test('without a column that is not declared any more, and with nulls in one that is new', async () => {
    const old = [withField({}), without('double')].map((table) =>
      partOf([large(rows.map((row) => ({ ...row, added: 5 })))], table),
    );
    const { file } = await merged(everyTypeDay, [...old, part]);
    const groups = footerOf(file).row_groups;
    expect(groups.map(({ columns }) => columns.map(({ meta_data }) => meta_data?.path_in_schema[0]))).toEqual(
      groups.map(() =>
        parquetSchema(everyTypeTable)
          .slice(1)
          .map(({ name }) => name),
      ),
    );
    // Nothing of the column that was left out is in the file.
    const bytes = groups.map(({ total_compressed_size }) => Number(total_compressed_size));
    expect(bytes.reduce((sum, each) => sum + each) + footerOf(file).metadata_length + 12).toBe(file.length);
    const found = await query(file, 'SELECT double, bigint::VARCHAR AS bigint FROM $file');
    const doubles = [0, -0, null, null, null, null, 0, -0, null, 0, -0, null];
    const bigints = ['-9223372036854775808', null, '9007199254740993'];
    expect(found).toEqual(doubles.map((double, row) => ({ double, bigint: bigints[row % 3] })));
  });

  test('but not out of a file of an earlier release, whose bounds may be wrong: its rows are written anew [bounds]', async () => {
    const [root, ...elements] = parquetSchema(everyTypeTable);
    const old = Array.from({ length: 30_000 }, (_, row) => ({
      int: row - 9,
      string: row % 3 ? `${row}` : null,
    }));
    const file = new Uint8Array(
      parquetWriteBuffer({
        schema: [root, ...elements],
        columnData: elements.map(({ name }) => ({
          name,
          data: old.map((row) => (row as Row)[name] ?? null),
        })),
        pageSize: 10_000,
      }),
    );
    expect(footerOf(file).created_by).toBe('hyparquet');
    const both = await merged(everyTypeDay, [{ key: 'old', file }, partOf([[{ int: 7, string: '7' }]])]);
    expect(footerOf(both.file).row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([30_001]);
    expect(
      await query(
        both.file,
        `SELECT count(*)::INT AS rows, max(string) AS greatest
         FROM read_parquet($file, file_row_number = true) WHERE int = file_row_number - 9 AND
           string IS NOT DISTINCT FROM CASE WHEN file_row_number % 3 > 0 THEN file_row_number::VARCHAR END`,
      ),
    ).toEqual([{ rows: 30_000, greatest: '9998' }]);
  });
});

describe('columns match by name', () => {
  test('when a field was declared and deployed at noon: it is null in the morning', async () => {
    const table = withField({});
    const of = { ...everyTypeDay, table };
    const morning = [partOf([[{ int: 1 }]]), partOf([large([{ int: 2, string: 'a' }])])];
    const afternoon = [
      partOf([[{ int: 3, added: 30 }]], table),
      partOf([large([{ int: 4, added: 40 }])], table),
    ];
    const { file } = await merged(of, [...morning, ...afternoon]);
    expect(await query(file, 'SELECT int, added FROM $file')).toEqual([
      { int: 1, added: null },
      { int: 2, added: null },
      { int: 3, added: 30 },
      { int: 4, added: 40 },
    ]);
    expect(await query(file, 'SELECT int FROM $file WHERE added IS NULL')).toEqual([{ int: 1 }, { int: 2 }]);
  });

  test('when a field is not declared any more: it is left out', async () => {
    const old = partOf([[{ int: 1, added: 'ten' }]], withField({ type: 'string' }));
    const { file } = await merged(everyTypeDay, [old, partOf([[{ int: 2 }]])]);
    expect((await rowsIn(file)).map(({ int }) => int)).toEqual([1, 2]);
    expect(footerOf(file).schema).toEqual(footerOf(partOf([[]]).file).schema);
  });

  test('whatever their order is', async () => {
    const turned = { ...everyTypeTable, fields: everyTypeTable.fields.toReversed() };
    const row = { int: 1, bigint: 2n, double: 3 };
    const { file } = await merged(everyTypeDay, [partOf([[row]], turned), partOf([large([row])], turned)]);
    expect(await query(file, 'SELECT int, bigint::INT AS bigint, double FROM $file')).toEqual([
      { int: 1, bigint: 2, double: 3 },
      { int: 1, bigint: 2, double: 3 },
    ]);
  });
});

describe('a column of another type', () => {
  const of = (type: Field['type']) => ({ ...everyTypeDay, table: withField({ type }) });
  const types = Object.keys(columnTypes) as Field['type'][];

  test('is refused, whatever the two types are', async () => {
    for (const from of types) {
      for (const to of types) {
        if (from === to) continue;
        const { code } = await failureOf(() => merged(of(to), [partOf([[{}]], of(from).table)]));
        expect([from, to, code]).toEqual([from, to, 'changed-type']);
      }
    }
  });

  test('is refused with its part, both types, and the command that converts the day again', async () => {
    const parts = [
      partOf([[{ added: 1n }]], of('bigint').table, 'morning.parquet'),
      partOf([[{ added: new Date(0) }]], of('timestamp').table, 'noon.parquet'),
    ];
    const { code, message } = await failureOf(() => merged(of('timestamp'), parts));
    expect(code).toBe('changed-type');
    expect(message).toBe(
      'added of "morning.parquet" is bigint, but the table has timestamp. If convert wrote it, have the day converted again: ' +
        'npx tdf replay --dataset test/every-type --from 2026-11-22 --to 2026-11-22. If not, remove it. Then: npx tdf dead-letters redrive',
    );
  });

  test('of many parts is refused once, with the first of them and how many there are', async () => {
    const parts = Array.from({ length: 24 }, (_, hour) => partOf([[{}]], of('int').table, `${hour}.parquet`));
    const { message } = await failureOf(() => merged(of('double'), parts));
    expect(message).toMatch(/^added of "0.parquet" .*"1.parquet".*"2.parquet".*; and 21 more\. If/);
    expect(message).not.toContain('3.parquet');
  });

  test('is named as Parquet names it when no column can be declared so', async () => {
    const file = new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'int', data: [true], type: 'BOOLEAN' },
          { name: 'raw_key', data: ['key'] },
        ],
      }),
    );
    const { message } = await failureOf(() => merged(everyTypeDay, [{ key: 'part', file }]));
    expect(message).toMatch(
      /^int of "part" is (REQUIRED )?BOOLEAN, but the table has int; raw_key of "part" is a text as another program writes it, but /,
    );
  });

  test('is not named when it has no name: then its part is damaged', async () => {
    const file = rewritten(partOf([[{ int: 1 }]]).file, ({ schema }) => {
      for (const element of schema) if (element.name === 'int') delete element.repetition_type;
    });
    expect(await failureOf(() => merged(everyTypeDay, [{ key: 'part', file }]))).toMatchObject({
      code: 'not-parquet',
      message: expect.stringContaining(
        '"part" is not one of convert\'s files, or it is damaged: the type of "int"',
      ),
    });
  });
});

describe('a part is refused by its key', () => {
  const whole = partOf([[{ int: 1, string: 'Oslo' }]]).file;
  const footer = whole.length - 8 - footerOf(whole).metadata_length;
  /** Where the first page's header tells its size. */
  const page = 6;
  const damaged = (at: number) => whole.map((byte, index) => (index === at ? byte ^ 0x55 : byte));

  test.each([
    ['it is empty', new Uint8Array(), 'it is empty'],
    ['it is short', Buffer.from('{}'), 'it has no footer'],
    ['it is text', Buffer.from('{"location":{"name":"Oslo"}}'), 'it has no footer'],
    ['its end is missing', whole.subarray(0, -20), 'it has no footer'],
    ['its beginning is missing', whole.subarray(40), 'it does not begin with PAR1'],
    ['its footer is damaged', damaged(footer), 'its footer is damaged'],
    [
      'its footer is longer than the file',
      Buffer.concat([whole.subarray(0, -5), Buffer.from([0x7f]), whole.subarray(-4)]),
      /the footer cannot have \d+ bytes/,
    ],
    ['a page is damaged', damaged(page), 'a page is of another kind than convert writes'],
    [
      'another program wrote it',
      new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'other', data: [1] }] })),
      'it has no raw_key',
    ],
  ])('when %s', async (_what, file, reason) => {
    const parts = [partOf([[{ int: 1 }]]), { key: 'broken.parquet', file }];
    const { code, message } = await failureOf(() => merged(everyTypeDay, parts));
    expect(code).toBe('not-parquet');
    const [, found] =
      /^"broken.parquet" is not one of convert's files, or it is damaged: (.+)\. If convert wrote it, replay the day: npx tdf replay --dataset test\/every-type --from 2026-11-22 --to 2026-11-22\. If not, remove it\. Then: npx tdf dead-letters redrive$/.exec(
        message,
      ) ?? [];
    expect(found).toMatch(reason);
  });

  test.each(['the footer', 'rows'])('but an error of reading %s is passed on as it is', async (what) => {
    const error = new Error('SlowDown');
    const { file } = partOf([ints(0, 9)]);
    const footer = file.length - 8 - footerOf(file).metadata_length;
    // The rows are further from the end than what is read at once.
    const own = inMemory(
      Buffer.concat([file.subarray(0, footer), Buffer.alloc(600_000), file.subarray(footer)]),
    );
    let requests = 0;
    const failing = {
      byteLength: own.byteLength,
      slice: async (start: number, end?: number) => {
        requests += 1;
        if (what === 'the footer' || requests > 1) throw error;
        return own.slice(start, end);
      },
    };
    const parts = async function* () {
      yield { key: 'part', file: failing };
    };
    const merging = async () => {
      for await (const _ of mergedParts(everyTypeDay, parts(), { partsDigest: '0', partsBytes: 0 }));
    };
    await expect(merging()).rejects.toBe(error);
  });
});

test('a day that is read by several requests has its rows elsewhere in each version: a query that meets two fails [two-versions]', async () => {
  const starts = async (rows: readonly Row[], digest: string) => {
    const { file } = await merged(everyTypeDay, [partOf([rows])], inMemory, digest);
    expect(await query(file, 'SELECT count(int) AS count FROM $file')).toEqual([{ count: '1' }]);
    const [chunk] = footerOf(file).row_groups[0]?.columns ?? [];
    return Number(chunk?.file_offset);
  };
  expect(await Promise.all(['0010', 'ffff'].map((digest) => starts(ints(0, 1), digest)))).toEqual([4, 4]);
  const noise = createHash('shake256', { outputLength: 1_200_000 }).update('seed').digest('base64');
  const rows = [{ int: 1, rescued: noise }];
  const large = await Promise.all(['0010', 'ffff'].map((digest) => starts(rows, digest)));
  expect(large).toEqual([4 + 0x10, 4 + 0xffff]);
});

test('a small part takes one request, and a large row group is read piece by piece', async () => {
  const noise = createHash('shake256', { outputLength: 9_000_000 }).update('seed').digest('base64');
  const requests: number[] = [];
  const counting = (bytes: Uint8Array) => {
    const own = inMemory(bytes);
    return {
      byteLength: own.byteLength,
      slice: (start: number, end = own.byteLength) => {
        requests.push(end - start);
        return own.slice(start, end);
      },
    };
  };
  const small = partOf([ints(0, 9)]);
  await merged(everyTypeDay, [small], counting);
  expect(requests).toEqual([small.file.length]);
  requests.length = 0;
  const { file } = await merged(everyTypeDay, [partOf([[{ string: noise }]])], counting);
  expect(requests).toEqual([512 * 1024, 4, 4 * 1024 ** 2, 4 * 1024 ** 2, expect.any(Number)]);
  expect(await query(file, 'SELECT md5(string) AS md5 FROM $file')).toEqual([
    { md5: createHash('md5').update(noise).digest('hex') },
  ]);
});

test('the same parts give the same bytes, however they are read', async () => {
  const parts = [
    partOf([[{ int: 1 }]]),
    partOf([large([{ int: 2, string: 'a' }]), [{ int: 3 }]]),
    partOf([[{ double: 4 }]]),
  ];
  const { file } = await merged(everyTypeDay, parts);
  const atOnce = await merged(everyTypeDay, parts, (bytes) => new Uint8Array(bytes).buffer);
  expect(file.equals(atOnce.file)).toBe(true);
});

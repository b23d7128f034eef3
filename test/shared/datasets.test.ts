import { describe, expect, test } from '@jest/globals';
import { parquetSchema } from '../../functions/parquet/parquet-file.ts';
import { type ColumnType, columnTypes } from '../../shared/column-type.ts';
import { columnsOf, type Row, type Table, tableName } from '../../shared/dataset.ts';
import type { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';
import { datasetNamed, datasetNames, datasets, tableNames } from '../../shared/datasets.ts';
import { reservedWords } from '../../shared/reserved-words.ts';

/** What a column is in a file, for each type that it can be in the table: a difference is HIVE_BAD_DATA, at query time. */
const fileTypes = {
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  double: { type: 'DOUBLE' },
  int: { type: 'INT32' },
  bigint: { type: 'INT64' },
  date: { type: 'INT32', converted_type: 'DATE' },
  timestamp: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
} as const;

const tables = datasets.flatMap((dataset) => dataset.tables.map((table) => ({ dataset, table })));

describe.each(tables.map((each) => ({ name: each.table.name, ...each })))('$name', ({ dataset, table }) => {
  const names = columnsOf(table).map(({ column }) => column);

  test('has columns that Athena takes without quotation marks', () => {
    for (const name of [...names, 'dt', tableName(table)]) {
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(reservedWords).not.toContain(name);
    }
  });

  test('names each column once, and none like the partition', () => {
    expect(names).toEqual([...new Set(names)]);
    expect(names).not.toContain('dt');
  });

  test('takes each column from a path of its own, in the row or in what the row stands in', () => {
    const paths = table.fields.map(({ path }) => path);
    expect(paths).toEqual([...new Set(paths)]);
    for (const path of paths) {
      expect(path).toMatch(/^[^.]+(\.[^.]+)+$/);
      const arrays = path
        .split('.')
        .slice(0, path.split('.').findLastIndex((name) => name.endsWith('[]')) + 1);
      expect(`${table.rows}.`.startsWith(arrays.map((name) => `${name}.`).join(''))).toBe(true);
    }
  });

  test('has the same columns and types in its files as in its table', () => {
    const [root, ...elements] = parquetSchema(table);
    expect(root).toMatchObject({ num_children: names.length });
    expect(elements).toMatchObject(
      columnsOf(table).map(({ column, type }) => ({
        name: column,
        repetition_type: 'OPTIONAL',
        ...fileTypes[columnTypes[type].glue],
      })),
    );
  });

  test('has columns of one type and one unit wherever they are named so', () => {
    for (const { column, type, unit } of columnsOf(table)) {
      const others = tables.flatMap((other) =>
        columnsOf(other.table).filter((each) => each.column === column),
      );
      for (const other of others) expect([other.type, other.unit]).toEqual([type, unit]);
    }
  });

  test('says what each column means', () => {
    for (const { meaning } of columnsOf(table)) expect(meaning).toMatch(/\S.*\.$/);
  });

  test('has a name that is a key prefix of its own, in the folder of its provider', () => {
    expect(table.name).toMatch(/^[a-z][a-z0-9-]*(\/[a-z][a-z0-9_-]*)*$/);
    expect(tableNames.filter((name) => `${name}/`.startsWith(`${table.name}/`))).toEqual([table.name]);
    expect(table.name.split('/')[0]).toBe(dataset.name.split('/')[0]);
  });
});

describe.each(datasets)('$name', (dataset) => {
  test('takes the day of a dropped file from a time or a day of its first table', () => {
    const columns = columnsOf(dataset.tables[0] as Table);
    const dayColumn = columns.find(({ column }) => column === dataset.dayColumn);
    expect(['timestamp', 'bigint', 'date'] satisfies ColumnType[]).toContain(dayColumn?.type);
  });

  test('has a name that is a key prefix of its own', () => {
    expect(dataset.name).toMatch(/^[a-z][a-z0-9-]*(\/[a-z][a-z0-9-]*)*$/);
    expect(datasetNames.filter((name) => `${name}/`.startsWith(`${dataset.name}/`))).toEqual([dataset.name]);
    expect(datasetNamed(dataset.name)).toBe(dataset);
  });
});

test('no two tables share a name in Athena', () => {
  const names = tables.map(({ table }) => tableName(table));
  expect(names).toEqual([...new Set(names)]);
});

test('a name that no dataset has names none', () => {
  expect(datasetNamed('weatherapi')).toBeUndefined();
});

type Current = (typeof weatherapiCurrent)['tables'][0];

test('a row has the type that its columns declare', () => {
  const row = {
    observed_at: new Date(0),
    location_name: 'Oslo',
    location_lat: 59.917,
    location_localtime_epoch: 0n,
    humidity: 79,
    fetched_at: null,
    raw_key: 'weatherapi/current/dt=2026-11-22/20261122T050000Z.json',
    rescued: null,
  } satisfies Partial<Row<Current>>;
  // @ts-expect-error: a number is not a text.
  const foreign: Partial<Row<Current>> = { location_name: 1 };
  expect({ ...row, ...foreign }).toMatchObject({ humidity: 79 });
});

import { describe, expect, test } from '@jest/globals';
import { parquetSchema } from '../../functions/parquet/parquet-file.ts';
import { type ColumnType, columnTypes } from '../../shared/column-type.ts';
import { columnsOf, type Row, tableName } from '../../shared/dataset.ts';
import type { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';
import { datasetNamed, datasetNames, datasets } from '../../shared/datasets.ts';
import { reservedWords } from '../../shared/reserved-words.ts';

/** What a column is in a file, for each type that it can be in the table: a difference is HIVE_BAD_DATA, at query time. */
const fileTypes = {
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  double: { type: 'DOUBLE' },
  int: { type: 'INT32' },
  bigint: { type: 'INT64' },
  timestamp: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
} as const;

describe.each(datasets)('$name', (dataset) => {
  const names = columnsOf(dataset).map(({ column }) => column);

  test('has columns that Athena takes without quotation marks', () => {
    for (const name of [...names, 'dt', tableName(dataset)]) {
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(reservedWords).not.toContain(name);
    }
  });

  test('names each column once, and none like the partition', () => {
    expect(names).toEqual([...new Set(names)]);
    expect(names).not.toContain('dt');
  });

  test('takes each column from a path of its own', () => {
    const paths = dataset.fields.map(({ path }) => path);
    expect(paths).toEqual([...new Set(paths)]);
    for (const path of paths) expect(path).toMatch(/^[^.]+(\.[^.]+)+$/);
  });

  test('has the same columns and types in its files as in its table', () => {
    const [root, ...elements] = parquetSchema(dataset);
    expect(root).toMatchObject({ num_children: names.length });
    expect(elements).toMatchObject(
      columnsOf(dataset).map(({ column, type }) => ({
        name: column,
        repetition_type: 'OPTIONAL',
        ...fileTypes[columnTypes[type].glue],
      })),
    );
  });

  test('takes the day of a dropped file from a time', () => {
    const dayColumn = columnsOf(dataset).find(({ column }) => column === dataset.dayColumn);
    expect(dayColumn).toMatchObject({ type: 'timestamp' satisfies ColumnType });
  });

  test('says what each column means', () => {
    for (const { meaning } of columnsOf(dataset)) expect(meaning).toMatch(/\S.*\.$/);
  });

  test('has a name that is a key prefix of its own', () => {
    expect(dataset.name).toMatch(/^[a-z][a-z0-9-]*(\/[a-z][a-z0-9-]*)*$/);
    expect(datasetNames.filter((name) => `${name}/`.startsWith(`${dataset.name}/`))).toEqual([dataset.name]);
    expect(datasetNamed(dataset.name)).toBe(dataset);
  });
});

test('no two datasets share a table', () => {
  const tables = datasets.map(tableName);
  expect(tables).toEqual([...new Set(tables)]);
});

test('a name that no dataset has names none', () => {
  expect(datasetNamed('weatherapi')).toBeUndefined();
});

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
  } satisfies Partial<Row<typeof weatherapiCurrent>>;
  // @ts-expect-error: a number is not a text.
  const foreign: Partial<Row<typeof weatherapiCurrent>> = { location_name: 1 };
  expect({ ...row, ...foreign }).toMatchObject({ humidity: 79 });
});

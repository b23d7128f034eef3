import { describe, expect, test } from '@jest/globals';
import { parquetSchema } from '../../functions/parquet/parquet-file.ts';
import { columnTypes } from '../../shared/column-type.ts';
import { columnsOf, type Row, tableName } from '../../shared/dataset.ts';
import type { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';
import type { weatherapiHistory } from '../../shared/datasets/weatherapi-history.ts';
import { datasetNamed, datasetNames, datasets } from '../../shared/datasets.ts';
import { isDay } from '../../shared/keys.ts';
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

const tables = datasets.flatMap((dataset) => dataset.tables);

describe.each(tables)('the table $name', (table) => {
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

  test('takes each column from a path of its own, in its rows or above them', () => {
    const paths = table.fields.map(({ path }) => path);
    expect(paths).toEqual([...new Set(paths)]);
    const ways = table.rows.split('.');
    for (const path of paths) {
      expect(path).toMatch(/^([^.[\]]+(\[\])?\.)*[^.[\]]+$/);
      const arrays = path
        .split('.')
        .slice(0, path.split('.').findLastIndex((name) => name.endsWith('[]')) + 1);
      expect(ways.slice(0, arrays.length)).toEqual(arrays.length > 0 ? arrays : ways.slice(0, 0));
    }
  });

  test('has the same columns and types in its files as in Glue', () => {
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

  test('says what it and each column mean', () => {
    for (const text of [table.description, ...columnsOf(table).map(({ meaning }) => meaning)])
      expect(text).toMatch(/\S.*\.$/);
  });
});

describe.each(datasets)('the dataset $name', (dataset) => {
  test('tells the day of a dropped file by a column of its first table', () => {
    const [first] = dataset.tables;
    const type = first?.fields.find(({ column }) => column === dataset.dayColumn)?.type;
    expect(['timestamp', 'bigint', 'date']).toContain(type);
  });

  test('begins on a day', () => {
    expect(isDay(dataset.firstDay)).toBe(true);
  });

  test('requires and ignores parts of its answers that are there', () => {
    for (const part of dataset.required) {
      const isDeclared = dataset.tables.some(({ fields }) =>
        fields.some(({ path }) => path.startsWith(`${part}.`) || path.startsWith(`${part}[].`)),
      );
      expect({ part, isDeclared }).toEqual({ part, isDeclared: true });
    }
    for (const part of dataset.ignored)
      expect(datasets.some((other) => other !== dataset && other.required.includes(part))).toBe(true);
  });

  test('names its options, and what each is to the API, once', () => {
    const parameters = Object.values(dataset.options).map(({ parameter }) => parameter);
    expect(parameters).toEqual([...new Set(parameters)]);
    // fetch sends these itself.
    for (const own of ['key', 'q', 'dt', 'end_dt']) expect(parameters).not.toContain(own);
  });

  test('has a name that is a key prefix of its own', () => {
    expect(dataset.name).toMatch(/^[a-z][a-z0-9-]*(\/[a-z][a-z0-9-]*)*$/);
    expect(datasetNames.filter((name) => `${name}/`.startsWith(`${dataset.name}/`))).toEqual([dataset.name]);
    expect(datasetNamed(dataset.name)).toBe(dataset);
  });
});

test('no two tables share a name, in Athena or as a prefix of keys', () => {
  const inAthena = tables.map(tableName);
  expect(inAthena).toEqual([...new Set(inAthena)]);
  for (const { name } of tables) {
    expect(name).toMatch(/^[a-z][a-z0-9_-]*(\/[a-z][a-z0-9_-]*)+$/);
    expect(tables.filter((other) => `${other.name}/`.startsWith(`${name}/`))).toHaveLength(1);
  }
});

test('no table has the prefix of another dataset, so that each prefix in curated is of one dataset', () => {
  for (const dataset of datasets) {
    for (const table of dataset.tables) {
      const others = datasets.filter(
        (other) => other !== dataset && `${table.name}/`.startsWith(`${other.name}/`),
      );
      expect(others).toEqual([]);
    }
  }
});

test('columns that mean the same are named the same and have the same type and unit in every table', () => {
  const of = new Map<string, { type: string; unit: string | undefined; tables: string[] }[]>();
  for (const { name, fields } of tables) {
    for (const { column, type, unit } of columnsOf({ fields })) {
      const kinds = of.get(column) ?? [];
      const same = kinds.find((kind) => kind.type === type && kind.unit === unit);
      if (same) same.tables.push(name);
      else kinds.push({ type, unit, tables: [name] });
      of.set(column, kinds);
    }
  }
  expect([...of].filter(([, kinds]) => kinds.length > 1)).toEqual([]);

  // What the provider calls by one name is one column, wherever it is.
  const columns = new Map<string, Set<string>>();
  const ending = (path: string, rows: string) =>
    path
      .replace(`${rows}.`, '')
      .replace(/^(current|day|astro)\./, '')
      .replace('forecast.forecastday[].', '');
  for (const { rows, fields } of tables) {
    for (const { column, path } of fields) {
      const member = ending(path, rows);
      columns.set(member, (columns.get(member) ?? new Set()).add(column));
    }
  }
  const several = [...columns].filter(([, names]) => names.size > 1);
  // An hour that is forecast is not one that was.
  expect(several.map(([member, names]) => [member, [...names].sort()])).toEqual([
    ['time_epoch', ['forecast_for', 'observed_at']],
  ]);
});

test('a name that no dataset has names none', () => {
  expect(datasetNamed('weatherapi')).toBeUndefined();
});

test('a row has the type that its columns declare', () => {
  type Current = Partial<Row<(typeof weatherapiCurrent.tables)[0]>>;
  const row = {
    observed_at: new Date(0),
    location_name: 'Oslo',
    location_lat: 59.917,
    location_localtime_epoch: 0n,
    humidity: 79,
    fetched_at: null,
    raw_key: 'weatherapi/current/dt=2026-11-22/20261122T050000Z.json',
    rescued: null,
  } satisfies Current;
  // @ts-expect-error: a number is not a text.
  const foreign: Current = { location_name: 1 };
  const day: Partial<Row<(typeof weatherapiHistory.tables)[1]>> = { local_date: new Date(0) };
  expect({ ...row, ...foreign, ...day }).toMatchObject({ humidity: 79 });
});

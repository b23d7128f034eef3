import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { parquetMetadata, parquetQuery, parquetReadObjects } from 'hyparquet';
import { createdBy } from '../../../functions/parquet/parquet-file.ts';
import { maxRows } from '../../../functions/rows/row-group.ts';
import { columnTypes } from '../../../shared/column-type.ts';
import { columnsOf } from '../../../shared/dataset.ts';
import { weatherapiCurrent } from '../../../shared/datasets/weatherapi-current.ts';
import { weatherapiForecast } from '../../../shared/datasets/weatherapi-forecast.ts';
import {
  converted,
  everyTypeTable,
  filled,
  parquetOf,
  query,
  rawKey,
  response,
  rowsOf,
  tablesOf,
} from '../convert/converted.ts';

afterEach(() => {
  jest.useRealTimers();
});

/** How DuckDB names the types that Athena knows by these names. */
const duckdbTypes = {
  string: 'VARCHAR',
  double: 'DOUBLE',
  int: 'INTEGER',
  bigint: 'BIGINT',
  date: 'DATE',
  timestamp: 'TIMESTAMP WITH TIME ZONE',
};

describe('a reader that is not ours finds', () => {
  test('every column in order, in the type that the table has in Athena, also where no row has a value', async () => {
    const { file } = await converted(response({ temp_c: 1 }));
    const described = await query(file, 'DESCRIBE SELECT * FROM $file');
    expect(described.map(({ column_name, column_type }) => [column_name, column_type])).toEqual(
      columnsOf(weatherapiCurrent.tables[0]).map(({ column, type }) => [
        column,
        duckdbTypes[columnTypes[type].glue],
      ]),
    );
  });

  test('the values that were sent, type by type', async () => {
    const records = [
      '{"string":"São Paulo 日本 🚴","double":0.1,"int":-2147483648,"bigint":-9223372036854775808,"date":"0001-01-01","timestamp":-62135596800}',
      '{"string":"","double":5e-324,"int":2147483647,"bigint":9223372036854775807,"date":"9999-12-31","timestamp":253402300799}',
      '{"string":"a\\u0000b","double":1.7976931348623157e308,"int":0,"bigint":9007199254740993,"date":"1970-01-01","timestamp":0}',
      '{"string":null,"double":null,"int":null,"bigint":null,"date":null,"timestamp":null}',
      '{"string":"it\'s \\"x\\"\\r\\n","double":-0.0,"int":5.0,"bigint":1e3,"date":"2024-02-29","timestamp":1795323600}',
      '{}',
    ];
    const file = await parquetOf(records.map((record) => `{"a":${record}}`).join('\n'));
    const sql = `SELECT string, double, int, bigint::VARCHAR AS bigint, date::VARCHAR AS date, strftime(timestamp, '%Y-%m-%dT%H:%M:%S') AS timestamp, rescued FROM $file`;
    const nulls = {
      string: null,
      double: null,
      int: null,
      bigint: null,
      date: null,
      timestamp: null,
      rescued: null,
    };
    expect(await query(file, sql)).toEqual([
      {
        string: 'São Paulo 日本 🚴',
        double: 0.1,
        int: -2147483648,
        bigint: '-9223372036854775808',
        date: '0001-01-01',
        timestamp: '0001-01-01T00:00:00',
        rescued: null,
      },
      {
        string: '',
        double: 5e-324,
        int: 2147483647,
        bigint: '9223372036854775807',
        date: '9999-12-31',
        timestamp: '9999-12-31T23:59:59',
        rescued: null,
      },
      {
        string: 'a\0b',
        double: Number.MAX_VALUE,
        int: 0,
        bigint: '9007199254740993',
        date: '1970-01-01',
        timestamp: '1970-01-01T00:00:00',
        rescued: null,
      },
      nulls,
      {
        string: 'it\'s "x"\r\n',
        double: -0,
        int: 5,
        bigint: '1000',
        date: '2024-02-29',
        timestamp: '2026-11-22T05:00:00',
        rescued: null,
      },
      nulls,
    ]);
  });

  test('what was rescued, as JSON that it can query', async () => {
    const file = await parquetOf(
      '{"a":{"int":2147483648,"new":[1,{"x":"ä"}]},"b.c":9007199254740993,"__proto__":null}',
    );
    const rescued =
      '{"a.int":2147483648,"a.new":[1,{"x":"ä"}],"[\\"b.c\\"]":9007199254740993,"__proto__":null}';
    expect(
      await query(
        file,
        'SELECT rescued, json_valid(rescued) AS valid, json_keys(rescued) AS keys FROM $file',
      ),
    ).toEqual([{ rescued, valid: true, keys: ['a.int', 'a.new', '["b.c"]', '__proto__'] }]);
  });

  test('the lineage in the footer: raw key, checksum and length of the raw bytes, dataset and its version', async () => {
    const text = response({ temp_c: 1 });
    const rows = await query(
      (await converted(text, { key: 'weatherapi/current/dt=2026-11-22/ä 日本.json' })).file,
      'SELECT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata($file)',
    );
    expect(Object.fromEntries(rows.map(({ key, value }) => [key, value]))).toEqual({
      raw_key: 'weatherapi/current/dt=2026-11-22/ä 日本.json',
      raw_crc32: '32c282ed',
      raw_length: '51',
      dataset: 'weatherapi/current',
      dataset_version: String(weatherapiCurrent.version),
    });
  });

  test('in a file of two row groups all rows, in order, and those that a filter asks for [bounds]', async () => {
    const places = [...Array<string>(maxRows).fill('Oslo'), 'Rome'];
    const file = await parquetOf(
      places.map((string, int) => JSON.stringify({ a: { int, string } })).join('\n'),
    );
    const rows = await query(file, 'SELECT int, string FROM $file');
    expect(rows.map(({ int }) => int)).toEqual(places.map((_, int) => int));
    expect(rows.map(({ string }) => string)).toEqual(places);
    expect(
      await query(
        file,
        `SELECT count(*)::INT AS rows, (SELECT count(*)::INT FROM $file WHERE string = 'Rome') AS in_rome,
         (SELECT count(DISTINCT row_group_id)::INT FROM parquet_metadata($file)) AS groups FROM $file
         WHERE string = 'Oslo'`,
      ),
    ).toEqual([{ rows: maxRows, in_rome: 1, groups: 2 }]);
  });

  test('the rows of a file whose name and version of the writer it can parse', async () => {
    // As parquet-java does, which Trino has: https://github.com/apache/parquet-java, VersionParser.
    expect(createdBy).toMatch(/^\S+ version \d+\.\d+\.\d+$/);
    const [footer] = await query(
      await parquetOf('{"a":{}}'),
      'SELECT created_by FROM parquet_file_metadata($file)',
    );
    expect(footer).toEqual({ created_by: createdBy });
  });
});

describe('a file of a table without rows is valid, with every column in its type,', () => {
  const empty = async () => {
    const { tables } = await tablesOf(
      '{"location":{"name":"Oslo"},"forecast":{"forecastday":[{"date":"2026-11-22","hour":[]}]}}',
      { key: 'weatherapi/forecast/dt=2026-11-22/20261122T060000Z.json' },
    );
    return tables.filter(({ rows }) => rows === 0).map(({ table, file }) => ({ table, file }));
  };
  const columnsByTable = new Map(
    weatherapiForecast.tables.map((table) => [table.name.replace('/', '_'), columnsOf(table)]),
  );

  test('to DuckDB', async () => {
    const files = await empty();
    expect(files.map(({ table }) => table)).toEqual(['weatherapi_forecast_hour', 'weatherapi_alert']);
    for (const { table, file } of files) {
      const described = await query(file, 'DESCRIBE SELECT * FROM $file');
      expect(described.map(({ column_name, column_type }) => [column_name, column_type])).toEqual(
        columnsByTable.get(table)?.map(({ column, type }) => [column, duckdbTypes[columnTypes[type].glue]]),
      );
      expect(
        await query(file, "SELECT count(*)::INT AS rows FROM $file WHERE location_name = 'Oslo'"),
      ).toEqual([{ rows: 0 }]);
    }
  });

  test('to hyparquet', async () => {
    for (const { table, file } of await empty()) {
      const buffer = new Uint8Array(file).buffer;
      const metadata = parquetMetadata(buffer);
      expect(metadata).toMatchObject({ num_rows: 0n, row_groups: [] });
      expect(metadata.schema.slice(1).map(({ name }) => name)).toEqual(
        columnsByTable.get(table)?.map(({ column }) => column),
      );
      expect(await parquetReadObjects({ file: buffer })).toEqual([]);
      expect(await parquetQuery({ file: buffer, filter: { location_name: { $eq: 'Oslo' } } })).toEqual([]);
    }
  });
});

/** What the footer says of a text column, by row group. */
function footerOf(file: Uint8Array, column: string) {
  return query(
    file,
    `SELECT stats_min_value AS least, stats_max_value AS most, min_is_exact, max_is_exact,
       stats_null_count::INT AS nulls, dictionary_page_offset IS NOT NULL AS has_dictionary
     FROM parquet_metadata($file) WHERE path_in_schema = '${column}' ORDER BY row_group_id`,
  );
}

describe('a bound in the footer', () => {
  const long = 'x'.repeat(9 * 1024 * 1024);

  test("of a text is its own row group's, and short however long the texts are [bounds]", async () => {
    const records = [
      ['Oslo', `${long}1`],
      ['Oslo', `${long}2`],
      ['Rome', 'Sunny'],
    ].map(([name, text]) => response({ condition: { text } }, name));
    const { file } = await converted(records.join('\n'));
    const short = 'x'.repeat(64);
    expect(await footerOf(file, 'condition_text')).toMatchObject([
      { least: short, most: `${short.slice(1)}y`, min_is_exact: false, max_is_exact: false },
      { least: 'Sunny', most: 'Sunny', min_is_exact: true, max_is_exact: true },
    ]);
    expect(await footerOf(file, 'location_name')).toMatchObject([{ least: 'Oslo' }, { least: 'Rome' }]);
    expect(
      await query(
        file,
        "SELECT count(*)::INT AS rows FROM $file WHERE location_name = 'Oslo' AND condition_text > 'x'",
      ),
    ).toEqual([{ rows: 2 }]);
  });

  test('of a text ends between two characters', async () => {
    const [bounds] = await footerOf(await parquetOf(`{"a":{"string":"${'x'.repeat(63)}é"}}`), 'string');
    expect(bounds).toMatchObject({ least: 'x'.repeat(63), most: `${'x'.repeat(62)}y` });
  });

  test('is left out where no short text comes after the greatest [bounds]', async () => {
    const [bounds] = await footerOf(
      await parquetOf(`{"a":{"string":"${'\u{10ffff}'.repeat(17)}"}}`),
      'string',
    );
    expect(bounds).toMatchObject({ least: '\u{10ffff}'.repeat(16), min_is_exact: false, most: null });
  });

  test('of zeros holds both of them [bounds]', async () => {
    const [bounds] = await footerOf(await parquetOf('{"a":{"double":0}}'), 'double');
    expect(bounds).toMatchObject({ least: '-0.0', most: '0.0', nulls: 0 });
  });

  test('is not there for a column without values, nor is a dictionary', async () => {
    const file = await parquetOf('{"a":{}}\n{"a":{}}');
    for (const column of ['string', 'double', 'int', 'bigint', 'date', 'timestamp']) {
      expect(await footerOf(file, column)).toMatchObject([
        { least: null, most: null, nulls: 2, has_dictionary: false },
      ]);
    }
  });
});

describe('the same raw gives the same bytes', () => {
  const text = [response({ temp_c: 1, new: 1 }), response({ last_updated_epoch: 1_795_323_600 })].join('\n');

  test('twice', async () => {
    const [once, twice] = [await converted(text), await converted(text)];
    expect(Buffer.compare(once.file, twice.file)).toBe(0);
  });

  test('twice, for every table', async () => {
    const sample = await readFile(
      new URL('../../samples/forecast/a-run-of-three-places.ndjson', import.meta.url),
    );
    const key = 'weatherapi/forecast/dt=2026-11-22/20261122T060000Z.json';
    const [once, twice] = [await tablesOf(sample, { key }), await tablesOf(sample, { key })];
    expect(once.tables.map(({ rows }) => rows)).toEqual([10, 5, 1]);
    for (const [table, { file }] of once.tables.entries())
      expect(Buffer.compare(file, twice.tables[table]?.file ?? Buffer.alloc(0))).toBe(0);
  });

  test('whenever it is converted', async () => {
    const at = async (now: string) => {
      jest.useFakeTimers({ now: new Date(now), doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
      const { key, file } = await converted(text, { key: 'weatherapi/current/dropped.json' });
      return { key, bytes: Buffer.from(file).toString('hex') };
    };
    expect(await at('2001-02-03T04:05:06Z')).toEqual(await at('2031-12-31T23:59:59Z'));
  });

  test('unless its name or its fetching differs, since the rows say so', async () => {
    const [named] = await rowsOf(text, { key: 'weatherapi/current/dt=2026-11-22/other.json' });
    const [fetched] = await rowsOf(text, { fetchedAt: new Date('2026-11-22T05:00:03Z') });
    expect(filled(named ?? {})).toMatchObject({ raw_key: 'weatherapi/current/dt=2026-11-22/other.json' });
    expect(filled(fetched ?? {})).toMatchObject({ raw_key: rawKey, fetched_at: '2026-11-22T05:00:03.000Z' });
  });
});

test('every type that a dataset may declare is one of those that are tested here', () => {
  expect(everyTypeTable.fields.map(({ type }) => type).sort()).toEqual(Object.keys(columnTypes).sort());
});

import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import { AthenaClient } from '@aws-sdk/client-athena';
import type { Json } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { queryCommand } from '../../cli/commands/query.ts';
import { interruptible } from '../../cli/terminal/interruption.ts';
import { type RowsFormat, rowsOutput } from '../../cli/terminal/rows-output.ts';
import { ObjectFiles } from '../../local/aws/object-files.ts';
import { ObjectStore } from '../../local/aws/object-store.ts';
import { compactedFiles } from '../../operations/query/compacted-files.ts';
import { readParquet } from '../../operations/query/parquet-rows.ts';
import { queryAthena } from '../../operations/query/query-athena.ts';
import { columnsOf, type Table, tableName } from '../../shared/dataset.ts';
import { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';
import { weatherapiForecast } from '../../shared/datasets/weatherapi-forecast.ts';
import { datasets } from '../../shared/datasets.ts';
import { dayOf, rawKey } from '../../shared/keys.ts';
import { namedQueries } from '../../shared/named-queries.ts';
import { converted, tablesOf } from '../functions/convert/converted.ts';
import { tdf } from './cloud.ts';

const hour = 3_600_000;
const now = Date.now();

/** What a run of `tdf query` printed. */
async function tdfQuery(...args: string[]): Promise<string> {
  const printed: string[] = [];
  const output = new Writable({
    write(chunk, _encoding, done) {
      printed.push(String(chunk));
      done();
    },
  });
  await queryCommand(output).parseAsync(args, { from: 'user' });
  return printed.join('');
}

describe('a query on this computer', () => {
  let state: string;
  let store: ObjectStore;

  const rowsOf = async (...args: string[]): Promise<Record<string, Json>[]> =>
    JSON.parse(await tdfQuery(...args, '--json', '--local', '--state', state));

  /** Puts an object into compacted, as the local runtime would. */
  const put = (key: string, file: Uint8Array) => store.putObject('compacted', key, Buffer.from(file));

  /** A run's curated object, as convert makes it of what a run fetched at an instant. */
  const run = async (at: Date, answers: { name: string; temp_c?: number; [field: string]: unknown }[]) => {
    const lines = answers.map(({ name, ...current }) =>
      JSON.stringify({
        location: { name, lat: name.length, lon: 1 },
        current: { last_updated_epoch: Math.floor(at.getTime() / 1000), ...current },
      }),
    );
    await land(rawKey(weatherapiCurrent, at), lines.join('\n'), at);
  };

  /** The curated objects of a raw object, as convert makes them. */
  const land = async (key: string, text: string, fetchedAt: Date | null = null) => {
    const { tables } = await tablesOf(text, { key, fetchedAt });
    for (const { key: curated, file } of tables) put(curated, file);
  };

  /** An answer with one day, its hours from midnight UTC: each with its instant's hour, temperature and precipitation. */
  type Hour = [hour: number, temp_c: number | null, precip_mm: number];
  const daysOf = (name: string, date: string, hours: Hour[]) => ({
    location: { name, lat: name.length, lon: 1, localtime_epoch: Date.parse(date) / 1000 },
    forecast: {
      forecastday: [
        {
          date,
          day: {
            maxtemp_c: Math.max(...hours.map(([, temp]) => Number(temp))),
            mintemp_c: Math.min(...hours.map(([, temp]) => Number(temp))),
          },
          hour: hours.map(([at, temp_c, precip_mm]) => ({
            time_epoch: Date.parse(date) / 1000 + at * 3600,
            temp_c,
            precip_mm,
          })),
        },
      ],
    },
  });

  beforeEach(() => {
    state = mkdtempSync(path.join(tmpdir(), 'query-'));
    const assembly = path.join(state, 'cdk.out');
    mkdirSync(assembly);
    const write = (name: string, content: unknown) =>
      writeFileSync(path.join(assembly, name), JSON.stringify(content));
    write('manifest.json', { artifacts: { Stack: { type: 'aws:cloudformation:stack' } } });
    write('Stack.assets.json', { files: {} });
    write('Stack.template.json', {
      Resources: {
        Compacted123: { Type: 'AWS::S3::Bucket', Metadata: { 'aws:cdk:path': 'Stack/Compacted/Resource' } },
      },
      Outputs: { CompactedBucketName: { Value: { Ref: 'Compacted123' } } },
    });
    store = new ObjectStore();
    store.persistence = new ObjectFiles(path.join(state, 's3'));
    store.createBucket('compacted');
  });

  afterEach(() => rmSync(state, { recursive: true }));

  test('answers from the compacted files, with the day of their key', async () => {
    await run(new Date('2026-11-21T23:00:00.250Z'), [{ name: 'Oslo', temp_c: -1.5 }]);
    await run(new Date('2026-11-22T05:00:00Z'), [{ name: 'Melbourne', temp_c: 21 }]);

    expect(
      await rowsOf(
        'SELECT dt, location_name, temp_c, observed_at, fetched_at FROM weatherapi_current ORDER BY dt',
      ),
    ).toEqual([
      {
        dt: '2026-11-21',
        location_name: 'Oslo',
        temp_c: -1.5,
        observed_at: '2026-11-21T23:00:00.000Z',
        fetched_at: '2026-11-21T23:00:00.250Z',
      },
      {
        dt: '2026-11-22',
        location_name: 'Melbourne',
        temp_c: 21,
        observed_at: '2026-11-22T05:00:00.000Z',
        fetched_at: '2026-11-22T05:00:00.000Z',
      },
    ]);
  });

  const types = {
    ...{ string: 'VARCHAR', double: 'DOUBLE', int: 'INTEGER', bigint: 'BIGINT' },
    ...{ date: 'DATE', timestamp: 'TIMESTAMP' },
  };
  const declaredOf = (table: Table) => ({
    ...Object.fromEntries(columnsOf(table).map(({ column, type }) => [column, types[type]])),
    dt: 'DATE',
  });
  const declared = declaredOf(weatherapiCurrent.tables[0]);
  const tables = datasets.flatMap((dataset) => dataset.tables);

  test('has all declared columns of each table with their types, and no rows, before anything was converted', async () => {
    for (const table of tables) {
      const described = await rowsOf(`DESCRIBE ${tableName(table)}`);
      expect(
        Object.fromEntries(described.map(({ column_name, column_type }) => [column_name, column_type])),
      ).toEqual(declaredOf(table));
      expect(await rowsOf(`SELECT * FROM ${tableName(table)}`)).toEqual([]);
    }
  });

  test('has the rows of each table of a dataset, with days as days', async () => {
    const answer = { ...daysOf('Oslo', '2026-11-21', [[1, 0, 0]]), alerts: { alert: [] } };
    await land('weatherapi/forecast/dt=2026-11-20/20261120T060000Z.json', JSON.stringify(answer));
    await land('weatherapi/history/dt=2026-11-21/Oslo.json', JSON.stringify(answer));
    const sql = (table: string) => `SELECT dt, local_date, location_name FROM ${table} ORDER BY ALL`;
    const oslo = { local_date: '2026-11-21', location_name: 'Oslo' };
    expect(await rowsOf(sql('weatherapi_forecast_hour'))).toEqual([{ dt: '2026-11-20', ...oslo }]);
    expect(await rowsOf(sql('weatherapi_history_day'))).toEqual([{ dt: '2026-11-21', ...oslo }]);
    expect(await tdfQuery(sql('weatherapi_history_hour'), '--csv', '--local', '--state', state)).toBe(
      'dt,local_date,location_name\r\n2026-11-21,2026-11-21,Oslo\r\n',
    );
    expect(await rowsOf('SELECT count(*) AS alerts FROM weatherapi_alert')).toEqual([{ alerts: 0 }]);
  });

  test('has the declared columns, whatever those of a file of another time are', async () => {
    const key = 'weatherapi/current/dt=2020-01-01/old.parquet';
    put(
      key,
      new Uint8Array(
        parquetWriteBuffer({
          columnData: [
            { name: 'location_name', data: ['Oslo'], type: 'STRING' },
            { name: 'temp_c', data: [3], type: 'INT32' },
            { name: 'gone', data: ['x'], type: 'STRING' },
          ],
        }),
      ),
    );
    await run(new Date('2026-11-22T05:00:00Z'), [{ name: 'Melbourne', temp_c: 21.5 }]);

    const rows = await rowsOf('SELECT * FROM weatherapi_current ORDER BY dt');
    expect(rows).toMatchObject([
      { location_name: 'Oslo', temp_c: 3, humidity: null, observed_at: null, dt: '2020-01-01' },
      { location_name: 'Melbourne', temp_c: 21.5, dt: '2026-11-22' },
    ]);
    for (const row of rows) expect(Object.keys(row)).toEqual(Object.keys(declared));
  });

  test('finds an object whose key makes no file name, and none that was deleted', async () => {
    const name = `${'x'.repeat(220)}.parquet`;
    const { file: bytes } = await converted(
      '{"location": {"name": "Oslo"}, "current": {"last_updated_epoch": 1}}',
      { key: 'weatherapi/current/a.json' },
    );
    put(`weatherapi/current/dt=2026-11-20/${name}`, bytes);
    put(`weatherapi/current/dt=2026-11-21/it's.parquet`, bytes);
    put('weatherapi/current/dt=2026-11-22/deleted.parquet', bytes);
    store.deleteObject('compacted', 'weatherapi/current/dt=2026-11-22/deleted.parquet');

    expect(await rowsOf('SELECT dt FROM weatherapi_current ORDER BY dt')).toEqual([
      { dt: '2026-11-20' },
      { dt: '2026-11-21' },
    ]);
  });

  test('reads the version of each day that there was at the beginning, whatever replaces or removes it [replaced-day]', async () => {
    const keyOf = (day: string) => `weatherapi/current/dt=${day}/day.parquet`;
    const version = async (name: string) => {
      const text = JSON.stringify({ location: { name }, current: { last_updated_epoch: 1 } });
      return (await converted(text, { key: 'weatherapi/current/dt=2026-11-22/a.json' })).file;
    };
    for (const day of ['2026-11-22', '2026-11-23']) put(keyOf(day), await version('Oslo'));

    const { files, release } = await compactedFiles(state);
    put(keyOf('2026-11-22'), await version('Bergen'));
    store.deleteObject('compacted', keyOf('2026-11-23'));
    const rows = await readParquet(files.map(({ path }) => path));
    expect(rows.map((row) => row.location_name)).toEqual(['Oslo', 'Oslo']);
    await release();

    const sql = 'SELECT dt, location_name FROM weatherapi_current';
    expect(await rowsOf(sql)).toEqual([{ dt: '2026-11-22', location_name: 'Bergen' }]);
    expect(readdirSync(path.join(state, 's3/.meta')).filter((name) => name.includes('query'))).toEqual([]);
  });

  test('removes what a query left that was killed, as a local run does, and not that of another that goes on', async () => {
    const meta = path.join(state, 's3/.meta');
    const { pid } = spawnSync(process.execPath, ['--version']);
    const [killed, going] = [`.query-${pid}-killed`, `.query-${process.ppid}-going`];
    const left = () => readdirSync(meta).filter((name) => name.includes('query'));
    for (const begin of [
      () => rowsOf('SELECT 1 FROM weatherapi_current'),
      () => new ObjectFiles(path.dirname(meta)),
    ]) {
      for (const name of [killed, going]) mkdirSync(path.join(meta, name), { recursive: true });
      await begin();
      expect(left()).toEqual([going]);
    }
  });

  test('gives its folder back when its terminal is closed', async () => {
    const stopped = interruptible(
      (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason))),
    );
    process.emit('SIGHUP');
    expect(await stopped).toEqual(new Error('Stopped by SIGHUP.'));
  });

  test.each([
    ['cut', (whole: Uint8Array) => whole.subarray(0, 200)],
    ['damaged at its end', (whole: Uint8Array) => whole.with(whole.length - 5, 255)],
    ['overwritten', () => Buffer.from('not Parquet')],
  ])('names the day whose file is %s, and what has it made anew', async (_how, damage) => {
    await run(new Date('2026-11-22T05:00:00Z'), [{ name: 'Oslo' }]);
    const [{ key = '', file = '' } = {}] = (await compactedFiles(state)).files;
    writeFileSync(file, damage(readFileSync(file)));
    const { code, stderr } = await tdf([
      'query',
      'SELECT * FROM weatherapi_current',
      '--local',
      '--state',
      state,
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^Error: ${key} cannot be read: .*\\. Remove ${file}\\. `, 's'));
    expect(stderr).toContain(
      `Bring the state up to date: npx tdf reconcile --grace 0 --local --state ${state}\n`,
    );
    expect(stderr).not.toContain('.query-');
  });

  test('fails in the words of DuckDB when it cannot go on amid its rows [whole-answer]', async () => {
    const amid = "SELECT CASE WHEN i = 290000 THEN error('too late') ELSE i END FROM range(300000) AS r(i)";
    await expect(tdfQuery(amid, '--csv', '--local', '--state', state)).rejects.toThrow('too late');
  });

  test('answers while a pipeline holds the directory', async () => {
    writeFileSync(path.join(state, 'lock.db'), 'somebody else');
    await run(new Date('2026-11-22T05:00:00Z'), [{ name: 'Oslo' }]);
    expect(await rowsOf('SELECT count(*) AS observations FROM weatherapi_current')).toEqual([
      { observations: 1 },
    ]);
  });

  describe('reads the compacted rows, and refuses', () => {
    const secret = () => path.join(state, 'secret.csv');
    const target = () => path.join(state, 's3/compacted/planted.csv');
    const refusal =
      /^(Permission Error: Cannot access|Expected (a query, such as SELECT|EXPLAIN or EXPLAIN ANALYZE|one SQL statement)|Catalog Error: Scalar Function with name getenv does not exist|Catalog Error: weatherapi_current is not an table|Parser Error: Expected a single SELECT statement)/;
    beforeEach(() => writeFileSync(secret(), 'secret\n'));

    test.each([
      ['another file', () => `SELECT * FROM read_csv('${secret()}')`],
      [
        'a file by way of the compacted folder',
        () => `SELECT * FROM read_text('${target()}/../../../secret.csv')`,
      ],
      ['what is stored, but for what it began with', () => `SELECT * FROM read_text('${target()}')`],
      [
        'a link that leads out of it',
        () => `SELECT * FROM read_text('${path.join(state, 's3/compacted/link.csv')}')`,
      ],
      ['the files of this computer', () => "SELECT * FROM read_csv('/etc/passwd')"],
      ['names of files', () => "SELECT * FROM glob('/etc/*')"],
      ['the network', () => "SELECT * FROM read_parquet('https://127.0.0.1:1/x.parquet')"],
      ['to write a file', () => `COPY (SELECT 1) TO '${target()}'`],
      ['to write one while it explains', () => `EXPLAIN ANALYZE COPY (SELECT 1) TO '${target()}'`],
      [
        'to write one while it explains with options',
        () => `EXPLAIN (ANALYZE) COPY (SELECT 1) TO '${target()}'`,
      ],
      ['to write one behind a comment', () => `EXPLAIN /**/ ANALYZE COPY (SELECT 1) TO '${target()}'`],
      ['a database', () => `ATTACH '${target()}'`],
      ['an extension', () => 'INSTALL httpfs'],
      ['to load one', () => 'LOAD httpfs'],
      ['to take that back', () => 'SET enable_external_access = true'],
      ['a table of its own', () => 'CREATE TABLE mine AS SELECT 1'],
      ['a file that is named as a table', () => `SELECT * FROM '${secret()}'`],
      ['a file that a query within a query names', () => `SELECT * FROM query('FROM ''${secret()}''')`],
      ['a file that is only sniffed at', () => `SELECT * FROM sniff_csv('${secret()}')`],
      ['the bytes of a file', () => "SELECT * FROM read_blob('/etc/passwd')"],
      ['names of files further up', () => "SELECT * FROM read_text('../*')"],
      [
        'a file in the folder where DuckDB would put what memory cannot hold',
        () => "FROM read_text('.tmp/*')",
      ],
      ['to take rows into a table', () => `COPY weatherapi_current FROM '${secret()}'`],
      [
        'to write what a query within a query writes',
        () => `FROM query('COPY (SELECT 1) TO ''${target()}''')`,
      ],
      ['to write all tables', () => `EXPORT DATABASE '${target()}'`],
      ['to read tables', () => `IMPORT DATABASE '${state}'`],
      ['to write behind a query', () => `SELECT 1; COPY (SELECT 1) TO '${target()}'`],
      ['a pragma', () => 'PRAGMA enable_profiling'],
      ['a pragma that is a query', () => "/* SELECT */ PRAGMA table_info('weatherapi_current')"],
      ['a call', () => 'CALL pragma_version()'],
      ['a variable', () => 'SET VARIABLE mine = 1'],
      ['to forget a setting', () => 'RESET enable_external_access'],
      ['a secret', () => "CREATE SECRET (TYPE http, BEARER_TOKEN 'x')"],
      ['another database', () => 'USE temp'],
      ['the environment', () => "SELECT getenv('PATH')"],
      ['rows of its own', () => "INSERT INTO temp.weatherapi_current_days VALUES ('x', current_date)"],
      ['to remove rows', () => 'DELETE FROM temp.weatherapi_current_days'],
      ['a prepared statement', () => 'PREPARE mine AS SELECT 1'],
      ['a transaction', () => 'BEGIN'],
    ])('%s [confined-query]', async (_what, sql) => {
      symlinkSync(secret(), path.join(state, 's3/compacted/link.csv'));
      await expect(tdfQuery(sql(), '--local', '--state', state)).rejects.toThrow(refusal);
      expect(existsSync(target())).toBe(false);
    });

    test('to write a log or a profile [confined-query]', async () => {
      for (const call of [
        `enable_logging(storage := 'file', storage_path := '${target()}', level := 'trace')`,
        `enable_profiling(format := 'json', save_location := '${target()}.json')`,
      ])
        await tdfQuery(`FROM ${call} RIGHT JOIN range(9) ON true`, '--local', '--state', state);
      expect(readdirSync(path.join(state, 's3/compacted'))).toEqual([]);
    });

    test('nothing of a query that explains or runs one', async () => {
      await run(new Date('2026-11-22T05:00:00Z'), [{ name: 'Oslo' }]);
      for (const sql of ['EXPLAIN SELECT * FROM weatherapi_current', 'explain analyze SELECT 1'])
        expect(await rowsOf(sql)).toHaveLength(1);
    });
  });

  test('says with what it cannot help, and what there is', async () => {
    const failure = (...args: string[]) => tdfQuery(...args, '--local', '--state', state);
    await expect(failure('SELECT * FROM weather_current')).rejects.toThrow(
      /weather_current does not exist!\nThere are: weatherapi_current, weatherapi_forecast_hour, .*weatherapi_history_day\./,
    );
    await expect(failure('SELECT temp FROM weatherapi_current')).rejects.toThrow(
      /"temp" not found.*\n.*temp_c/,
    );
    await expect(failure('SELEC 1')).rejects.toThrow(/^Parser Error: syntax error at or near "SELEC"/);
    await expect(failure('SELECT 1; SELECT 2')).rejects.toThrow('Expected one SQL statement, got 2.');
    await expect(failure('DROP VIEW weatherapi_current')).rejects.toThrow(
      'Expected a query, such as SELECT, got',
    );
    await expect(failure('/* SELECT */ -- one\ninstall httpfs')).rejects.toThrow(
      'such as SELECT, got INSTALL.',
    );
    await expect(failure()).rejects.toThrow(
      /Which query\? .*\n {2}weatherapi_current +Current weather, .*\n {2}weatherapi_forecast_hour +Forecasts, .*(\n.*)*"DESCRIBE weatherapi_current"/,
    );
    await expect(failure('SELECT 1', '--named', 'x')).rejects.toThrow('got both');
    await expect(failure('--named', 'nothing')).rejects.toThrow('Gaps per hour');
  });

  describe('of the stack', () => {
    const named = (name: string) => rowsOf('--named', name);
    const ago = (hours: number) => new Date(now - hours * hour);

    test('is listed by name', async () => {
      expect((await rowsOf('--named')).map(({ name }) => name)).toEqual(namedQueries.map(({ name }) => name));
    });

    test.each(namedQueries)('"$name" runs on a table without rows', async ({ name }) => {
      const rows = await named(name);
      expect(rows).toHaveLength(name === 'Gaps per hour' ? 7 * 24 : 0);
    });

    test('gives the newest observation of each place', async () => {
      await run(ago(4), [{ name: 'Oslo', temp_c: 1 }]);
      await run(ago(2), [
        { name: 'Oslo', temp_c: 2 },
        { name: 'Melbourne', temp_c: 20 },
      ]);
      await run(ago(72), [{ name: 'Elsewhere' }]);

      expect(await named('latest conditions per place')).toMatchObject([
        { location_name: 'Melbourne', temp_c: 20 },
        {
          location_name: 'Oslo',
          temp_c: 2,
          observed_at: new Date(Math.floor(now / 1000) * 1000 - 2 * hour).toISOString(),
        },
      ]);
    });

    test('gives the minimum and maximum of each day', async () => {
      const day = new Date(`${dayOf(ago(48))}T00:00:00Z`).getTime();
      for (const [index, temp_c] of [3, -2, 5].entries())
        await run(new Date(day + index * hour), [{ name: 'Oslo', temp_c }]);
      await run(ago(24 * 40), [{ name: 'Oslo', temp_c: 30 }]);

      expect(await named('Daily minimum and maximum')).toEqual([
        { dt: dayOf(ago(48)), location_name: 'Oslo', min_temp_c: -2, max_temp_c: 5, observations: 3 },
      ]);
    });

    const record = '{"location": {"name": "Oslo"}, "current": {"last_updated_epoch": 1}}';

    test('gives the hours of whose run there is no row, whenever it was fetched', async () => {
      const fullHour = (date: Date) => new Date(Math.floor(date.getTime() / hour) * hour).toISOString();
      await run(ago(5), [{ name: 'Oslo' }]);
      await run(ago(100), [{ name: 'Oslo' }, { name: 'Melbourne' }]);
      // Late, and dropped: neither is another hour's run.
      const late = await converted(record, { key: rawKey(weatherapiCurrent, ago(7)), fetchedAt: ago(6) });
      put(`weatherapi/current/dt=${dayOf(ago(7))}/late.parquet`, late.file);
      const dropped = `weatherapi/current/dt=${dayOf(ago(8))}/x${ago(8)
        .toISOString()
        .replaceAll(/[-:]|\.\d+/g, '')}.json`;
      const { file } = await converted(record, { key: dropped, fetchedAt: ago(8) });
      put(`weatherapi/current/dt=${dayOf(ago(8))}/dropped.parquet`, file);

      const gaps = (await named('Gaps per hour')).map((row) => row.hour);
      expect(gaps).toHaveLength(7 * 24 - 3);
      expect(gaps).toContain(fullHour(ago(8)));
      expect(gaps).not.toContain(fullHour(ago(7)));
      expect(gaps).toContain(fullHour(ago(6)));
      expect(gaps).not.toContain(fullHour(ago(5)));
      expect(gaps).not.toContain(fullHour(ago(100)));
    });

    test('gives the fields that no column holds', async () => {
      await run(ago(3), [{ name: 'Oslo', aurora: 7 }]);
      await run(ago(2), [{ name: 'Oslo', aurora: 8, humidity: 'high' }]);
      const past = { ...daysOf('Oslo', dayOf(ago(48)), [[1, 0, 0]]), elevation: 12 };
      const pastKey = `weatherapi/history/dt=${dayOf(ago(48))}/Oslo.json`;
      await land(pastKey, JSON.stringify(past));
      const current = { table_name: 'weatherapi_current', latest_raw_key: rawKey(weatherapiCurrent, ago(2)) };

      expect(await named('What was rescued')).toEqual([
        { ...current, field: 'current.aurora', times: 2, first_day: dayOf(ago(3)) },
        { ...current, field: 'current.humidity', times: 1, first_day: dayOf(ago(2)) },
        {
          table_name: 'weatherapi_history_hour',
          field: 'elevation',
          times: 1,
          first_day: dayOf(ago(48)),
          latest_raw_key: pastKey,
        },
      ]);
    });

    const history = (name: string, date: string, hours: Hour[]) =>
      land(`weatherapi/history/dt=${date}/${name}.json`, JSON.stringify(daysOf(name, date, hours)));

    test('gives the extremes of each local day', async () => {
      const [day, before] = [dayOf(ago(48)), dayOf(ago(72))];
      await history('Oslo', day, [
        [1, -4, 0],
        [2, 3.5, 0],
      ]);
      await history('Melbourne', day, [
        [1, 14, 0],
        [2, 29, 0],
      ]);
      await history('Oslo', before, [[1, 2, 0]]);
      await history('Oslo', dayOf(ago(24 * 40)), [[1, 30, 0]]);

      expect(await named('Daily extremes')).toMatchObject([
        { local_date: day, location_name: 'Melbourne', mintemp_c: 14, maxtemp_c: 29 },
        { local_date: day, location_name: 'Oslo', mintemp_c: -4, maxtemp_c: 3.5 },
        { local_date: before, location_name: 'Oslo', mintemp_c: 2, maxtemp_c: 2 },
      ]);
      const oslo = { warmest_place: 'Oslo', maxtemp_c: 2, coldest_place: 'Oslo', mintemp_c: 2 };
      expect(await named('Warmest and coldest place')).toEqual([
        { local_date: day, warmest_place: 'Melbourne', maxtemp_c: 29, coldest_place: 'Oslo', mintemp_c: -4 },
        { local_date: before, ...oslo },
      ]);
    });

    test('gives the error of forecasts by their lead, of each place and hour that came', async () => {
      const day = dayOf(ago(48));
      // At midnight: of an hour that has begun by then, of hours 1 and 5 ahead, of one 7 ahead, of two that lack a temperature, and of one that did not come.
      const forecast = daysOf('Oslo', day, [
        [-1, 50, 50],
        [1, 3, 1],
        [5, 2, 0],
        [7, 10, 0.5],
        [8, null, 0.5],
        [9, 3, 0.5],
        [23, 0, 0],
      ]);
      const key = rawKey(weatherapiForecast, new Date(day));
      const elsewhere = daysOf('Melbourne', day, [[1, 20, 0]]);
      await land(key, [forecast, elsewhere].map((answer) => JSON.stringify(answer)).join('\n'));
      const came: Hour[] = [
        [-1, 0, 0],
        [1, 1, 0],
        [5, 3, 0.5],
        [7, 4, 0],
        [8, 4, 0],
        [9, null, 0],
      ];
      await history('Oslo', day, came);
      // The same place by another name: it came once.
      await land(`weatherapi/history/dt=${day}/id:1.json`, JSON.stringify(daysOf('Oslo', day, came)));

      expect(await named('Forecast against what came')).toEqual([
        {
          lead_hours: 0,
          hours_compared: 2,
          mean_error_c: 0.5, // (2 - 1) / 2
          mean_absolute_error_c: 1.5,
          mean_absolute_error_mm: 0.75,
        },
        {
          lead_hours: 6,
          hours_compared: 1,
          mean_error_c: 6,
          mean_absolute_error_c: 6,
          mean_absolute_error_mm: 0.5,
        },
      ]);
    });
  });
});

describe('a query on AWS', () => {
  let server: Server;
  let athena: AthenaClient;
  let stop: AbortController;
  /** What Athena was asked, in order. */
  let calls: { action: string; input: Record<string, unknown> }[];
  /** What it answers: by action, one after the other, the last again and again. */
  let answers: Record<string, unknown[]>;
  let pauses: number[];

  const state = (State: string, rest: object = {}) => ({ QueryExecution: { Status: { State, ...rest } } });
  const page = (columns: [name: string, type: string][], rows: (string | null)[][], NextToken?: string) => ({
    ResultSet: {
      ResultSetMetadata: { ColumnInfo: columns.map(([Name, Type]) => ({ Name, Type })) },
      Rows: rows.map((row) => ({ Data: row.map((cell) => (cell === null ? {} : { VarCharValue: cell })) })),
    },
    NextToken,
  });

  beforeEach(async () => {
    calls = [];
    pauses = [];
    answers = { StartQueryExecution: [{ QueryExecutionId: 'q-1' }], StopQueryExecution: [{}] };
    stop = new AbortController();
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        const action = String(request.headers['x-amz-target']).split('.')[1] ?? '';
        calls.push({ action, input: JSON.parse(body) });
        const left = answers[action] ?? [];
        const answer = left.length > 1 ? left.shift() : left[0];
        if (answer === undefined) response.statusCode = 400;
        response.setHeader('content-type', 'application/x-amz-json-1.1');
        response.end(
          JSON.stringify(answer ?? { __type: 'InvalidRequestException', message: `line 1:1: ${action}` }),
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    athena = new AthenaClient({
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
  });

  afterEach(async () => {
    athena.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  const ask = (sql: string) =>
    queryAthena(sql, {
      athena,
      outputs: { Database: 'tdf_weather_dev', Workgroup: 'tdf-weather-dev' },
      signal: stop.signal,
      wait: async (milliseconds) => {
        pauses.push(milliseconds);
      },
    });

  test('runs in the workgroup of the stack, and waits longer each time until it is done', async () => {
    answers.GetQueryExecution = [state('QUEUED'), ...Array(9).fill(state('RUNNING')), state('SUCCEEDED')];
    answers.GetQueryResults = [page([['n', 'integer']], [['n'], ['1']])];

    const { columns, rows } = await ask('SELECT 1 AS n');
    expect([columns, await Array.fromAsync(rows)]).toEqual([['n'], [[1]]]);
    expect(calls[0]).toMatchObject({
      action: 'StartQueryExecution',
      input: {
        QueryString: 'SELECT 1 AS n',
        WorkGroup: 'tdf-weather-dev',
        QueryExecutionContext: { Database: 'tdf_weather_dev' },
      },
    });
    expect(pauses).toHaveLength(10);
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
    expect(pauses.at(-1)).toBe(3000);
  });

  test('gives every page, without the names that head the first, and cells of their type', async () => {
    const columns: [string, string][] = [
      ['text', 'varchar'],
      ['count', 'bigint'],
      ['mean', 'double'],
      ['day', 'date'],
      ['at', 'timestamp'],
      ['zoned', 'timestamp with time zone'],
      ['yes', 'boolean'],
    ];
    const row = [
      'a',
      '9007199254740993',
      'NaN',
      '2026-11-22',
      '2026-11-22 05:00:00.250',
      '2026-11-22 05:00:00.000 UTC',
      'true',
    ];
    answers.GetQueryExecution = [state('SUCCEEDED')];
    answers.GetQueryResults = [
      page(columns, [columns.map(([name]) => name), row], 'more'),
      page(columns, [['', '7', '0.5', null, null, '2026-11-22 05:00:00.000 +01:00', null]]),
    ];

    const result = await ask('SELECT …');
    expect(await Array.fromAsync(result.rows)).toEqual([
      [
        'a',
        '9007199254740993',
        'NaN',
        '2026-11-22',
        '2026-11-22T05:00:00.250Z',
        '2026-11-22T05:00:00.000Z',
        true,
      ],
      ['', 7, 0.5, null, null, '2026-11-22T04:00:00.000Z', null],
    ]);
    expect(calls.at(-1)).toMatchObject({ action: 'GetQueryResults', input: { NextToken: 'more' } });
  });

  test('keeps the first row where no names head the rows', async () => {
    answers.GetQueryExecution = [state('SUCCEEDED')];
    answers.GetQueryResults = [page([['tab_name', 'string']], [['weatherapi_current']])];
    expect(await Array.fromAsync((await ask('SHOW TABLES')).rows)).toEqual([['weatherapi_current']]);
  });

  test('fails in the words of Athena', async () => {
    const words = "COLUMN_NOT_FOUND: line 1:8: Column 'temp' cannot be resolved";
    answers.GetQueryExecution = [state('RUNNING'), state('FAILED', { StateChangeReason: words })];
    await expect(ask('SELECT temp')).rejects.toThrow(words);
    expect(calls.filter(({ action }) => action === 'StartQueryExecution')).toHaveLength(1);

    answers.StartQueryExecution = [];
    await expect(ask('SELEC')).rejects.toThrow('line 1:1');
  });

  const replaced = 'HIVE_FILESYSTEM_ERROR: Incorrect fileSize 5 for file s3://compacted/day.parquet';

  test.each([
    replaced,
    'HIVE_CURSOR_ERROR: com.amazonaws.services.s3.model.AmazonS3Exception: The specified key does not exist.',
    'HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split s3://compacted/day.parquet (offset=0, length=5): Incorrect file size (5) for file (end of stream not reached)',
    'HIVE_BAD_DATA: Not valid Parquet file: s3://compacted/day.parquet',
  ])('is asked once more when a day was replaced under it: %s [replaced-day]', async (words) => {
    answers.GetQueryExecution = [state('FAILED', { StateChangeReason: words }), state('SUCCEEDED')];
    answers.GetQueryResults = [page([['n', 'integer']], [['n'], ['1']])];
    expect(await Array.fromAsync((await ask('SELECT 1 AS n')).rows)).toEqual([[1]]);
    const asked = calls.filter(({ action }) => action === 'StartQueryExecution');
    expect(asked.map(({ input }) => input.QueryString)).toEqual(['SELECT 1 AS n', 'SELECT 1 AS n']);
  });

  test('fails when a day is replaced under it twice, and says what to type', async () => {
    answers.GetQueryExecution = [state('FAILED', { StateChangeReason: replaced })];
    await expect(ask('SELECT 1')).rejects.toThrow(
      `Athena twice could not read a file: ${replaced}\nIf the pipeline is replacing that day, type the query again in a minute.`,
    );
    expect(calls.filter(({ action }) => action === 'StartQueryExecution')).toHaveLength(2);
  });

  test('stops when somebody gives up', async () => {
    answers.GetQueryExecution = [state('RUNNING')];
    const asked = queryAthena('SELECT 1', {
      athena,
      outputs: { Database: 'd', Workgroup: 'w' },
      signal: stop.signal,
      wait: async () => stop.abort(new Error('enough')),
    });
    await expect(asked).rejects.toThrow('enough');
    expect(calls.at(-1)).toEqual({ action: 'StopQueryExecution', input: { QueryExecutionId: 'q-1' } });
  });
});

describe('rows', () => {
  const printed = async (
    columns: string[],
    rows: Json[][],
    format: RowsFormat,
    limit?: number,
    width?: number,
  ) => {
    const result = { columns, rows: Readable.from(rows) };
    return (await Array.fromAsync(rowsOutput(result, format, { limit, width }))).join('');
  };

  test('are a table of a hundred, with a word on the others', async () => {
    const many = Array.from({ length: 103 }, (_, index) => [`row ${index}`]);
    const text = await printed(['name'], many, 'table');
    expect(text).toContain('│ row 99 │');
    expect(text).not.toContain('row 100');
    expect(text).toMatch(/\n3 more rows: /);
    expect(await printed(['name'], many, 'table', 102)).toMatch(/row 101 .*\n.*\n1 more row: /);
    expect(await printed(['name'], many, 'table', 103)).not.toContain('more');
    expect(await printed(['name'], [], 'table')).toContain('No rows.');
  });

  describe('in a terminal', () => {
    const columns = ['place', 'observed_at', 'raw_key', 'temp_c', 'humidity'];
    const row = ['Oslo', '2026-11-22T05:00:00.000Z', 'x'.repeat(54), 1.5, 80];
    const widest = (text: string) => Math.max(...text.split('\n').map((line) => line.length));

    test.each([40, 60, 80, 100, 126, 200])('of %i columns fit, and what does not is named', async (width) => {
      const text = await printed(columns, [row], 'table', undefined, width);
      expect(widest(text)).toBeLessThanOrEqual(width);
      const missing = columns.filter((name) => !text.includes(`│ ${name}`));
      for (const name of missing) expect(text).toMatch(new RegExp(`not fit: [^.]*${name}`));
      expect(/Long texts are cut|not fit/.test(text)).toBe(width < 126);
    });

    test('are whole as far as there is room', async () => {
      expect(await printed(columns, [row], 'table', undefined, 200)).not.toMatch(/…|not fit|cut/);
      expect(await printed(columns, [row], 'table')).not.toMatch(/…|not fit|cut/);
      const narrow = await printed(columns, [row], 'table', undefined, 80);
      expect(narrow).toContain('│ 2026-11-22T05:00:00.000Z │ xxx');
      expect(narrow).toContain('1 column does not fit: humidity. All of them: --vertical');
      expect(await printed(['raw_key'], [['x'.repeat(54)]], 'table', undefined, 40)).toMatch(
        /x…[\s\S]*Long texts are cut/,
      );
    });

    test('stand below each other, one line per column, when they are wider than that', async () => {
      expect(await printed(columns, [row, ['Bergen', null, 'a\nb', 0, 1]], 'vertical')).toBe(
        [
          '── row 1 ──',
          'place        Oslo',
          'observed_at  2026-11-22T05:00:00.000Z',
          `raw_key      ${'x'.repeat(54)}`,
          'temp_c       1.5',
          'humidity     80',
          '── row 2 ──',
          'place        Bergen',
          'observed_at',
          'raw_key      a',
          '             b',
          'temp_c       0',
          'humidity     1',
          '',
        ].join('\n'),
      );
      expect(await printed(['n'], [[1], [2], [3]], 'vertical', 1)).toMatch(
        /^── row 1 ──\nn {2}1\n2 more rows: /,
      );
      expect(await printed(['n'], [], 'vertical')).toBe('No rows.\n');
    });
  });

  test.each<RowsFormat>(['vertical', 'csv', 'json'])(
    'as %s leave before the last one has come, in few pieces',
    async (format) => {
      let asked = 0;
      const many = async function* () {
        for (; asked < 100_000; asked += 1) yield [asked, 'x'.repeat(100)];
      };
      const output = rowsOutput({ columns: ['n', 'text'], rows: many() }, format, { limit: 50_000 });
      const { value } = await output.next();
      expect(String(value).length).toBeGreaterThan(50_000);
      expect(asked).toBeLessThan(2_000);
      await output.return(undefined);
    },
  );

  test.each<RowsFormat>(['table', 'vertical', 'csv', 'json'])(
    'as %s cannot steer the terminal [terminal]',
    async (format) => {
      const hostile = 'a\u001b[31mb\u009b2J\u202Ec\rd';
      const text = await printed([hostile], [[hostile], [{ [hostile]: [hostile] }]], format);
      expect(text.replaceAll('\r\n', '\n')).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
      if (format === 'json')
        expect(JSON.parse(text)).toEqual([{ [hostile]: hostile }, { [hostile]: { [hostile]: [hostile] } }]);
    },
  );

  test.each([
    ['=1+1', "'=1+1"],
    ['+1+1', "'+1+1"],
    ['-1+cmd', "'-1+cmd"],
    ['@SUM(1)', "'@SUM(1)"],
    ['\t=1', "'\t=1"],
    ['\n=1', `"'\n=1"`],
    ['\r=1', "'\uFFFD=1"],
    ['\r', "'\uFFFD"],
    ['\t', "'\t"],
    ['＝1', "'＝1"],
    ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"`],
    ['-37.5,145.7', `"'-37.5,145.7"`],
    ['-', "'-"],
    ['-12.50', '-12.50'],
    ['+1e5', '+1e5'],
    ['a=1', 'a=1'],
    ["'=1", "'=1"],
  ])('as CSV do not make a spreadsheet run %j [formulas]', async (value, field) => {
    expect(await printed([value], [[value]], 'csv')).toBe(`${field}\r\n${field}\r\n`);
  });

  test('as CSV keep negative numbers as numbers, and help says what is changed', async () => {
    expect(await printed(['n'], [[-1.5], [-2]], 'csv')).toBe('n\r\n-1.5\r\n-2\r\n');
    let help = '';
    const command = queryCommand().configureOutput({ writeOut: (text) => (help += text) });
    command.outputHelp();
    expect(help.replaceAll(/\s+/g, ' ')).toContain(
      'In CSV, a text that a spreadsheet would run as a formula',
    );
  });

  test('are CSV that any reader takes', async () => {
    const rows = [
      ['a "b"', null, 1.5],
      ['c,d', '', true],
      ['e\nf', 'g', { x: 1 }],
    ];
    expect(await printed(['text', 'a,b', 'value'], rows, 'csv')).toBe(
      'text,"a,b",value\r\n"a ""b""",,1.5\r\n"c,d","",true\r\n"e\nf",g,"{""x"":1}"\r\n',
    );
    expect(await printed(['n'], [[1], [2], [3]], 'csv', 2)).toBe('n\r\n1\r\n2\r\n');
  });

  test('are JSON objects that lose no column of the same name', async () => {
    expect(
      JSON.parse(
        await printed(
          ['x', 'x', 'y'],
          [
            [1, 2, null],
            [3, 4, 'z'],
          ],
          'json',
        ),
      ),
    ).toEqual([
      { x: 1, x_2: 2, y: null },
      { x: 3, x_2: 4, y: 'z' },
    ]);
    expect(await printed(['x'], [], 'json')).toBe('[]\n');
    expect(JSON.parse(await printed(['x'], [[1], [2]], 'json', 0))).toEqual([]);
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cellReaders } from '../../functions/rows/cell.ts';
import { parseExactly } from '../../functions/rows/json.ts';
import { type Advice, adviceFor } from '../../operations/drift/declaration.ts';
import { driftedKeysQuery, driftQuery, type Kind } from '../../operations/drift/drift-query.ts';
import type { Dataset, Table } from '../../shared/dataset.ts';
import { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';
import { weatherapiForecast } from '../../shared/datasets/weatherapi-forecast.ts';
import { datasets } from '../../shared/datasets.ts';
import { objectsIn } from '../../shared/s3-event.ts';
import { type Cloud, startCloud, tdf } from './cloud.ts';
import { landConverted, useAssembly } from './state.ts';

const folder = 'weatherapi/current/dt=2026-11-';
const answer = (members: object) =>
  JSON.stringify({ location: { name: 'Oslo' }, current: { last_updated_epoch: 1795323600, ...members } });

describe('tdf drift', () => {
  let state: string;
  let empty: string;
  const drift = (...args: string[]) => tdf(['drift', '--local', '--state', state, ...args]);
  const forecastKey = 'weatherapi/forecast/dt=2026-11-21/a.json';
  const driftsOf = async (...args: string[]) => JSON.parse((await drift('--json', ...args)).stdout).drifts;

  beforeAll(async () => {
    state = await mkdtemp(join(tmpdir(), 'drift-'));
    empty = await mkdtemp(join(tmpdir(), 'no-drift-'));
    for (const directory of [state, empty]) await useAssembly(directory);
    await landConverted(empty, { [`${folder}22/a.json`]: answer({ uv: 1 }) });
    await landConverted(state, {
      [`${folder}20/20261120T050000Z.json`]: [answer({ snow: 0 }), answer({ snow: 1.5 })].join('\n'),
      [`${folder}21/dropped.json`]: answer({ snow: 12345678901 }),
      [`${folder}22/20261122T050000Z.json`]: answer({
        snow: null,
        humidity: 'damp',
        "it's": 1,
        long: 'x'.repeat(5_000),
        'new.dot': true,
      }),
      [`${folder}23/20261123T050000Z.json`]: answer({ uv: 1 }),
      [forecastKey]: JSON.stringify({
        location: { name: 'Oslo' },
        forecast: { forecastday: [{ date: '2026-11-21', hour: [{ time_epoch: 1795323600, soil: 7 }] }] },
      }),
    });
  });
  afterAll(() => Promise.all([state, empty].map((directory) => rm(directory, { recursive: true }))));

  test('tells of each path how often it came, in how many rows, of which types, in which runs, and how to declare it', async () => {
    expect((await driftsOf())[0]).toEqual({
      dataset: 'weatherapi/current',
      table: 'weatherapi_current',
      path: 'current.snow',
      values: 4,
      rows: 4,
      types: { int: 1, bigint: 1, double: 1, null: 1 },
      first: '2026-11-20T05:00Z',
      last: '2026-11-22T05:00Z',
      example: '0',
      advice: {
        kind: 'declare',
        table: 'weatherapi_current',
        path: 'current.snow',
        column: 'snow',
        type: 'double',
        line: "{ column: 'snow', path: 'current.snow', type: 'double', meaning: 'Not described yet.' },",
      },
    });
  });

  test('cuts a long example short', async () => {
    const long = (await driftsOf()).find(({ path }: { path: string }) => path === 'current.long');
    expect(long.example).toBe(`"${'x'.repeat(99)}…`);
  });

  test('advises the type that a column reads each number with, and shows its digits as they are kept', async () => {
    const kept = await mkdtemp(join(tmpdir(), 'digits-'));
    await useAssembly(kept);
    const texts = [
      ...['0', '-0', '4.0', '2147483647', '2147483648', '-9223372036854775808', '9223372036854775808'],
      ...['1e-400', '-0.0e-999', '1e400', '1E003', '1E017', '5e-324', '0.1234567890123456789', '1.5'],
      ...[
        '4.0000000000000000000001',
        '0.00000000000000000',
        '1.00000000000000000',
        '12345678901234567890123',
      ],
    ];
    const beside = {
      words: 'of "12": -3, [4] \\',
      nested: { a: [1e-7, { 'b:1': '5' }] },
      flags: [true, null, '6'],
    };
    const members = [
      ...texts.map((text, index) => `"n${index}": ${text}`),
      `"tail": "7", ${JSON.stringify(beside).slice(1, -1)}, "deep": {"digits": [0.1234567890123456789]}`,
    ];
    const raw = answer({ members: 0 }).replace('"members":0', members.join(', '));
    await landConverted(kept, { [`${folder}22/a.json`]: raw });
    const { stdout } = await tdf(['drift', '--local', '--state', kept, '--json']);
    await rm(kept, { recursive: true });
    const drifts = new Map<string, { types: object; example: string }>(
      JSON.parse(stdout).drifts.map((drift: { path: string }) => [drift.path, drift]),
    );

    const types = ['int', 'bigint', 'double'] as const;
    for (const [index, value] of (parseExactly(`[${texts}]`) as unknown[]).entries()) {
      const smallest = types.find((type) => cellReaders[type](value) !== undefined) ?? 'number';
      const drift = { types: { [smallest]: 1 }, example: JSON.stringify(value) };
      expect([texts[index], drifts.get(`current.n${index}`)]).toEqual([
        texts[index],
        expect.objectContaining(drift),
      ]);
    }
    for (const [name, value] of Object.entries({ tail: '7', ...beside }))
      expect(drifts.get(`current.${name}`)?.example).toBe(JSON.stringify(value));
    expect(drifts.get('current.deep')?.example).toBe('{"digits":[0.1234567890123456789]}');
  });

  test('prints the whole lines to paste, where to, and the command that then has the objects converted again', async () => {
    const { code, stdout } = await drift();
    expect(code).toBe(0);
    expect(stdout).toContain(
      [
        'To declare them, paste into "fields" of weatherapi_current in shared/datasets/weatherapi-current.ts:',
        "{ column: 'snow', path: 'current.snow', type: 'double', meaning: 'Not described yet.' },",
        "{ column: 'it_s', path: 'current.it\\'s', type: 'int', meaning: 'Not described yet.' },",
        "{ column: 'long', path: 'current.long', type: 'string', meaning: 'Not described yet.' },",
      ].join('\n'),
    );
    expect(stdout).toContain('current.humidity: weatherapi_current.humidity is declared as int');
    expect(stdout).toContain('current["new.dot"]: Its name has a dot');
    expect(stdout).toContain(
      `npx tdf replay --drifted --dataset weatherapi/current --local --state ${state}`,
    );
  });

  test('looks only at the days since one, and only at a dataset', async () => {
    expect((await driftsOf('--since', '2026-11-21')).map(({ values }: { values: number }) => values)).toEqual(
      [2, 1, 1, 1, 1, 1],
    );
    expect(await driftsOf('--dataset', 'weatherapi/history')).toEqual([]);
  });

  test('says so when nothing is rescued', async () => {
    const { code, stdout } = await tdf(['drift', '--local', '--state', empty]);
    expect([code, stdout]).toEqual([0, 'Nothing was rescued: every value has its column.\n']);
    expect((await drift('--since', '2026-11-23')).stdout).toBe(
      'Nothing was rescued since 2026-11-23: every value has its column.\n',
    );
  });

  test('says what is wrong with what was typed', async () => {
    expect((await drift('--since', '2026-02-30')).stderr).toContain('Expected a day that exists');
    expect((await drift('--dataset', 'weather')).stderr).toContain('Expected one of weatherapi/current');
  });

  test('lets replay convert just the objects that hold something rescued, or something at one path', async () => {
    const replayed = async (...args: string[]) => {
      const { stdout } = await tdf([
        'replay',
        '--drifted',
        '--dry-run',
        '--json',
        '--local',
        '--state',
        state,
        ...args,
      ]);
      return JSON.parse(stdout).first;
    };
    const all = [
      `${folder}20/20261120T050000Z.json`,
      `${folder}21/dropped.json`,
      `${folder}22/20261122T050000Z.json`,
    ];
    expect(await replayed()).toEqual([...all, forecastKey]);
    expect(await replayed('--dataset', 'weatherapi/current')).toEqual(all);
    expect(await replayed('--path', "current.it's")).toEqual(all.slice(2));
    expect(await replayed('--path', 'forecast.forecastday[].hour[].soil')).toEqual([forecastKey]);
    expect(await replayed('--from', '2026-11-21', '--to', '2026-11-21')).toEqual([all[1], forecastKey]);
    expect(await replayed('--path', 'current.uv')).toEqual([]);
  });

  test('and replay refuses a path without --drifted, and a prefix with it', async () => {
    const { code, stderr } = await tdf(['replay', '--path', 'current.snow', '--local', '--state', state]);
    expect(code).toBe(1);
    expect(stderr).toContain('--path: expected only together with --drifted');
    const both = await tdf(['replay', '--drifted', '--prefix', folder, '--local', '--state', state]);
    expect(both.stderr).toContain('--drifted: expected days or whole datasets, got --prefix');
  });
});

describe('drift on AWS', () => {
  let cloud: Cloud;
  let athena: Server;
  /** The statements that Athena was asked to run. */
  const asked: string[] = [];
  let answer: { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] };

  beforeAll(async () => {
    cloud = await startCloud();
    athena = createServer(async (request, response) => {
      const input = JSON.parse(String(Buffer.concat(await Array.fromAsync(request))));
      if (input.QueryString) asked.push(input.QueryString);
      const cells = (row: readonly string[]) => ({ Data: row.map((VarCharValue) => ({ VarCharValue })) });
      const ColumnInfo = answer.columns.map((Name) => ({ Name, Type: 'varchar' }));
      const answers: Readonly<Record<string, unknown>> = {
        StartQueryExecution: { QueryExecutionId: 'q' },
        GetQueryExecution: { QueryExecution: { Status: { State: 'SUCCEEDED' } } },
        GetQueryResults: {
          ResultSet: {
            ResultSetMetadata: { ColumnInfo },
            Rows: [answer.columns, ...answer.rows].map(cells),
          },
        },
      };
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      response.end(JSON.stringify(answers[String(request.headers['x-amz-target']).split('.')[1] ?? '']));
    });
    await new Promise<void>((listening) => athena.listen(0, '127.0.0.1', listening));
    process.env.AWS_ENDPOINT_URL_ATHENA = `http://127.0.0.1:${(athena.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    delete process.env.AWS_ENDPOINT_URL_ATHENA;
    await cloud.close();
    await new Promise((closed) => athena.close(closed));
  });

  test('is one statement that Athena answers, and names the deployment to replay', async () => {
    const columns = ['table_name', 'path', 'value_count', 'row_count', 'first_key', 'last_key', 'example'];
    const key = `${folder}22/20261122T050000Z.json`;
    const row = ['weatherapi_current', 'current.snow', '3', '3', key, key, '1'];
    answer = { columns: [...columns, 'int_count'], rows: [[...row, '3']] };
    const { stdout, stderr } = await cloud.tdf('drift', '--since', '2026-11-20');
    expect(stderr).toBe('');
    expect(stdout).toContain("{ column: 'snow', path: 'current.snow', type: 'int',");
    expect(stdout).toContain('npx cdk deploy -c stage=dev');
    expect(stdout).toContain('npx tdf replay --drifted --dataset weatherapi/current --stage dev');
    expect(asked).toEqual([driftQuery(datasets, { from: '2026-11-20' }).athena]);
  });

  test('lets replay send the keys that Athena answers, in their order', async () => {
    const keys = [20, 21].map((day) => `${folder}${day}/a.json`);
    answer = { columns: ['raw_key'], rows: keys.map((key) => [key]) };
    const { stdout } = await cloud.tdf(
      ...['replay', '--drifted', '--path', 'current.snow', '--dataset', 'weatherapi/current', '--json'],
    );
    expect(JSON.parse(stdout)).toMatchObject({ listed: 2, sent: 2, first: keys });
    const sent = cloud.emulator.messages(cloud.outputs.QueueUrl).flatMap(({ body }) => objectsIn(body));
    expect(sent.map(({ key }) => key).toSorted()).toEqual(keys);
    expect(asked.at(-1)).toBe(driftedKeysQuery(weatherapiCurrent, { path: 'current.snow' }).athena);
  });

  test('asks Athena about each dataset when replay is about all', async () => {
    answer = { columns: ['raw_key'], rows: [] };
    const before = asked.length;
    await cloud.tdf('replay', '--drifted', '--dry-run', '--json');
    expect(asked.slice(before)).toEqual(datasets.map((dataset) => driftedKeysQuery(dataset, {}).athena));
  });
});

describe('the advice on a path', () => {
  const [hour, day] = weatherapiForecast.tables as readonly Table[] as [Table, Table];
  const [current] = weatherapiCurrent.tables as readonly Table[] as [Table];
  const advice = (path: string, kinds: Kind[], dataset: Dataset = weatherapiCurrent, from = current) =>
    adviceFor(dataset, from, path, new Set(kinds), []);
  const lineOf = (given: Advice) => (given.kind === 'declare' ? given.line : given);
  const columnOf = (given: Advice) => (given.kind === 'declare' ? `${given.table}.${given.column}` : given);

  test.each<[Kind[], string]>([
    [['int'], 'int'],
    [['int', 'null'], 'int'],
    [['int', 'bigint'], 'bigint'],
    [['int', 'double'], 'double'],
    [['bigint', 'double', 'null'], 'double'],
    [['date'], 'date'],
    [['date', 'string'], 'string'],
    [['string', 'null'], 'string'],
  ])('declares for values of the kinds %j the type %s', (kinds, type) => {
    expect(advice('current.new', kinds)).toMatchObject({ kind: 'declare', type });
  });

  test.each<[Kind[], string]>([
    [['object'], 'It is an object. Declare its members'],
    [['array'], "declare a table with rows: 'current.new[]'"],
    [['boolean'], 'No column type holds true and false'],
    [['null'], 'Only null came so far'],
    [['int', 'string'], 'Values of different kinds came, int and string, and no column type holds them all'],
    [['date', 'int', 'null'], 'Values of different kinds came, date, int and null, and no column'],
    [['number'], "No column type holds numbers out of a double's range. Read it"],
    [['int', 'number'], "No column type holds numbers out of a double's range. Read it"],
  ])('says of the kinds %j what to do instead', (kinds, text) => {
    expect(advice('current.new', kinds)).toMatchObject({
      kind: 'other',
      text: expect.stringContaining(text),
    });
  });

  test.each([
    ['current.snow_cm', 'snow_cm'],
    ['location.elevation', 'location_elevation'],
    ['current.condition.mood', 'condition_mood'],
    ['current.air_quality.NH3-x', 'air_quality_nh3_x'],
    ['current.storm.path', 'storm_path'],
    ['current.Höhe', 'hohe'],
    ['current.time', 'field_time'],
    ['current.2m', 'current_2m'],
    ['current.ÆØ東', 'field'],
    ['current.Temp_C', 'current_temp_c'],
    ['storm', 'storm'],
  ])('names the column of %s like its neighbours, and as Athena takes it: %s', (path, column) => {
    expect(columnOf(advice(path, ['int']))).toBe(`weatherapi_current.${column}`);
  });

  test.each([
    ['forecast.forecastday[].hour[].fog', hour, 'weatherapi_forecast_hour.fog'],
    ['forecast.forecastday[].day.sunshine', day, 'weatherapi_forecast_day.sunshine'],
    ['forecast.forecastday[].season', hour, 'weatherapi_forecast_hour.season'],
    ['forecast.forecastday[].hour[].fog', day, 'weatherapi_forecast_hour.fog'],
    ['alerts.source', hour, 'weatherapi_forecast_hour.source'],
  ])('declares %s where its rows are', (path, from, column) => {
    expect(columnOf(advice(path, ['int'], weatherapiForecast, from))).toBe(column);
  });

  test.each<[string, Kind, Dataset]>([
    ['current.condition', 'string', weatherapiCurrent],
    ['current.air_quality', 'array', weatherapiCurrent],
    ['alerts.alert', 'object', weatherapiForecast],
  ])('is not to declare %s when %s came, since its members are declared', (path, kind, dataset) => {
    expect(advice(path, [kind], dataset)).toEqual({
      kind: 'other',
      text: `Its members are declared, and ${kind} came in its place. There is nothing to declare.`,
    });
  });

  test('never gives two paths the same column', () => {
    const first = advice('current.fog', ['int']);
    expect(columnOf(adviceFor(weatherapiCurrent, current, 'current.Fog', new Set(['int']), [first]))).toBe(
      'weatherapi_current.current_fog',
    );
  });

  test('on what is declared by now is to replay it, unless the column cannot hold it', () => {
    expect(advice('current.temp_c', ['int', 'double'])).toEqual({ kind: 'replay', column: 'temp_c' });
    expect(advice('current.temp_c', ['null'])).toEqual({ kind: 'replay', column: 'temp_c' });
    expect(advice('current.last_updated_epoch', ['int'])).toMatchObject({ kind: 'replay' });
  });

  test.each<[string, Kind[], string]>([
    [
      'current.humidity',
      ['int', 'double'],
      'humidity is declared as int, which does not hold double. If WeatherAPI now',
    ],
    [
      'current.temp_c',
      ['int', 'number', 'string'],
      "hold numbers out of a double's range and string. Read it from",
    ],
    ['location.localtime', ['date', 'boolean'], 'which does not hold boolean.'],
  ])('of %s, of which %j came, names only what its column cannot hold', (path, kinds, text) => {
    expect(advice(path, kinds)).toEqual({ kind: 'other', text: expect.stringContaining(text) });
  });

  test('names of a date only what is none', () => {
    expect(advice('forecast.forecastday[].date', ['date', 'string'], weatherapiForecast, day)).toMatchObject({
      text: expect.stringContaining('declared as date, which does not hold string.'),
    });
  });

  test('is source code in which a name from outside is a text, whatever it holds [drift-line]', () => {
    for (const name of [`x', evil: '`, "\\'", '\u202Ereversed', 'two\nlines', '\u2028', '__proto__', '😀']) {
      const line = String(lineOf(advice(`current.${name}`, ['int'])));
      expect(line).toMatch(/^[\p{L}\p{N}\p{P}\p{S} ]+$/u);
      const read = new Function(`return [${line}]`)();
      expect(read).toEqual([
        {
          column: expect.stringMatching(/^[a-z][a-z0-9_]*$/),
          path: `current.${name}`,
          type: 'int',
          meaning: 'Not described yet.',
        },
      ]);
    }
  });
});

test('the queries quote what was typed, and differ between the engines only in how they unpack JSON', () => {
  const { athena, duckdb } = driftedKeysQuery(weatherapiCurrent, { path: "it's", after: "a'b" });
  for (const sql of [athena, duckdb]) {
    expect(sql).toContain("path = 'it''s'");
    expect(sql).toContain("raw_key > 'a''b'");
    expect(sql).toMatch(/^SELECT DISTINCT raw_key .*ORDER BY raw_key$/s);
  }
  const drift = driftQuery([weatherapiForecast], { from: '2026-11-22' });
  expect(drift.athena).toContain('CROSS JOIN UNNEST(CAST(json_parse(rescued) AS map(varchar, json)))');
  expect(drift.athena.match(/rescued IS NOT NULL AND dt >= DATE '2026-11-22'/g)).toHaveLength(3);
});

import { existsSync, readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fastify, { type FastifyInstance } from 'fastify';
import { shownRows } from '../../console/api.ts';
import { calendarRoutes } from '../../console/server/calendar.ts';
import { chartRoutes } from '../../console/server/chart.ts';
import { queryRoutes } from '../../console/server/query.ts';
import { recordRoutes } from '../../console/server/record.ts';
import { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';
import { rawKey } from '../../shared/keys.ts';
import { until } from '../local/until.ts';
import { current, type Lake, startLake } from '../operations/lake.ts';

const key = rawKey(weatherapiCurrent, new Date('2026-11-22T05:00Z'));

describe('the page', () => {
  let lake: Lake;
  let app: FastifyInstance;
  let address: string;
  beforeAll(async () => {
    lake = await startLake();
    const answers = [
      current('=HYPERLINK("x")', '2026-11-22T05:00Z', -1.5),
      current('<img onerror=x>', '2026-11-22T05:00Z', 2),
    ];
    await lake.land(key, answers.join('\n'));
    app = fastify();
    calendarRoutes(app, { ...lake.live, isStandIn: false });
    for (const routes of [chartRoutes, queryRoutes, recordRoutes]) routes(app, lake.live);
    address = await app.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(async () => {
    await app.close();
    await lake.stop();
  });

  const get = async (url: string) => {
    const answer = await app.inject(url);
    return { status: answer.statusCode, body: answer.json() };
  };
  const query = async (sql: unknown) => {
    const answer = await app.inject({ method: 'POST', url: '/api/query', payload: { sql } });
    const lines = answer.body.trimEnd().split('\n');
    return { status: answer.statusCode, lines: lines.map((line) => JSON.parse(line)) };
  };
  /** What queries hold on to while they run. */
  const held = () => readdirSync(join(lake.state, 's3/.meta')).filter((name) => name.startsWith('.query-'));

  test('gets the rows of a query line by line, with the units of the columns that are declared', async () => {
    const { lines } = await query(
      'SELECT observed_at, location_name, temp_c, count(*) AS humidity, temp_c AS wind FROM weatherapi_current GROUP BY ALL ORDER BY temp_c',
    );
    expect(lines).toEqual([
      {
        columns: [
          { name: 'observed_at', unit: 'UTC', isNumeric: false },
          { name: 'location_name', unit: null, isNumeric: false },
          { name: 'temp_c', unit: '°C', isNumeric: true },
          { name: 'humidity', unit: '%', isNumeric: true },
          { name: 'wind', unit: null, isNumeric: true },
        ],
      },
      ['2026-11-22T05:00:00.000Z', '=HYPERLINK("x")', -1.5, 1, -1.5],
      ['2026-11-22T05:00:00.000Z', '<img onerror=x>', 2, 1, 2],
      { rows: 2, isCut: false, milliseconds: expect.any(Number) },
    ]);
  });

  test('gets the first rows of many, and hears that there are more', async () => {
    const of = async (rows: number) => {
      const { lines } = await query(`SELECT * FROM range(${rows})`);
      return [lines.length - 2, lines.at(-1)];
    };
    const tail = { rows: shownRows, milliseconds: expect.any(Number) };
    expect(await of(shownRows)).toEqual([shownRows, { ...tail, isCut: false }]);
    expect(await of(shownRows + 1)).toEqual([shownRows, { ...tail, isCut: true }]);
    expect(await of(50_000_000)).toEqual([shownRows, { ...tail, isCut: true }]);
    expect(held()).toEqual([]);
  });

  test('hears in the words of DuckDB what is wrong with a query, before and amid its rows', async () => {
    expect(await query('SELECT temp FROM weatherapi_current')).toEqual({
      status: 200,
      lines: [{ error: expect.stringContaining('"temp" not found') }],
    });
    for (const nothing of ['', ' ', undefined, '-- only this', '/* /* */ */ ;'])
      expect((await query(nothing)).lines).toEqual([{ error: 'Expected a query.' }]);
    expect((await query(7)).lines).toEqual([{ error: expect.stringContaining('such as SELECT, got 7.') }]);
    const { lines } = await query(
      "SELECT CASE WHEN i = 900 THEN error('too late') END FROM range(2000) AS r(i)",
    );
    expect(lines.at(-1)).toEqual({ error: expect.stringContaining('too late') });
  });

  test.each([
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd.csv'",
    "SELECT * FROM glob('/etc/*')",
    "SELECT getenv('PATH')",
    "COPY (SELECT 1) TO '/tmp/tdf-planted.csv'",
    "EXPORT DATABASE '/tmp/tdf-planted.csv'",
    "ATTACH '/tmp/tdf-planted.csv'",
    'INSTALL httpfs',
    'LOAD httpfs',
    'PRAGMA database_list',
    '--\r\nPRAGMA database_list',
    '--\rPRAGMA database_list',
    '--\u2028\nPRAGMA database_list',
    '\u200BPRAGMA database_list',
    '/* /* */ SELECT -- */ PRAGMA database_list\n */ PRAGMA database_list',
    'SET enable_external_access = true',
    'CREATE TABLE mine AS SELECT 1',
    'SELECT 1; SELECT 2',
  ])('cannot read or change anything but the tables: %s [confined-query]', async (sql) => {
    const { status, lines } = await query(sql);
    expect([status, lines]).toEqual([200, [{ error: expect.any(String) }]]);
    const csv = await app.inject({ url: '/api/query.csv', query: { sql } });
    expect([csv.statusCode, csv.headers['content-disposition']]).toEqual([400, undefined]);
    expect(existsSync('/tmp/tdf-planted.csv')).toBe(false);
  });

  test('downloads all rows as CSV that no spreadsheet runs', async () => {
    const url = '/api/query.csv';
    const download = (sql: string) => app.inject({ url, query: { sql } });
    const { headers, body } = await download(
      'SELECT location_name, temp_c, rescued FROM weatherapi_current ORDER BY 2',
    );
    expect(headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="rows.csv"',
    });
    expect(body).toBe(
      'location_name,temp_c,rescued\r\n"\'=HYPERLINK(""x"")",-1.5,\r\n<img onerror=x>,2,\r\n',
    );
    expect((await download('SELECT * FROM range(30001)')).body.split('\r\n')).toHaveLength(30_003);
    expect((await download('SELEC')).statusCode).toBe(400);
  });

  const long = 'SELECT count(*) FROM range(100000000000) AS a(i) WHERE i % 7 = 3';
  /** Returns what makes the client go away. */
  const askLong = (isCsv = false) => {
    const headers = { 'content-type': 'application/json' };
    const asked = isCsv
      ? request(`${address}/api/query.csv?sql=${encodeURIComponent(long)}`)
      : request(`${address}/api/query`, { method: 'POST', headers });
    asked.on('error', () => {});
    asked.end(isCsv ? undefined : JSON.stringify({ sql: long }));
    return () => asked.destroy();
  };

  test('ends the query of a client that goes away', async () => {
    const goAway = askLong();
    await until(() => held().length === 1);
    goAway();
    await until(() => held().length === 0);
  });

  test('runs two queries at a time, and the next one once a client goes away [page-queries]', async () => {
    const first = askLong();
    await until(() => held().length === 1);
    const second = askLong(true);
    await until(() => held().length === 2);
    const others = [askLong(), askLong(true)];
    const third = query('SELECT 42 AS answer');
    // Also of DuckDB, and not in line: the threads are not all taken.
    expect((await get('/api/calendar?dataset=weatherapi/current')).status).toBe(200);
    expect((await get('/api/chart?column=temp_c')).status).toBe(200);
    expect(held()).toHaveLength(2);
    for (const goAway of others) goAway();
    first();
    expect((await third).lines[1]).toEqual([42]);
    second();
    await until(() => held().length === 0);
  });

  test('gets the beginning of a cell that is too long for it', async () => {
    const { lines } = await query(
      "SELECT repeat('x', 65536), repeat('x', 65537), repeat('é', 40000) || 'x', range(40000), 'x' || repeat('é', 40000)",
    );
    const [whole, cut, accents, list, odd] = lines[1];
    expect(whole).toBe('x'.repeat(65_536));
    expect(cut).toBe(`${'x'.repeat(65_536)}…`);
    expect(accents).toBe(`${'é'.repeat(32_768)}…`);
    expect(list).toMatch(/^\[0,1,.*…$/);
    expect(list).toHaveLength(65_537);
    expect(odd).toBe(`x${'é'.repeat(32_767)}…`);
  });

  test('cannot take all memory of this computer, nor all room on its disk', async () => {
    const settings = ['memory_limit', 'max_temp_directory_size'];
    const { lines } = await query(
      `SELECT ${settings.map((name) => `current_setting('${name}')`).join(', ')}`,
    );
    expect(lines[1]).toEqual(['953.6 MiB', '953.6 MiB']);
  });

  test('finds queries that run as they are', async () => {
    const { body } = await get('/api/queries');
    expect(body[0]).toMatchObject({ name: 'Newest rows', sql: expect.stringContaining('raw_key') });
    for (const { sql } of body) expect((await query(sql)).status).toBe(200);
    const names = body.map(({ name }: { name: string }) => name);
    expect(names).toContain('What was rescued');
    expect(new Set(names).size).toBe(names.length);
  });

  test('gets the calendar, or hears all that is wrong with what it asked', async () => {
    const { body } = await get('/api/calendar?dataset=weatherapi/current&view=hours');
    expect(body).toMatchObject({ dataset: 'weatherapi/current', view: 'hours' });
    expect(body.action).toEqual({
      kind: 'run',
      dataset: 'weatherapi/current',
      at: '2026-11-22T10:00:00.000Z',
    });
    expect(body.cells.at(-19)).toMatchObject({ at: '2026-11-22T05:00:00.000Z', state: 'compacted', rows: 2 });
    expect(await get('/api/calendar?dataset=x&view=month&until=2026-02-30')).toEqual({
      status: 400,
      body: {
        message: expect.stringMatching(
          /^dataset: expected .*; view: expected .*; until: expected .*"2026-02-30"$/,
        ),
      },
    });
  });

  test.each([
    'view=year&until=9999-12-31',
    'view=hours&until=2027-11-24',
    'view=year&until=0000-01-01',
    'view=constructor',
    'view=__proto__',
  ])('gets no calendar of what no page shows: %s', async (asked) => {
    const { status, body } = await get(`/api/calendar?dataset=weatherapi/current&${asked}`);
    expect([status, body]).toEqual([400, { message: expect.stringMatching(/^(until|view): expected/) }]);
  });

  test('gets the points of a chart, or hears all that is wrong with what it asked', async () => {
    const { body } = await get('/api/chart?column=temp_c');
    expect(body).toMatchObject({ column: 'temp_c', unit: '°C', now: '2026-11-22T10:20:00.000Z' });
    expect(body.places).toBe(new Set(body.series.map(({ place }: { place: string }) => place)).size);
    expect(body.series).toContainEqual({
      place: '<img onerror=x>',
      kind: 'observed',
      points: [[Date.parse('2026-11-22T05:00Z'), 2]],
    });
    expect((await get('/api/columns')).body).toContainEqual({
      ...{ column: 'temp_c', meaning: 'Air temperature.', unit: '°C' },
    });
    expect((await get('/api/chart?column=x&from=yesterday&to=9999-01-01')).body.message).toMatch(
      /^column: .*; from: .*"yesterday"; to: .*/,
    );
    expect((await get('/api/chart?column=uv&from=2026-11-22&to=2026-11-21')).status).toBe(400);
  });

  test('gets the raw record of a row, or hears that it is gone', async () => {
    const of = (more: string) => get(`/api/record?key=${encodeURIComponent(key)}${more}`);
    expect(
      (await of(`&place=${encodeURIComponent('<img onerror=x>')}&at=2026-11-22T05:00:00.000Z`)).body,
    ).toEqual({
      ...{ key, line: 2, lines: 2 },
      text: current('<img onerror=x>', '2026-11-22T05:00Z', 2),
    });
    expect(await of('&place=Bergen')).toEqual({
      status: 404,
      body: { message: expect.stringContaining('was removed or replaced since') },
    });
    expect((await of('&at=noon')).status).toBe(400);
    expect((await get('/api/record?key=..%2F..%2Flock.db')).status).toBe(404);
  });
});

import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { sendDeadLetter } from '../../functions/data-stage/dead-letter.ts';
import { faultIn } from '../../operations/explain/fault.ts';
import type { Story } from '../../operations/explain/story.ts';
import { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';
import { weatherapiForecast } from '../../shared/datasets/weatherapi-forecast.ts';
import { weatherapiHistory } from '../../shared/datasets/weatherapi-history.ts';
import { curatedKeys, parseRawKey, placeDayKey, rawKey } from '../../shared/keys.ts';
import { objectMetadata } from '../../shared/object-metadata.ts';
import { objectEvent } from '../../shared/s3-event.ts';
import { type Cloud, startCloud } from './cloud.ts';
import { cloudWatch } from './cloud-watch.ts';
import { compactDay } from './compact-day.ts';

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.close());
afterEach(() => {
  cloudWatch.events = {};
});

/** Runs of an hour each, so that no test sees another one's objects. */
let hours = 0;
const nextRun = () => new Date(Date.UTC(2026, 10, 20, hours++));
const log = (group: 'fetch' | 'convert' | 'compact', ...lines: object[]) => {
  cloudWatch.events[`${group}-logs`] = lines.map((line, index) => ({
    timestamp: Date.UTC(2026, 10, 28, 0, 0, index),
    message: JSON.stringify(line),
  }));
};
const put = async (Bucket: string, Key: string, Body: string, Metadata: Record<string, string> = {}) => {
  const { ETag = '' } = await cloud.clients.s3.send(new PutObjectCommand({ Bucket, Key, Body, Metadata }));
  return ETag.replaceAll('"', '');
};
const curatedOf = (key: string) => {
  const parsed = parseRawKey(key);
  return curatedKeys({ ...parsed, day: parsed.day ?? '' });
};
/** Puts the curated objects of a raw object, and says what convert logs of it. */
const convert = async (key: string, rawEtag: string, rows: readonly number[], rescuedFields = 0) => {
  const keys = curatedOf(key);
  for (const each of keys) await put('curated', each, 'PAR1', { [objectMetadata.rawEtag]: rawEtag });
  const tables = keys.map((each, table) => ({ key: each, rows: rows[table] }));
  return { level: 'INFO', message: 'Converted', rawKey: key, tables, rescuedFields };
};
/** Puts the compacted objects of the days that an object's rows belong to. */
const compact = (key: string) =>
  Promise.all(curatedOf(key).map((curated) => compactDay(cloud.clients.s3, curated)));
const bury = (key: string, code: string, reason: string) =>
  sendDeadLetter(cloud.clients.sqs, cloud.outputs.DeadLetterQueueUrl, {
    body: objectEvent({ bucket: 'raw', key, size: 1 }),
    code,
    reason,
    rawKey: key,
    tries: 1,
  });
const stories = async (about: string): Promise<Story[]> =>
  JSON.parse((await cloud.tdf('explain', about, '--json')).stdout);
const said = async (about: string) => (await cloud.tdf('explain', about)).stdout;

describe('the story of a run', () => {
  test('goes from the first request to its rows', async () => {
    const run = nextRun();
    const key = rawKey(weatherapiCurrent, run);
    const ofRun = { dataset: 'weatherapi/current', scheduledTime: run.toISOString() };
    const skipped = [{ location: 'Bergen', reason: 'HTTP 503 (after 5 tries)' }];
    log(
      'fetch',
      { level: 'INFO', message: 'Run started', ...ofRun, places: 2 },
      { level: 'INFO', message: 'Waiting for WeatherAPI (HTTP 503)', ...ofRun },
      {
        level: 'WARN',
        message: 'Run ended',
        ...ofRun,
        outcome: 'landed',
        keys: [key],
        fetched: 1,
        places: 1,
        skipped,
        failed: [{ location: 'Oslooo', reason: 'HTTP 400 code 1006: No matching location found.' }],
      },
    );
    const etag = await put('raw', key, '{}\n', { tries: '6' });
    log(
      'convert',
      {
        level: 'WARN',
        message: 'Left in the queue',
        rawKey: key,
        receiveCount: '1',
        error: { name: 'SlowDown', message: 'Slower.' },
      },
      {
        ...(await convert(key, etag, [1], 2)),
        level: 'WARN',
        unexpected: [{ column: 'weatherapi_current.humidity', count: 1, example: 107 }],
      },
      { level: 'INFO', message: 'Converted', rawKey: 'another', tables: [], rescuedFields: 0 },
    );
    const compactedKeys = await compact(key);
    const ofDay = { table: 'weatherapi/current', day: '2026-11-20' };
    const done = { level: 'INFO', message: 'Compacted', ...ofDay, key: compactedKeys[0] };
    const error = { name: 'SlowDown', message: 'Slower, too.' };
    cloudWatch.events['compact-logs'] = [
      [-3600, { ...done, parts: 3, rows: 3 }],
      [2, { level: 'WARN', message: 'Left in the queue', ...ofDay, receiveCount: '1', error }],
      [2.5, { ...done, day: '2026-11-21', parts: 8, rows: 8 }],
      [3, { ...done, parts: 4, rows: 5 }],
      [3600, { ...done, parts: 5, rows: 6 }],
    ].map(([second, line]) => ({
      timestamp: Date.UTC(2026, 10, 28) + Number(second) * 1000,
      message: JSON.stringify(line),
    }));

    const [story, ...others] = await stories(run.toISOString().slice(0, 16));
    expect(others).toEqual([]);
    expect(story).toMatchObject({
      key,
      state: 'compacted',
      curatedKeys: curatedOf(key),
      compactedKeys: ['weatherapi/current/dt=2026-11-20/day.parquet'],
      deadLetter: null,
      fault: null,
    });
    const events = story?.events.map(({ where, what }) => `${where}: ${what}`) ?? [];
    expect(events.toSorted()).toEqual(
      [
        'fetch: began for 2 places',
        'fetch: Waiting for WeatherAPI (HTTP 503)',
        'fetch: added 1 place, so that raw has 1; Oslooo: HTTP 400 code 1006: No matching location found.; Bergen: HTTP 503 (after 5 tries)',
        'raw: written: 3 bytes, after 6 requests',
        'convert: try 1 failed, and is tried again: SlowDown: Slower.',
        'convert: converted: 1 row in weatherapi_current; 2 values rescued; 1 value of weatherapi_current.humidity not as expected, such as 107',
        'curated: weatherapi_current written: 4 bytes',
        'compact: weatherapi_current: try 1 failed, and is tried again: SlowDown: Slower, too.',
        'compact: weatherapi_current: compacted: 5 rows of 4 objects',
        'compacted: weatherapi_current written: 9 bytes',
      ].toSorted(),
    );
    const times = story?.events.map(({ at }) => String(at)) ?? [];
    expect(times).toEqual(times.toSorted());
    expect(await said(key)).toContain(
      `  Rows:   ${curatedOf(key)[0]}\n  Table:  ${compactedKeys[0]}\nIt is converted, and its rows are in the tables.\nFix in cdk.json under locations, and deploy, or each run goes without: Oslooo\n`,
    );
  });

  test('ends where nothing landed, with the reason', async () => {
    const run = nextRun();
    const reason = 'HTTP 401 code 2006: API key is invalid';
    const end = { outcome: 'failed', reason, keys: [], skipped: [], failed: [] };
    const ofRun = { dataset: 'weatherapi/current', scheduledTime: run.toISOString() };
    log('fetch', { level: 'ERROR', message: 'Run ended', ...ofRun, ...end });
    const text = await said(run.toISOString().replace('.000Z', 'Z'));
    expect(text).toContain(`ended without data (failed); ${reason}\n`);
    expect(text).toContain('Nothing landed.');
    expect((await stories(run.toISOString().slice(0, 13)))[0]?.state).toBe('failed');
  });

  const hour = 3_600_000;
  const thisHour = Math.floor(Date.now() / hour) * hour;
  const began = { message: 'Run started', places: 2 };
  const ended = { message: 'Run ended', keys: [], fetched: 1, places: 1, skipped: [], failed: [] };
  test.each([
    ['is not due yet', 'upcoming', thisHour + 2 * hour, null],
    ['is not over yet', 'due', thisHour - 2 * hour, { ...began, at: Date.now() }],
    ['failed, or', 'failed', thisHour - 3 * hour, { ...began, at: thisHour - 3 * hour }],
    [
      'was skipped',
      'skipped',
      thisHour - 4 * hour,
      { ...ended, outcome: 'skipped', at: thisHour - 4 * hour },
    ],
    ['never started', 'missing', thisHour - 5 * hour, null],
    ['was before the first deploy', 'not-deployed', Date.UTC(2025, 0, 1), null],
    [
      'There is no such raw object',
      'gone',
      thisHour - 6 * hour,
      { ...ended, outcome: 'landed', at: thisHour },
    ],
  ] as const)('says "%s" of one without a raw object [%s]', async (text, state, time, line) => {
    const scheduledTime = new Date(time).toISOString();
    const message = JSON.stringify({ ...line, dataset: 'weatherapi/current', scheduledTime });
    cloudWatch.events = { 'fetch-logs': line ? [{ timestamp: line.at, message }] : [] };
    expect(await said(scheduledTime.slice(0, 16))).toContain(text);
    expect((await stories(scheduledTime.slice(0, 16)))[0]?.state).toBe(state);
  });

  test('is one for each list of places that it ran for', async () => {
    const run = nextRun();
    const keys = [rawKey(weatherapiCurrent, run), rawKey(weatherapiCurrent, run, 'a'.repeat(64))];
    for (const key of [...keys, `${keys[0]?.replace('.json', '-copy.json')}`]) await put('raw', key, '{}');
    log(
      'fetch',
      ...keys.map((key) => ({
        message: 'Run ended',
        dataset: 'weatherapi/current',
        scheduledTime: run.toISOString(),
        ...{ outcome: 'landed', keys: [key], fetched: 1, places: 1, skipped: [], failed: [] },
      })),
    );
    const found = await stories(run.toISOString().slice(0, 16));
    expect(found.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
    for (const { events } of found) expect(events.filter(({ where }) => where === 'fetch')).toHaveLength(1);
  });
});

describe('the stories of a time', () => {
  test('are those of the runs of every dataset, with rows by table; of a day of places, one for each', async () => {
    const run = new Date('2026-11-21T14:00Z');
    const scheduledTime = run.toISOString();
    const places = ['Oslo', 'Bergen'].map((place) => placeDayKey(weatherapiHistory, '2026-11-20', place));
    const forecast = rawKey(weatherapiForecast, run);
    const ended = { message: 'Run ended', scheduledTime, outcome: 'landed', skipped: [], failed: [] };
    log(
      'fetch',
      { ...ended, dataset: 'weatherapi/forecast', keys: [forecast], fetched: 2, places: 2 },
      { ...ended, dataset: 'weatherapi/history', day: '2026-11-20', keys: places, fetched: 1, places: 2 },
      // At another time.
      { ...ended, dataset: 'weatherapi/forecast', scheduledTime: '2026-11-21T08:00:00.000Z', keys: [] },
    );
    const etags = await Promise.all([forecast, ...places].map((key) => put('raw', key, '{}')));
    log(
      'convert',
      await convert(forecast, etags[0] ?? '', [72, 3, 0]),
      await convert(places[0] ?? '', etags[1] ?? '', [24, 1]),
    );
    await compact(forecast);
    const found = await stories('2026-11-21T14:00Z');
    // There is nothing of current, which has a run every hour.
    expect(found.map(({ key, state }) => [key, state])).toEqual([
      [forecast, 'compacted'],
      [places[0], 'day-lost'],
      [places[1], 'lost'],
      [rawKey(weatherapiCurrent, run), 'missing'],
    ]);
    const told = await said('2026-11-21T14:00Z');
    expect(told).toContain(
      'converted: 72 rows in weatherapi_forecast_hour, 3 rows in weatherapi_forecast_day, 0 rows in weatherapi_alert; 0 values rescued',
    );
    expect(told).toContain(`  Rows:   ${curatedOf(forecast)[2]}\n`);
    expect(await said(places[0] ?? '')).toMatch(
      /added 1 place, so that raw has 2\n(.*\n)*.*converted: 24 rows in weatherapi_history_hour, 1 row in weatherapi_history_day;/,
    );
  });

  test('tell of a table that is not made of the raw object as it is now', async () => {
    const key = rawKey(weatherapiForecast, new Date('2026-11-21T20:00Z'));
    await convert(key, await put('raw', key, '{}'), [72, 3, 0]);
    await put('curated', curatedOf(key)[1] ?? '', 'PAR1', { [objectMetadata.rawEtag]: 'another' });
    expect((await stories(key))[0]?.state).toBe('lost');
    const told = await said(key);
    expect(told).toContain(
      'weatherapi_forecast_day written: 4 bytes, of an earlier version of the raw object',
    );
    expect(told).toContain('weatherapi_forecast_hour written: 4 bytes\n');
  });

  test('name the day that a run of places lost, when nothing of it landed', async () => {
    const run = new Date('2026-11-22T14:00Z');
    const reason = 'HTTP 401 code 2006: API key is invalid';
    const end = { outcome: 'failed', reason, keys: [], fetched: 0, places: 0, skipped: [], failed: [] };
    const ofRun = { dataset: 'weatherapi/history', day: '2026-11-21', scheduledTime: run.toISOString() };
    log('fetch', { level: 'ERROR', message: 'Run ended', ...ofRun, ...end });
    const found = await stories('2026-11-22T14:00Z');
    expect(found.find(({ key }) => key === 'weatherapi/history/dt=2026-11-21/')).toMatchObject({
      state: 'failed',
      events: [expect.objectContaining({ what: `ended without data (failed); ${reason}` })],
    });
  });
});

describe('the story of a raw object', () => {
  test('that died names the reason, the line at fault and what to type', async () => {
    const key = "weatherapi/current/dt=2026-11-22/it's dead.json";
    const line = `{"location":{"name":"\\u001b[31m"},"current":{"temp_c":1,${'x'.repeat(500)}`;
    await put('raw', key, `{"location":{}}\n${line}\n{}`);
    await bury(key, 'not-json', "Line 2 is not JSON: Expected ',' in JSON at position 56");
    log('convert', {
      level: 'ERROR',
      message: 'Sent',
      rawKey: key,
      code: 'not-json',
      reason: 'Line 2 is not JSON',
    });
    const text = await said(key);
    expect(text).toContain('dead letter  not-json: Line 2 is not JSON');
    expect(text).toContain(`  Line 2: {"location":{"name":"\\u001b[31m"},"current":{"temp_c":1,xxx`);
    expect(text).toMatch(/x…\n/);
    expect(text).toContain(
      `  npx tdf dead-letters redrive --key 'weatherapi/current/dt=2026-11-22/it'\\''s dead.json' --stage dev\n`,
    );
    expect((await stories(key))[0]).toMatchObject({
      state: 'dead',
      deadLetter: { code: 'not-json' },
      fault: { line: 2 },
    });
    // Looking takes no letter away.
    expect(cloud.emulator.queueDepth(cloud.outputs.DeadLetterQueueUrl).visible).toBe(1);
  });

  test('that was replaced since shows no line, as it is another one by now', async () => {
    const key = 'weatherapi/current/dt=2026-11-22/replaced.json';
    // S3 tells when it was written in whole seconds.
    const earlier = jest.spyOn(Date, 'now').mockReturnValue(Date.now() - 2_000);
    await bury(key, 'not-json', 'Line 1 is not JSON: Unexpected end of JSON input');
    earlier.mockRestore();
    await put('raw', key, '{"fine":1}');
    expect((await stories(key))[0]).toMatchObject({ state: 'dead', fault: null });
  });

  test('that was dropped goes on under the key where it was filed', async () => {
    const key = 'weatherapi/current/dropped.json';
    const filed = 'weatherapi/current/dt=2026-11-22/dropped.0123456789ab.json';
    log('convert', { level: 'INFO', message: 'Filed under its day', rawKey: key, key: filed });
    await put('raw', filed, '{}');
    const [first, second] = await stories(`s3://raw/${key}`);
    expect(first).toMatchObject({
      key,
      state: 'filed',
      events: [expect.objectContaining({ what: `filed as ${filed}` })],
    });
    expect(second).toMatchObject({ key: filed, state: 'lost' });
    expect(await said(key)).toContain(`It was filed under its day, where its story goes on:\n${filed}\n`);
  });

  test('says that it waits, or that its event was lost, and has it converted', async () => {
    const key = 'weatherapi/current/dt=2026-11-22/waits.json';
    await put('raw', key, '{}');
    expect(await said(key)).toMatch(
      /its event was lost\. Have it converted:\n {2}npx tdf reconcile --grace 0 --stage dev/,
    );
    cloud.emulator.send(cloud.outputs.QueueUrl, objectEvent({ bucket: 'raw', key, size: 2 }));
    expect(await said(key)).toContain('a message waits in the queue');
    await convert(key, 'of an earlier one', [1]);
    expect((await stories(key))[0]).toMatchObject({ state: 'waiting' });
    expect(await said(key)).toContain('written: 4 bytes, of an earlier version of the raw object');
  });

  test('that is converted waits for compact in each of its tables, or the event of a day was lost', async () => {
    const key = 'weatherapi/forecast/dt=2026-11-20/a.json';
    await convert(key, await put('raw', key, '{}'), [72, 3, 0]);
    expect((await stories(key))[0]).toMatchObject({ state: 'day-lost', compactedKeys: [] });
    expect(await said(key)).toContain(
      'It is converted, but the table has its day as it was before, or not at all, and no message waits. Have it compacted:\n  npx tdf reconcile --grace 0 --stage dev\n',
    );
    const [hour = '', ...others] = curatedOf(key);
    for (const each of others) await compactDay(cloud.clients.s3, each);
    cloud.emulator.send(
      cloud.outputs.CompactQueueUrl,
      objectEvent({ bucket: 'curated', key: hour, size: 4 }),
    );
    expect((await stories(key))[0]).toMatchObject({
      state: 'converted',
      compactedKeys: [
        'weatherapi/forecast_day/dt=2026-11-20/day.parquet',
        'weatherapi/alert/dt=2026-11-20/day.parquet',
      ],
    });
    const waits = await said(key);
    expect(waits).toContain('a message waits for compact.\n');
    expect(waits).not.toContain('weatherapi/forecast_hour/dt=2026-11-20/day.parquet');
  });

  test('whose day died names the reason, and sends the day again', async () => {
    const key = 'weatherapi/current/dt=2026-11-19/a.json';
    const day = { table: 'weatherapi/current', day: '2026-11-19' };
    const line = await convert(key, await put('raw', key, '{}'), [1]);
    log('convert', line);
    const [code, reason] = ['changed-type', 'temp_c is a string in one part'];
    log('compact', { level: 'ERROR', message: 'Sent to the dead-letter queue', ...day, code, reason });
    await cloud.clients.sqs.send(
      new SendMessageCommand({
        QueueUrl: cloud.outputs.CompactDeadLetterQueueUrl,
        MessageBody: objectEvent({ bucket: 'curated', key: 'weatherapi/current/dt=2026-11-19/', size: 0 }),
        MessageAttributes: {
          code: { DataType: 'String', StringValue: code },
          reason: { DataType: 'String', StringValue: reason },
        },
      }),
    );
    expect((await stories(key))[0]).toMatchObject({
      state: 'day-dead',
      deadLetter: { function: 'compact', code, key: 'weatherapi/current/dt=2026-11-19/' },
      fault: null,
    });
    const text = await said(key);
    expect(text).toContain(`compact      weatherapi_current: gave up: ${code}: ${reason}\n`);
    expect(text).toContain(`dead letter  ${code}: ${reason}\n`);
    expect(text).toContain(
      '  npx tdf dead-letters redrive --key weatherapi/current/dt=2026-11-19/ --stage dev\n',
    );
    // The letter is not about an object whose rows are in the table.
    await compact(key);
    expect((await stories(key))[0]).toMatchObject({ state: 'compacted', deadLetter: null });
  });

  test('says that somebody gave it up, and how to take it back; or that there is none', async () => {
    await put('raw', 'given-up/weatherapi/current/dt=2026-11-22/bad.json', '{}');
    for (const typed of ['', 'given-up/'])
      expect(await said(`${typed}weatherapi/current/dt=2026-11-22/bad.json`)).toContain(
        'npx tdf dead-letters take-back weatherapi/current/dt=2026-11-22/bad.json --stage dev',
      );
    for (const key of ['weatherapi/current/none.json', 'elsewhere/none.json', 'none.json'])
      expect(await cloud.tdf('explain', key)).toEqual({
        code: 1,
        stdout: `${key}\nThere is no such raw object.\n`,
        stderr: '',
      });
  });

  test('is found by what names it elsewhere: with its bucket, or as the path of its file', async () => {
    const key = 'weatherapi/current/dt=2026-11-22/named.json';
    await put('raw', key, '{}');
    for (const before of ['', 's3://some-bucket/', 'raw/', '.local/s3/raw/', '/tmp/a state/s3/raw/'])
      expect(await cloud.tdf('explain', before + key)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(new RegExp(`^${key}\n`)),
      });
  });

  test('of a time at which no schedule has a run is an error that names the nearest runs', async () => {
    expect(await cloud.tdf('explain', '2026-11-26T18:30Z')).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'Error: No schedule has a run at 2026-11-26T18:30:00.000Z, and none landed. The nearest runs: 2026-11-26T18:00Z, 2026-11-26T19:00Z\n',
    });
  });
});

describe('the line at fault', () => {
  const lines = ['{"a":1}', `{"b":${'2'.repeat(300)}}`, `{"c":${'3'.repeat(400)}!}`, '{"d":4}'];
  const find = (reason: string, text: string | Buffer = lines.join('\n'), pieces = 7) => {
    const bytes = Buffer.from(text);
    const cut = Array.from({ length: Math.ceil(bytes.length / pieces) }, (_, index) =>
      bytes.subarray(index * pieces, (index + 1) * pieces),
    );
    return faultIn(Readable.from(cut), reason);
  };

  test.each([1, 7, 1000])('is found whatever pieces of %i bytes it comes in', async (pieces) => {
    const text = lines.join('\n');
    expect(await find('Line 1 is not JSON', text, pieces)).toEqual({ line: 1, text: '{"a":1}' });
    expect(await find('Line 2 has more', text, pieces)).toEqual({
      line: 2,
      text: `{"b":${'2'.repeat(155)}…`,
    });
    expect(await find('Record 4 is an error answer', text, pieces)).toEqual({ line: 4, text: '{"d":4}' });
    expect(await find('Line 1 is not JSON', gzipSync(text), pieces)).toEqual({ line: 1, text: '{"a":1}' });
  });

  test('is shown around the place that the reason names', async () => {
    const reason = "Line 3 is not JSON: Expected ',' in JSON at position 405 (line 1 column 406)";
    expect(await find(reason)).toEqual({ line: 3, text: `…${'3'.repeat(80)}!}` });
    expect(await find(reason.replace('405', '200'))).toEqual({ line: 3, text: `…${'3'.repeat(160)}…` });
  });

  test('of a document is what stands around that place, over all its lines', async () => {
    const document = `{\n${' "x": 1,\n'.repeat(100)}!`;
    const fault = await find('The file is not JSON: Unexpected token at position 902', document);
    expect(fault?.text.endsWith('"x": 1,\n!')).toBe(true);
  });

  test.each([
    ['an element of an array', 'Line 1, element 2 is not JSON', undefined],
    ['a record of an array', 'Record 2 has no object "current"', '[{"a":1},\n{"b":2}]'],
    [
      'a record of a document of several lines',
      'Record 2 has none of the fields',
      '{\n "a": 1\n}\n{\n "b": 2\n}',
    ],
    ['a line that is not there any more', 'Line 9 is not JSON', undefined],
    ['what names no line', 'The gzip data cannot be unpacked', undefined],
  ])('is not guessed of %s', async (_what, reason, text) => {
    expect(await find(reason, text)).toBeUndefined();
  });

  test('is read no further than it goes', async () => {
    let read = 0;
    const endless = async function* () {
      for (; ; read += 1) yield Buffer.from('{"a":1}\n'.repeat(1000));
    };
    expect(await faultIn(endless(), 'Line 1500 is not JSON')).toEqual({ line: 1500, text: '{"a":1}' });
    expect(read).toBeLessThan(10);
  });
});

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Aws } from '../../aws.ts';
import { startWorker, type Worker } from '../worker.ts';
import { response } from './converted.ts';

const dropped = 'weatherapi/current/dropped.ndjson';
/** The digest is of the whole key that it was dropped under. */
const filed = (day: string) => `weatherapi/current/dt=${day}/dropped.ndjson.c8eeb3087e7c.json`;
const at = (iso: string, more: Record<string, unknown> = {}) =>
  response({ last_updated_epoch: Date.parse(iso) / 1000, ...more });

let worker: Worker;
let aws: Aws;
beforeAll(async () => {
  worker = await startWorker();
  ({ aws } = worker);
});
afterEach(() => worker.empty());
afterAll(() => worker.stop());

describe('an object without a dt= folder', () => {
  test.each([
    ['as it is', (text: string) => text],
    ['gzipped', gzipSync],
  ])('is moved to the day of its earliest observation, unchanged: %s', async (_what, form) => {
    const lines = [
      response(),
      at('2026-11-22T00:00:00Z'),
      at('2026-11-21T23:59:59Z'),
      response({ last_updated_epoch: 'x' }),
    ];
    for (const order of [lines, lines.toReversed()]) {
      const body = form(order.join('\n'));
      await aws.put('raw', dropped, body, { 'fetched-at': '2026-11-22T05:00:03.210Z' });
      expect(await worker.convert(dropped)).toEqual({ kind: 'filed', key: filed('2026-11-21') });
      expect(await aws.keys('raw')).toEqual([filed('2026-11-21')]);
      expect((await aws.object('raw', filed('2026-11-21'))).body).toEqual(Buffer.from(body));
    }
    expect(await aws.keys('curated')).toEqual([]);
    const copy = { Bucket: 'raw', Key: filed('2026-11-21') };
    const { Metadata } = await aws.s3.send(new HeadObjectCommand(copy));
    expect(Metadata).toEqual({ 'fetched-at': '2026-11-22T05:00:03.210Z' });
  });

  test.each([
    'two words.json',
    '1+1=2 & 100%.json',
    '%20+%2B.json',
    'Besançon/日本 🚴.json',
    'dt=2026-11-22',
    'sub/dt=2026-11-22/a.json',
    'x'.repeat(900),
  ])('is moved whatever its name is: %s', async (name) => {
    await aws.put('raw', `weatherapi/current/${name}`, at('2026-11-22T05:00:00Z'));
    await worker.convert(`weatherapi/current/${name}`);
    const keys = await aws.keys('raw');
    expect(keys).toEqual([expect.stringMatching(/^weatherapi\/current\/dt=2026-11-22\/[^/]+\.json$/)]);
    expect(await worker.convert(keys[0] ?? '')).toMatchObject({ kind: 'converted', tables: [{ rows: 1 }] });
  });

  test('that is dropped twice is there once, with its newest content [filed-once]', async () => {
    for (const temp_c of [1, 2]) {
      await aws.put('raw', dropped, at('2026-11-22T05:00:00Z', { temp_c }));
      await worker.convert(dropped);
    }
    expect(await aws.keys('raw')).toEqual([filed('2026-11-22')]);
    await worker.convert(filed('2026-11-22'));
    const [key = '', ...others] = await aws.keys('curated');
    expect(others).toEqual([]);
    expect(await worker.rows(key)).toMatchObject([{ temp_c: 2 }]);
  });

  test('may span 24 hours, and no more', async () => {
    const span = (to: string) => [at('2026-11-22T12:00:00Z'), at(to)].join('\n');
    await aws.put('raw', dropped, span('2026-11-23T12:00:00Z'));
    expect(await worker.convert(dropped)).toEqual({ kind: 'filed', key: filed('2026-11-22') });
    await aws.put('raw', dropped, span('2026-11-23T12:00:01Z'));
    await expect(worker.convert(dropped)).rejects.toMatchObject({
      code: 'several-days',
      message: expect.stringMatching(
        /from 2026-11-22T12:00:00.000Z to 2026-11-23T12:00:01.000Z.*npx tdf drop FILE/,
      ),
    });
    expect(await aws.keys('raw')).toContain(dropped);
  });

  test.each([
    ['no observation time', response({ temp_c: 1 }), 'no-day'],
    ['none that is a time', response({ last_updated_epoch: '2026-11-22 05:00' }), 'no-day'],
    ['milliseconds for seconds', response({ last_updated_epoch: 1_795_323_600_000 }), 'no-day'],
    ['a year before 1', response({ last_updated_epoch: -99_999_999_999 }), 'no-day'],
    ['a day before the table begins', at('2023-12-31T23:59:59Z'), 'before-first-day'],
    ['a line that is not JSON', `${at('2026-11-22T05:00:00Z')}\n{`, 'not-json'],
  ])('and with %s stays, with the reason', async (_what, text, code) => {
    await aws.put('raw', dropped, text);
    await expect(worker.convert(dropped)).rejects.toMatchObject({ code });
    expect(await aws.keys('raw')).toEqual([dropped]);
    expect((await aws.object('raw', dropped)).body).toEqual(Buffer.from(text));
  });

  test.each(['GetObject', 'CopyObject', 'DeleteObject'])(
    'is filed once, though its %s fails after S3 has done it [filed-once]',
    async (action) => {
      await aws.put('raw', dropped, at('2026-11-22T05:00:00Z'));
      worker.after = (done) => {
        if (done === action) throw new Error('killed');
      };
      await expect(worker.convert(dropped)).rejects.toThrow('killed');
      worker.after = () => {};
      expect(await worker.convert(dropped)).toMatchObject({
        kind: action === 'DeleteObject' ? 'gone' : 'filed',
      });
      expect(await aws.keys('raw')).toEqual([filed('2026-11-22')]);
    },
  );

  test.each(['GetObject', 'CopyObject'])(
    'that is replaced after its %s is filed with what it is then, and nothing is deleted unread',
    async (action) => {
      await aws.put('raw', dropped, at('2026-11-22T05:00:00Z', { temp_c: 1 }));
      worker.after = async (done, time) => {
        if (done === action && time === 1)
          await aws.put('raw', dropped, at('2026-11-22T05:00:00Z', { temp_c: 2 }));
      };
      expect(await worker.convert(dropped)).toEqual({ kind: 'filed', key: filed('2026-11-22') });
      expect(await aws.keys('raw')).toEqual([filed('2026-11-22')]);
      expect((await aws.object('raw', filed('2026-11-22'))).body.toString()).toContain('"temp_c":2');
    },
  );

  test('that another worker files meanwhile is gone [filed-once]', async () => {
    await aws.put('raw', dropped, at('2026-11-22T05:00:00Z'));
    worker.after = async (action, time) => {
      if (action === 'GetObject' && time === 1) await worker.convert(dropped);
    };
    expect(await worker.convert(dropped)).toEqual({ kind: 'gone' });
    expect(await aws.keys('raw')).toEqual([filed('2026-11-22')]);
  });
});

describe('an object of another dataset without a dt= folder', () => {
  const sample = (name: string) => readFileSync(new URL(`../../samples/${name}`, import.meta.url));
  const days = (dates: readonly string[]) =>
    JSON.stringify({
      location: { name: 'Oslo' },
      forecast: { forecastday: dates.map((date) => ({ date, hour: [{ time_epoch: 1_795_323_600 }] })) },
    });
  const asked = (localtime_epoch: unknown) =>
    days(['2026-11-22']).replace('"name"', `"localtime_epoch":${localtime_epoch},"name"`);

  test.each([
    ['history', 'a history from a browser', sample('history/one-day-from-a-browser.json'), '2026-11-20'],
    ['history', 'a history of 25 hours', sample('history/a-day-of-25-hours.json'), '2026-10-25'],
    [
      'forecast',
      'a forecast from a browser',
      sample('forecast/one-answer-from-a-browser.json'),
      '2026-11-19',
    ],
    ['forecast', 'a forecast whose local day is another one', asked(1_795_305_599), '2026-11-21'],
  ])('(%s) is moved to the day that its dataset goes by: %s', async (dataset, _what, body, day) => {
    const key = `weatherapi/${dataset}/dropped.json`;
    await aws.put('raw', key, body);
    expect(await worker.convert(key)).toMatchObject({ kind: 'filed' });
    const [moved = ''] = await aws.keys('raw');
    expect(moved).toContain(`weatherapi/${dataset}/dt=${day}/dropped.`);
    expect(await worker.convert(moved)).toMatchObject({ kind: 'converted' });
  });

  test('names what works when one answer has several days, and the command that splits when several answers have', async () => {
    const reasonOf = async (body: string) => {
      await aws.put('raw', 'weatherapi/history/dropped.json', body);
      return worker.convert('weatherapi/history/dropped.json').catch(String);
    };
    const [first, second] = ['2026-11-22', '2026-11-23'];
    const long = days([first, second]);
    const advice =
      /span more than a day, .*\. One answer spans 2026-11-22 to 2026-11-23, and an answer is never split\. Fetch its days one by one: npx tdf backfill --dataset weatherapi\/history --from 2026-11-22 --to 2026-11-23 --location PLACE\. Or put the whole file under one day: npx tdf drop FILE --dataset weatherapi\/history --day YYYY-MM-DD$/;
    expect(await reasonOf(long)).toMatch(advice);
    expect(await reasonOf([days([first]), long, days([second])].join('\n'))).toMatch(advice);
    expect(await reasonOf([first, second].map((day) => days([day])).join('\n'))).toMatch(
      /\. Split it by day: npx tdf drop FILE$/,
    );
  });

  test.each([
    ['history', 'two local days', days(['2026-11-22', '2026-11-23']), 'several-days'],
    ['history', 'a date that is not a day', days(['2026-11-31']), 'no-day'],
    ['forecast', 'milliseconds for seconds', asked(1_795_323_600_000), 'no-day'],
    ['forecast', 'an instant that no calendar has', asked('9223372036854775807'), 'no-day'],
  ])('(%s) and with %s stays, with the reason', async (dataset, _what, body, code) => {
    const key = `weatherapi/${dataset}/dropped.json`;
    await aws.put('raw', key, body);
    await expect(worker.convert(key)).rejects.toMatchObject({ code });
    expect(await aws.keys('raw')).toEqual([key]);
  });
});

import { gzipSync } from 'node:zlib';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Aws, startAws } from './aws.ts';
import { response } from './converted.ts';

const dropped = 'weatherapi/current/dropped.ndjson';
/** The digest is of the whole key that it was dropped under. */
const filed = (day: string) => `weatherapi/current/dt=${day}/dropped.ndjson.c8eeb3087e7c.json`;
const at = (iso: string, more: Record<string, unknown> = {}) =>
  response({ last_updated_epoch: Date.parse(iso) / 1000, ...more });

let aws: Aws;
beforeAll(async () => {
  aws = await startAws();
});
afterEach(() => aws.empty());
afterAll(() => aws.stop());

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
      await aws.putRaw(dropped, body, { 'fetched-at': '2026-11-22T05:00:03.210Z' });
      expect(await aws.convert(dropped)).toEqual({ kind: 'filed', key: filed('2026-11-21') });
      expect(await aws.rawKeys()).toEqual([filed('2026-11-21')]);
      expect(await aws.rawBytes(filed('2026-11-21'))).toEqual(Buffer.from(body));
    }
    expect(await aws.curatedKeys()).toEqual([]);
    const copy = { Bucket: aws.rawBucket, Key: filed('2026-11-21') };
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
    await aws.putRaw(`weatherapi/current/${name}`, at('2026-11-22T05:00:00Z'));
    await aws.convert(`weatherapi/current/${name}`);
    const keys = await aws.rawKeys();
    expect(keys).toEqual([expect.stringMatching(/^weatherapi\/current\/dt=2026-11-22\/[^/]+\.json$/)]);
    expect(await aws.convert(keys[0] ?? '')).toMatchObject({ kind: 'converted', rows: 1 });
  });

  test('that is dropped twice is there once, with its newest content', async () => {
    for (const temp_c of [1, 2]) {
      await aws.putRaw(dropped, at('2026-11-22T05:00:00Z', { temp_c }));
      await aws.convert(dropped);
    }
    expect(await aws.rawKeys()).toEqual([filed('2026-11-22')]);
    await aws.convert(filed('2026-11-22'));
    const [key = '', ...others] = await aws.curatedKeys();
    expect(others).toEqual([]);
    expect(await aws.curatedRows(key)).toMatchObject([{ temp_c: 2 }]);
  });

  test('may span 24 hours, and no more', async () => {
    const span = (to: string) => [at('2026-11-22T12:00:00Z'), at(to)].join('\n');
    await aws.putRaw(dropped, span('2026-11-23T12:00:00Z'));
    expect(await aws.convert(dropped)).toEqual({ kind: 'filed', key: filed('2026-11-22') });
    await aws.putRaw(dropped, span('2026-11-23T12:00:01Z'));
    await expect(aws.convert(dropped)).rejects.toMatchObject({
      code: 'several-days',
      message: expect.stringMatching(
        /from 2026-11-22T12:00:00.000Z to 2026-11-23T12:00:01.000Z.*npx tdf drop FILE/,
      ),
    });
    expect(await aws.rawKeys()).toContain(dropped);
  });

  test.each([
    ['no observation time', response({ temp_c: 1 }), 'no-day'],
    ['none that is a time', response({ last_updated_epoch: '2026-11-22 05:00' }), 'no-day'],
    ['milliseconds for seconds', response({ last_updated_epoch: 1_795_323_600_000 }), 'no-day'],
    ['a year before 1', response({ last_updated_epoch: -99_999_999_999 }), 'no-day'],
    ['a day before the table begins', at('2023-12-31T23:59:59Z'), 'before-first-day'],
    ['a line that is not JSON', `${at('2026-11-22T05:00:00Z')}\n{`, 'not-json'],
  ])('and with %s stays, with the reason', async (_what, text, code) => {
    await aws.putRaw(dropped, text);
    await expect(aws.convert(dropped)).rejects.toMatchObject({ code });
    expect(await aws.rawKeys()).toEqual([dropped]);
    expect(await aws.rawBytes(dropped)).toEqual(Buffer.from(text));
  });

  test.each(['GetObject', 'CopyObject', 'DeleteObject'])(
    'is filed once, though its %s fails after S3 has done it',
    async (action) => {
      await aws.putRaw(dropped, at('2026-11-22T05:00:00Z'));
      aws.after = (done) => {
        if (done === action) throw new Error('killed');
      };
      await expect(aws.convert(dropped)).rejects.toThrow('killed');
      aws.after = () => {};
      expect(await aws.convert(dropped)).toMatchObject({
        kind: action === 'DeleteObject' ? 'gone' : 'filed',
      });
      expect(await aws.rawKeys()).toEqual([filed('2026-11-22')]);
    },
  );

  test.each(['GetObject', 'CopyObject'])(
    'that is replaced after its %s is filed with what it is then, and nothing is deleted unread',
    async (action) => {
      await aws.putRaw(dropped, at('2026-11-22T05:00:00Z', { temp_c: 1 }));
      aws.after = async (done, time) => {
        if (done === action && time === 1)
          await aws.putRaw(dropped, at('2026-11-22T05:00:00Z', { temp_c: 2 }));
      };
      expect(await aws.convert(dropped)).toEqual({ kind: 'filed', key: filed('2026-11-22') });
      expect(await aws.rawKeys()).toEqual([filed('2026-11-22')]);
      expect((await aws.rawBytes(filed('2026-11-22'))).toString()).toContain('"temp_c":2');
    },
  );

  test('that another worker files meanwhile is gone', async () => {
    await aws.putRaw(dropped, at('2026-11-22T05:00:00Z'));
    aws.after = async (action, time) => {
      if (action === 'GetObject' && time === 1) await aws.convert(dropped);
    };
    expect(await aws.convert(dropped)).toEqual({ kind: 'gone' });
    expect(await aws.rawKeys()).toEqual([filed('2026-11-22')]);
  });
});

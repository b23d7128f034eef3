import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { convertObject } from '../../../functions/convert/convert-object.ts';
import { CuratedBucket } from '../../../functions/convert/curated-bucket.ts';
import { RawBucket } from '../../../functions/convert/raw-bucket.ts';
import { type Aws, startAws } from './aws.ts';
import { converted, failureOf, rawKey, response } from './converted.ts';

const curatedKey = rawKey.replace('.json', '.parquet');

let aws: Aws;
let raw: RawBucket;
let curated: CuratedBucket;

beforeAll(async () => {
  aws = await startAws();
  raw = new RawBucket(aws.s3, aws.rawBucket);
  curated = new CuratedBucket(aws.s3, aws.curatedBucket);
});
afterEach(() => aws.empty());
afterAll(() => aws.stop());

/** The raw bucket, in which `meanwhile` happens after each time that an object was read. */
function rawWith(meanwhile: (time: number) => Promise<void>): Pick<RawBucket, 'get' | 'revision'> {
  let times = 0;
  return {
    async get(key) {
      const object = await raw.get(key);
      await meanwhile(++times);
      return object;
    },
    revision: (key) => raw.revision(key),
  };
}

async function temperatures(key = curatedKey): Promise<unknown[]> {
  const rows = await aws.curatedRows(key);
  return rows.map(({ temp_c }) => temp_c);
}

describe('a raw object', () => {
  test('becomes the curated object that mirrors it', async () => {
    await aws.putRaw(rawKey, `${response({ temp_c: 1, new: 1 })}\n${response({ temp_c: 2 })}\n`);
    expect(await convertObject(rawKey, { raw, curated })).toEqual({
      kind: 'converted',
      key: curatedKey,
      rows: 2,
      rescuedFields: 1,
    });
    expect(await aws.curatedKeys()).toEqual([curatedKey]);
    expect(await temperatures()).toEqual([1, 2]);
  });

  test('gives its rows the time of fetching that its metadata tells', async () => {
    await aws.putRaw(rawKey, response({ temp_c: 1 }), { 'fetched-at': '2026-11-22T05:00:03.210Z' });
    await convertObject(rawKey, { raw, curated });
    expect(await aws.curatedRows(curatedKey)).toMatchObject([{ fetched_at: '2026-11-22T05:00:03.210Z' }]);
  });

  test.each([
    '2026-11-22',
    '2026-11-22 05:00',
    '1',
    'yesterday',
    '2026-11-22T05:00:03+01:00',
    '2026-02-30T00:00:00.000Z',
  ])('with a time of fetching that is not of our form has none: %s', async (text) => {
    await aws.putRaw(rawKey, response({ temp_c: 1 }), { 'fetched-at': text });
    expect(await raw.get(rawKey)).toMatchObject({ fetchedAt: null });
  });

  test('that is gone is nothing to convert', async () => {
    expect(await convertObject(rawKey, { raw, curated })).toEqual({ kind: 'gone' });
    expect(await aws.curatedKeys()).toEqual([]);
  });

  test('that goes while it is converted is gone', async () => {
    await aws.putRaw(rawKey, response({ temp_c: 1 }));
    const going = rawWith(() => aws.removeRaw(rawKey));
    expect(await convertObject(rawKey, { raw: going, curated })).toEqual({ kind: 'gone' });
  });

  test('that is replaced while it is converted leaves its newest content in curated', async () => {
    await aws.putRaw(rawKey, response({ temp_c: 1 }));
    const replaced = rawWith(async (time) => {
      if (time <= 2) await aws.putRaw(rawKey, response({ temp_c: time + 1 }));
    });
    expect(await convertObject(rawKey, { raw: replaced, curated })).toMatchObject({
      kind: 'converted',
      rows: 1,
    });
    expect(await temperatures()).toEqual([3]);
  });

  test('that two workers convert at once, the slower one with older content, ends up with the newest', async () => {
    await aws.putRaw(rawKey, response({ temp_c: 1 }));
    const slower = rawWith(async (time) => {
      if (time > 1) return;
      await aws.putRaw(rawKey, response({ temp_c: 2 }));
      await convertObject(rawKey, { raw, curated });
      expect(await temperatures()).toEqual([2]);
    });
    await convertObject(rawKey, { raw: slower, curated });
    expect(await temperatures()).toEqual([2]);
  });

  test('that is replaced by what cannot be converted fails for good', async () => {
    await aws.putRaw(rawKey, response({ temp_c: 1 }));
    const replaced = rawWith(() => aws.putRaw(rawKey, '{"error":{"code":1006}}'));
    await expect(convertObject(rawKey, { raw: replaced, curated })).rejects.toMatchObject({
      code: 'error-body',
    });
  });

  test('that changes each time is left to a later try', async () => {
    await aws.putRaw(rawKey, response({ temp_c: 0 }));
    const changing = rawWith((time) => aws.putRaw(rawKey, response({ temp_c: time })));
    const conversion = convertObject(rawKey, { raw: changing, curated });
    await expect(conversion).rejects.toThrow(/changed 5 times/);
    await expect(conversion).rejects.not.toHaveProperty('code');
  });

  test('that is refused leaves raw as it is and curated without the object', async () => {
    const body = '{"error":{"code":1006,"message":"No matching location found."}}';
    await aws.putRaw(rawKey, body);
    await expect(convertObject(rawKey, { raw, curated })).rejects.toMatchObject({ code: 'error-body' });
    expect(await aws.curatedKeys()).toEqual([]);
    expect(await aws.rawBytes(rawKey)).toEqual(Buffer.from(body));
  });

  test.each([
    ['GetObject', 503, 'SlowDown'],
    ['GetObject', 403, 'AccessDenied'],
    ['GetObject', 404, 'NoSuchBucket'],
    ['PutObject', 500, 'InternalError'],
    ['HeadObject', 503, 'SlowDown'],
  ])('is left to a later try when %s answers %s %s', async (action, status, code) => {
    await aws.putRaw(rawKey, response({ temp_c: 1 }));
    aws.fault = (call) => (call.action === action ? { status, code } : undefined);
    const failure = await convertObject(rawKey, { raw, curated }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toHaveProperty('code', expect.stringMatching(/-/));
  });
});

describe('a file without a dt= folder', () => {
  const epoch = (iso: string) => Date.parse(iso) / 1000;
  const dropped = 'weatherapi/current/dropped.ndjson';

  test('goes to the UTC day of its earliest observation, in whatever order they come', async () => {
    const days = ['2026-11-22T00:00:00Z', '2026-11-20T23:59:59Z', '2026-11-21T12:00:00Z'];
    const lines = days.map((day) => response({ last_updated_epoch: epoch(day) }));
    for (const order of [
      lines,
      lines.toReversed(),
      [response(), ...lines, response({ last_updated_epoch: 'x' })],
    ]) {
      expect((await converted(order.join('\n'), { key: dropped })).key).toMatch(
        /^weatherapi\/current\/dt=2026-11-20\/dropped\.ndjson\.[0-9a-f]{12}\.parquet$/,
      );
    }
  });

  test.each([
    ['no observation time', response({ temp_c: 1 })],
    ['none that is a time', response({ last_updated_epoch: '2026-11-22 05:00' })],
    ['milliseconds for seconds', response({ last_updated_epoch: 1_795_323_600_000 })],
    ['a year before 1', response({ last_updated_epoch: -99_999_999_999 })],
  ])('and with %s has no day: a permanent failure that says what to do', async (_what, text) => {
    const failure = await failureOf(() => converted(text, { key: dropped }));
    expect(failure.code).toBe('no-day');
    expect(failure.message).toContain('Put it under weatherapi/current/dt=YYYY-MM-DD/');
  });

  test('keeps the day of its folder whatever is observed', async () => {
    const text = response({ last_updated_epoch: epoch('2020-01-01T00:00:00Z') });
    expect((await converted(text, { key: 'weatherapi/current/dt=2026-11-22/x.json' })).key).toBe(
      'weatherapi/current/dt=2026-11-22/x.parquet',
    );
  });
});

describe('a large object', () => {
  /** Text that does not compress: so much of it makes a Parquet file of several parts. */
  const noise = createHash('shake256', { outputLength: 15_000_000 }).update('seed').digest('base64');
  /** Lines of 4 MB; a row group has four of them. */
  const fiveLines = Array.from({ length: 5 }, (_, line) =>
    response(
      { last_updated_epoch: 1_795_323_600 - line * 86_400, temp_c: line },
      noise.slice(line * 4_000_000, (line + 1) * 4_000_000),
    ),
  );
  const lines = fiveLines.slice(0, 3);
  const dropped = 'weatherapi/current/dropped.ndjson';

  /** Counts the requests, and answers some of them with a failure. */
  function watch(fails: (action: string, time: number) => boolean = () => false): Map<string, number> {
    const times = new Map<string, number>();
    aws.fault = ({ action }) => {
      const time = (times.get(action) ?? 0) + 1;
      times.set(action, time);
      return fails(action, time) ? { status: 500, code: 'InternalError' } : undefined;
    };
    return times;
  }

  test('goes up in parts', async () => {
    await aws.putRaw(rawKey, lines.join('\n'));
    const times = watch();
    expect(await convertObject(rawKey, { raw, curated })).toMatchObject({ kind: 'converted', rows: 3 });
    expect(Object.fromEntries(times)).toMatchObject({
      GetObject: 1,
      CreateMultipartUpload: 1,
      UploadPart: expect.any(Number),
      CompleteMultipartUpload: 1,
      HeadObject: 1,
    });
    expect(times.has('PutObject')).toBe(false);
    expect(await temperatures()).toEqual([0, 1, 2]);
    const { file } = await converted(lines.join('\n'));
    expect((await aws.curatedBytes(curatedKey)).equals(file)).toBe(true);
  });

  test.each([
    ['its last line is broken', [...fiveLines, '{"location":'], undefined],
    ['its second part fails', lines, 'UploadPart'],
    ['it cannot be completed', lines, 'CompleteMultipartUpload'],
  ])('of which %s leaves nothing behind', async (_what, content, failing) => {
    await aws.putRaw(rawKey, content.join('\n'));
    const times = watch((action, time) => action === failing && (time > 1 || action !== 'UploadPart'));
    await expect(convertObject(rawKey, { raw, curated })).rejects.toThrow();
    expect(times.get('CreateMultipartUpload')).toBe(1);
    expect(times.get('AbortMultipartUpload')).toBe(1);
    expect(await aws.curatedKeys()).toEqual([]);
  });

  test('without a dt= folder is read twice, as its last record may decide on its day', async () => {
    await aws.putRaw(dropped, lines.join('\n'));
    const times = watch();
    expect(await convertObject(dropped, { raw, curated })).toMatchObject({
      key: expect.stringMatching(/^weatherapi\/current\/dt=2026-11-20\/dropped/),
      rows: 3,
    });
    expect(times.get('GetObject')).toBe(2);
    expect(times.get('CreateMultipartUpload')).toBe(1);
    expect(await aws.curatedKeys()).toHaveLength(1);
  });

  test('without a dt= folder that is replaced between the two goes to the day of its newest content', async () => {
    await aws.putRaw(dropped, lines.join('\n'));
    const replaced = rawWith(async (time) => {
      if (time === 1) await aws.putRaw(dropped, lines.slice(0, 2).join('\n'));
    });
    expect(await convertObject(dropped, { raw: replaced, curated })).toMatchObject({
      key: expect.stringMatching(/\/dt=2026-11-21\//),
      rows: 2,
    });
    expect(await aws.curatedKeys()).toHaveLength(1);
  });

  test('without a dt= folder and without a day is refused, and nothing of it is there', async () => {
    await aws.putRaw(dropped, lines.map((line) => line.replace('last_updated_epoch', 'updated')).join('\n'));
    await expect(convertObject(dropped, { raw, curated })).rejects.toMatchObject({ code: 'no-day' });
    expect(await aws.curatedKeys()).toEqual([]);
  });
});

test('a file under no dataset’s prefix is refused by its key: the function may not even read it', async () => {
  const denied: Pick<RawBucket, 'get' | 'revision'> = {
    get: () => Promise.reject(new Error('AccessDenied')),
    revision: () => Promise.reject(new Error('AccessDenied')),
  };
  await expect(convertObject('raw/2024/1/1/5.json', { raw: denied, curated })).rejects.toMatchObject({
    code: 'unknown-dataset',
  });
});

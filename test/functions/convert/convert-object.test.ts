import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { readRaw } from '../../../functions/convert/raw-object.ts';
import type { Aws } from '../../aws.ts';
import { startWorker, type Worker } from '../worker.ts';
import { rawKey, response } from './converted.ts';

const curatedKey = rawKey.replace('.json', '.parquet');

let worker: Worker;
let aws: Aws;
beforeAll(async () => {
  worker = await startWorker();
  ({ aws } = worker);
});
afterEach(() => worker.empty());
afterAll(() => worker.stop());

/** After each time that an object was read. */
function meanwhile(happens: (time: number) => unknown): void {
  worker.after = (action, time) => (action === 'GetObject' ? happens(time) : undefined);
}

async function temperatures(key = curatedKey): Promise<unknown[]> {
  const rows = await worker.rows(key);
  return rows.map(({ temp_c }) => temp_c);
}

describe('a raw object', () => {
  test('becomes the curated object that mirrors it', async () => {
    await aws.put('raw', rawKey, `${response({ temp_c: 1, new: 1 })}\n${response({ temp_c: 2 })}\n`);
    expect(await worker.convert(rawKey)).toEqual({
      kind: 'converted',
      tables: [{ key: curatedKey, rows: 2 }],
      rescuedFields: 1,
      unexpected: [],
    });
    expect(await aws.keys('curated')).toEqual([curatedKey]);
    expect(await temperatures()).toEqual([1, 2]);
  });

  test('gives its rows the time of fetching that its metadata tells', async () => {
    await aws.put('raw', rawKey, response({ temp_c: 1 }), { 'fetched-at': '2026-11-22T05:00:03.210Z' });
    await worker.convert(rawKey);
    expect(await worker.rows(curatedKey)).toMatchObject([{ fetched_at: '2026-11-22T05:00:03.210Z' }]);
  });

  test.each([
    '2026-11-22',
    '2026-11-22 05:00',
    '1',
    'yesterday',
    '2026-11-22T05:00:03+01:00',
    '2026-02-30T00:00:00.000Z',
  ])('with a time of fetching that is not of our form has none: %s', async (text) => {
    await aws.put('raw', rawKey, response({ temp_c: 1 }), { 'fetched-at': text });
    const { signal } = new AbortController();
    expect(await readRaw(aws.s3, 'raw', rawKey, signal)).toMatchObject({ fetchedAt: null });
  });

  test('that is gone is nothing to convert', async () => {
    expect(await worker.convert(rawKey)).toEqual({ kind: 'gone' });
    expect(await aws.keys('curated')).toEqual([]);
  });

  test('that goes while it is converted is gone', async () => {
    await aws.put('raw', rawKey, response({ temp_c: 1 }));
    meanwhile(() => aws.remove('raw', rawKey));
    expect(await worker.convert(rawKey)).toEqual({ kind: 'gone' });
  });

  test('that is replaced while it is converted leaves its newest content in curated', async () => {
    await aws.put('raw', rawKey, response({ temp_c: 1 }));
    meanwhile(async (time) => {
      if (time <= 2) await aws.put('raw', rawKey, response({ temp_c: time + 1 }));
    });
    expect(await worker.convert(rawKey)).toMatchObject({ kind: 'converted', tables: [{ rows: 1 }] });
    expect(await temperatures()).toEqual([3]);
  });

  test('that another worker converts meanwhile is not written over with older content, even for a moment', async () => {
    await aws.put('raw', rawKey, response({ temp_c: 1 }));
    const written: unknown[] = [];
    worker.after = async (action, time) => {
      if (action === 'PutObject') written.push(...(await temperatures()));
      if (action !== 'GetObject' || time > 1) return;
      await aws.put('raw', rawKey, response({ temp_c: 2 }));
      await worker.convert(rawKey);
    };
    await worker.convert(rawKey);
    expect(written).toEqual([2, 2]);
  });

  test('tells in its curated object’s metadata which content that was made of', async () => {
    await aws.put('raw', rawKey, response({ temp_c: 1 }));
    await worker.convert(rawKey);
    const [raw, curated] = await Promise.all(
      [
        { Bucket: 'raw', Key: rawKey },
        { Bucket: 'curated', Key: curatedKey },
      ].map((object) => aws.s3.send(new HeadObjectCommand(object))),
    );
    expect(`"${curated?.Metadata?.['raw-etag']}"`).toBe(raw?.ETag);
  });

  test('that is replaced by what cannot be converted fails for good', async () => {
    await aws.put('raw', rawKey, response({ temp_c: 1 }));
    meanwhile(() => aws.put('raw', rawKey, '{"error":{"code":1006}}'));
    await expect(worker.convert(rawKey)).rejects.toMatchObject({ code: 'error-body' });
  });

  test('that changes each time is left to a later try', async () => {
    await aws.put('raw', rawKey, response({ temp_c: 0 }));
    meanwhile((time) => aws.put('raw', rawKey, response({ temp_c: time })));
    const conversion = worker.convert(rawKey);
    await expect(conversion).rejects.toThrow(/changed 5 times/);
    await expect(conversion).rejects.not.toHaveProperty('code');
  });

  test('that is refused leaves raw as it is and curated without the object', async () => {
    const body = '{"error":{"code":1006,"message":"No matching location found."}}';
    await aws.put('raw', rawKey, body);
    await expect(worker.convert(rawKey)).rejects.toMatchObject({ code: 'error-body' });
    expect(await aws.keys('curated')).toEqual([]);
    expect((await aws.object('raw', rawKey)).body).toEqual(Buffer.from(body));
  });

  test.each([
    ['GetObject', 503, 'SlowDown'],
    ['GetObject', 403, 'AccessDenied'],
    ['GetObject', 404, 'NoSuchBucket'],
    ['PutObject', 500, 'InternalError'],
    ['HeadObject', 503, 'SlowDown'],
  ])('is left to a later try when %s answers %s %s', async (action, status, code) => {
    await aws.put('raw', rawKey, response({ temp_c: 1 }));
    aws.fault = (call) => (call.action === action ? { status, code } : undefined);
    const failure = await worker.convert(rawKey).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toHaveProperty('code', expect.stringMatching(/-/));
  });
});

describe('a raw object of several tables', () => {
  const key = 'weatherapi/history/dt=2026-11-21/oslo.json';
  const [hours, days] = ['hour', 'day'].map(
    (table) => `weatherapi/history_${table}/dt=2026-11-21/oslo.parquet`,
  );
  const history = (temp_c: number, hour: object[] = [{ temp_c }]) =>
    JSON.stringify({
      location: { name: 'Oslo' },
      forecast: { forecastday: [{ date: '2026-11-21', day: { maxtemp_c: temp_c }, hour }] },
    });
  const stored = async () => [
    (await worker.rows(hours as string)).map(({ temp_c }) => temp_c),
    (await worker.rows(days as string)).map(({ maxtemp_c }) => maxtemp_c),
  ];

  test('becomes one curated object of each table, also of one that has no rows [object-per-table]', async () => {
    await aws.put('raw', key, history(1, []));
    expect(await worker.convert(key)).toEqual({
      kind: 'converted',
      tables: [
        { key: hours, rows: 0 },
        { key: days, rows: 1 },
      ],
      rescuedFields: 0,
      unexpected: [],
    });
    expect(await aws.keys('curated')).toEqual([days, hours]);
    expect(await stored()).toEqual([[], [1]]);
  });

  test('leaves nothing of former content when a table has no rows any more [object-per-table]', async () => {
    await aws.put('raw', key, history(1));
    await worker.convert(key);
    expect(await stored()).toEqual([[1], [1]]);
    await aws.put('raw', key, history(2, []));
    await worker.convert(key);
    expect(await stored()).toEqual([[], [2]]);
  });

  test('has the same bytes in each of them when it is converted again [object-per-table]', async () => {
    await aws.put('raw', key, history(1));
    const bodies = async () => {
      await worker.convert(key);
      return Promise.all(
        [hours, days].map(async (made) => (await aws.object('curated', made as string)).body),
      );
    };
    expect(await bodies()).toEqual(await bodies());
  });

  test.each([
    ['the first', () => hours],
    ['the second', () => days],
  ])('has all of its curated objects after a retry of a try that wrote all but %s', async (_which, lost) => {
    await aws.put('raw', key, history(1));
    await worker.convert(key);
    await aws.put('raw', key, history(2));
    aws.fault = ({ action, key: put }) =>
      action === 'PutObject' && put === lost() ? { status: 500, code: 'InternalError' } : undefined;
    await expect(worker.convert(key)).rejects.toThrow();
    const halfway = await stored();
    expect(halfway.flat().sort()).toEqual([1, 2]);
    aws.fault = () => undefined;
    await worker.convert(key);
    expect(await stored()).toEqual([[2], [2]]);
  });

  test('that is replaced between two of its curated objects leaves its newest content in both', async () => {
    await aws.put('raw', key, history(1));
    worker.after = (action, time) =>
      action === 'PutObject' && time === 1 ? aws.put('raw', key, history(2)) : undefined;
    await worker.convert(key);
    expect(await stored()).toEqual([[2], [2]]);
  });

  test('that is refused leaves none of them', async () => {
    await aws.put('raw', key, `${history(1)}\n{"error":{"code":1006}}`);
    await expect(worker.convert(key)).rejects.toMatchObject({ code: 'error-body' });
    expect(await aws.keys('curated')).toEqual([]);
  });
});

test('an object of a day before the table begins is refused, before it is read', async () => {
  const early = 'weatherapi/current/dt=2023-12-31/a.json';
  await aws.put('raw', early, response({ temp_c: 1 }));
  aws.fault = ({ action }) => (action === 'GetObject' ? { status: 500, code: 'InternalError' } : undefined);
  await expect(worker.convert(early)).rejects.toMatchObject({
    code: 'before-first-day',
    message: expect.stringContaining('begins on 2024-01-01'),
  });
});

test('a file under no dataset’s prefix is refused by its key: the function may not even read it', async () => {
  aws.fault = () => ({ status: 403, code: 'AccessDenied' });
  await expect(worker.convert('raw/2024/1/1/5.json')).rejects.toMatchObject({ code: 'unknown-dataset' });
});

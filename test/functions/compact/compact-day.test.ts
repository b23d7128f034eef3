import { createHash } from 'node:crypto';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { tableDayOf } from '../../../shared/keys.ts';
import { listParts, partsDigest } from '../../../shared/parts.ts';
import type { Aws } from '../../aws.ts';
import { converted, response } from '../convert/converted.ts';
import { startWorker, type Worker } from '../worker.ts';

const day = 'weatherapi/current/dt=2026-11-22/';
const compactedKey = `${day}day.parquet`;
const partKey = (hour: number) => `${day}20261122T0${hour}0000Z.parquet`;

let worker: Worker;
let aws: Aws;
beforeAll(async () => {
  worker = await startWorker();
  ({ aws } = worker);
});
afterEach(() => worker.empty());
afterAll(() => worker.stop());

/** Writes the part of an hour, as convert would. Its one row has the temperature. */
async function putPart(hour: number, temp_c = hour): Promise<void> {
  const key = partKey(hour).replace('.parquet', '.json');
  const { file } = await converted(response({ temp_c }), { key });
  await aws.put('curated', partKey(hour), file);
}

/** After each time that the parts were listed. */
function afterListing(happens: (time: number) => unknown): void {
  worker.after = (action, time) => (action === 'ListObjectsV2' ? happens(time) : undefined);
}

async function temperatures(): Promise<unknown[]> {
  const rows = await worker.rows(compactedKey, 'compacted');
  return rows.map(({ temp_c }) => temp_c);
}

/** What the work asks of S3, such as `GetObject` and the end of a key. */
async function requestsOf(work: () => Promise<unknown>): Promise<string[]> {
  const before = aws.emulator.requests.length;
  await work();
  return aws.emulator.requests
    .slice(before)
    .map(({ action, bucket, key = '' }) => `${action} ${bucket} ${key.replace(day, '')}`.trim());
}

describe('a day', () => {
  test('becomes one object of its parts, in the order of their keys', async () => {
    for (const hour of [2, 0, 1]) await putPart(hour);
    expect(await worker.compact(day)).toEqual({
      kind: 'compacted',
      key: compactedKey,
      parts: 3,
      rows: 3,
    });
    expect(await aws.keys('compacted')).toEqual([compactedKey]);
    expect(await temperatures()).toEqual([0, 1, 2]);
  });

  test('is read with one request per small part, written once, and looked at before and after', async () => {
    for (const hour of [0, 1]) await putPart(hour);
    const requests = await requestsOf(() => worker.compact(day));
    // The parts are read side by side.
    requests.splice(2, 2, ...requests.slice(2, 4).sort());
    expect(requests).toEqual([
      'HeadObject compacted day.parquet',
      'ListObjectsV2 curated',
      'GetObject curated 20261122T000000Z.parquet',
      'GetObject curated 20261122T010000Z.parquet',
      'PutObject compacted day.parquet',
      'ListObjectsV2 curated',
    ]);
  });

  test('that is current costs two requests, and nothing is read or written', async () => {
    for (const hour of [0, 1]) await putPart(hour);
    await worker.compact(day);
    const requests = await requestsOf(async () =>
      expect(await worker.compact(day)).toEqual({ kind: 'current', parts: 2 }),
    );
    expect(requests).toEqual(['HeadObject compacted day.parquet', 'ListObjectsV2 curated']);
  });

  test('without parts and without an object is current', async () => {
    expect(await worker.compact(day)).toEqual({ kind: 'current', parts: 0 });
    expect(await aws.keys('compacted')).toEqual([]);
  });

  test('loses its object with its last part', async () => {
    await putPart(0);
    await worker.compact(day);
    await aws.remove('curated', partKey(0));
    const requests = await requestsOf(async () =>
      expect(await worker.compact(day)).toEqual({ kind: 'removed' }),
    );
    expect(requests).toEqual([
      'HeadObject compacted day.parquet',
      'ListObjectsV2 curated',
      'DeleteObject compacted day.parquet',
      'ListObjectsV2 curated',
    ]);
    expect(await aws.keys('compacted')).toEqual([]);
  });

  test('whose part is put back is as it was, byte for byte', async () => {
    for (const hour of [0, 1]) await putPart(hour);
    await worker.compact(day);
    const before = await aws.object('compacted', compactedKey);
    await putPart(1, 20);
    await worker.compact(day);
    expect(await temperatures()).toEqual([0, 20]);
    await putPart(1);
    await worker.compact(day);
    expect(await aws.object('compacted', compactedKey)).toEqual(before);
  });

  test('has the same bytes when its object is lost and made again', async () => {
    for (const hour of [0, 1, 2]) await putPart(hour);
    await worker.compact(day);
    const before = await aws.object('compacted', compactedKey);
    await aws.remove('compacted', compactedKey);
    await worker.compact(day);
    expect(await aws.object('compacted', compactedKey)).toEqual(before);
  });

  test('tells in its object’s metadata which parts that was made of', async () => {
    for (const hour of [0, 1]) await putPart(hour);
    await worker.compact(day);
    const of = tableDayOf(day);
    const { Metadata } = await aws.s3.send(new HeadObjectCommand({ Bucket: 'compacted', Key: compactedKey }));
    expect(Metadata).toEqual({ 'parts-digest': partsDigest(of, await listParts(aws.s3, 'curated', of)) });
  });

  test('is made anew when its object was made of other parts, whoever wrote that', async () => {
    await putPart(0);
    await aws.put('compacted', compactedKey, 'of another format', { 'parts-digest': 'other' });
    expect(await worker.compact(day)).toMatchObject({ kind: 'compacted' });
    expect(await temperatures()).toEqual([0]);
  });
});

describe('what happens while a day is compacted', () => {
  test('a part is replaced after it was listed: the newest is in the object', async () => {
    for (const hour of [0, 1]) await putPart(hour);
    afterListing((time) => (time === 1 ? putPart(1, 20) : undefined));
    expect(await worker.compact(day)).toMatchObject({ kind: 'compacted', rows: 2 });
    expect(await temperatures()).toEqual([0, 20]);
  });

  test('a part is removed after it was listed: the object is without it', async () => {
    for (const hour of [0, 1]) await putPart(hour);
    afterListing((time) => (time === 1 ? aws.remove('curated', partKey(1)) : undefined));
    expect(await worker.compact(day)).toMatchObject({ kind: 'compacted', parts: 1 });
    expect(await temperatures()).toEqual([0]);
  });

  test('a part comes after the object was written: it is in the object', async () => {
    await putPart(0);
    worker.after = (action, time) => (action === 'PutObject' && time === 1 ? putPart(1) : undefined);
    expect(await worker.compact(day)).toMatchObject({ kind: 'compacted', parts: 2 });
    expect(await temperatures()).toEqual([0, 1]);
  });

  test('the last part is removed: the day has no object any more', async () => {
    await putPart(0);
    worker.after = (action) => (action === 'PutObject' ? aws.remove('curated', partKey(0)) : undefined);
    expect(await worker.compact(day)).toEqual({ kind: 'removed' });
    expect(await aws.keys('compacted')).toEqual([]);
  });

  test('a part comes after the object of a day without parts was removed: there is an object again', async () => {
    await aws.put('compacted', compactedKey, 'of parts that are gone', { 'parts-digest': 'other' });
    worker.after = (action, time) => (action === 'DeleteObject' && time === 1 ? putPart(0) : undefined);
    expect(await worker.compact(day)).toMatchObject({ kind: 'compacted', parts: 1 });
    expect(await temperatures()).toEqual([0]);
  });

  test('another worker is faster: its newer object is not written over with an older one, even for a moment', async () => {
    await putPart(0);
    const written: unknown[] = [];
    worker.after = async (action, time) => {
      if (action === 'PutObject') written.push(...(await temperatures()));
      if (action !== 'GetObject' || time > 1) return;
      await putPart(0, 20);
      await worker.compact(day);
    };
    expect(await worker.compact(day)).toEqual({ kind: 'current', parts: 1 });
    expect(written).toEqual([20]);
  });

  test('another worker writes the object that this one would remove: it stays', async () => {
    await aws.put('compacted', compactedKey, 'of parts that are gone', { 'parts-digest': 'other' });
    afterListing(async (time) => {
      if (time > 1) return;
      await putPart(0);
      await worker.compact(day);
    });
    expect(await worker.compact(day)).toEqual({ kind: 'current', parts: 1 });
    expect(await temperatures()).toEqual([0]);
  });

  test('a part changes for a minute: the day is looked at again at once, and then after longer and longer waits', async () => {
    await putPart(0);
    afterListing((time) => (time < 7 ? putPart(0, time) : undefined));
    expect(await worker.compact(day)).toMatchObject({ kind: 'compacted' });
    expect(await temperatures()).toEqual([6]);
    expect(worker.waited).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000]);
  });

  test('a part changes each time: the day is left to a later try', async () => {
    await putPart(0);
    afterListing((time) => putPart(0, time));
    const compaction = worker.compact(day);
    await expect(compaction).rejects.toThrow(`"${day}" changed 7 times during one try.`);
    await expect(compaction).rejects.not.toHaveProperty('code');
  });

  test.each([
    ['HeadObject', 503, 'SlowDown'],
    ['ListObjectsV2', 500, 'InternalError'],
    ['GetObject', 503, 'SlowDown'],
    ['GetObject', 403, 'AccessDenied'],
    ['PutObject', 500, 'InternalError'],
    ['PutObject', 404, 'NoSuchBucket'],
  ])('%s answers %s %s: the day is left to a later try', async (action, status, code) => {
    await putPart(0);
    aws.fault = (call) => (call.action === action ? { status, code } : undefined);
    const failure = await worker.compact(day).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toHaveProperty('code', expect.stringMatching(/-/));
  });
});

describe('a large part', () => {
  const key = partKey(0);
  /** Hexadecimal digits that do not compress to less than half of them. */
  const digits = (seed: string) =>
    Array.from({ length: 1_000 }, (_, index) =>
      createHash('sha256').update(`${seed} ${index}`).digest('hex'),
    ).join('');
  const large = (seed: number) =>
    Array.from({ length: 150 }, (_, row) => response({ temp_c: row, new: digits(`${seed} ${row}`) })).join(
      '\n',
    );
  const putLarge = async (seed: number) => {
    const { file } = await converted(large(seed), { key: key.replace('.parquet', '.json') });
    expect(file.length).toBeGreaterThan(4 * 1024 ** 2);
    await aws.put('curated', key, file);
  };

  test('is read by ranges, and its rows are those of the whole', async () => {
    await putLarge(1);
    const requests = await requestsOf(async () =>
      expect(await worker.compact(day)).toMatchObject({ rows: 150 }),
    );
    expect(requests.filter((request) => request.startsWith('GetObject')).length).toBeGreaterThan(1);
    expect(await worker.rows(compactedKey, 'compacted')).toEqual(await worker.rows(key));
  });

  test('that is replaced between two ranges is read again: no object is made of both', async () => {
    await putLarge(1);
    worker.after = (action, time) => (action === 'GetObject' && time === 1 ? putLarge(2) : undefined);
    await worker.compact(day);
    expect(await worker.rows(compactedKey, 'compacted')).toEqual(await worker.rows(key));
  });
});

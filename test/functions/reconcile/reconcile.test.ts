import type { S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pMap from 'p-map';
import { type ReconcileOptions, reconcile } from '../../../functions/reconcile/reconcile.ts';
import { weatherapiCurrent } from '../../../shared/datasets/weatherapi-current.ts';
import { datasets } from '../../../shared/datasets.ts';
import { curatedKey } from '../../../shared/keys.ts';
import { listObjects } from '../../../shared/listing.ts';
import { sendMessages } from '../../../shared/send-messages.ts';
import { type Aws, startAws } from './aws.ts';

let aws: Aws;
beforeEach(async () => {
  aws = await startAws();
});
afterEach(() => aws.stop());

const day = (name: string, dt = '2026-11-22') => `weatherapi/current/dt=${dt}/${name}`;

function run(options: Partial<ReconcileOptions> = {}) {
  return reconcile({
    s3: aws.s3,
    raw: 'raw',
    curated: 'curated',
    datasets,
    enqueue: (events) => sendMessages(aws.sqs, aws.queueUrl, events),
    deadKeys: new Set(),
    now: new Date(),
    grace: 0,
    ...options,
  });
}

/** A raw object, converted to this day. */
async function convert(key: string, dt: string): Promise<void> {
  await aws.put('raw', key);
  await aws.put('curated', curatedKey({ key, dataset: weatherapiCurrent, day: dt }));
}

describe('reconcile', () => {
  test('enqueues a raw object that was never converted, and one that was written after its curated one', async () => {
    await convert(day('current.json'), '2026-11-22');
    await convert(day('stale.json'), '2026-11-22');
    await aws.put('raw', day('stale.json'));
    await aws.put('raw', day('missing one.json', '2026-11-23'), '{"a":1}');

    const { counts, enqueued, left, first } = await run();

    expect(counts).toEqual({ current: 1, missing: 1, stale: 1, dead: 0, young: 0 });
    expect(first).toEqual({
      missing: [day('missing one.json', '2026-11-23')],
      stale: [day('stale.json')],
      dead: [],
    });
    expect({ enqueued, left }).toEqual({ enqueued: 2, left: 0 });
    expect(aws.sent()).toMatchObject([
      { bucket: 'raw', key: day('stale.json'), size: 2 },
      { bucket: 'raw', key: day('missing one.json', '2026-11-23'), size: 7 },
    ]);
  });

  test('leaves alone what waits in the dead-letter queue, and what is so new that its event may be on its way', async () => {
    await aws.put('raw', day('dead.json'));
    await aws.put('raw', day('young.json'));

    const { counts, first } = await run({ deadKeys: new Set([day('dead.json')]), grace: 60_000 });

    expect(counts).toEqual({ current: 0, missing: 0, stale: 0, dead: 1, young: 1 });
    expect(first.dead).toEqual([day('dead.json')]);
    expect(aws.sent()).toEqual([]);

    const later = await run({ now: new Date(Date.now() + 60_000), grace: 60_000 });
    expect(later.counts).toMatchObject({ missing: 2, young: 0 });
  });

  test('knows what a dead letter says of an object no more once that is converted', async () => {
    await convert(day('mended.json'), '2026-11-22');
    expect((await run({ deadKeys: new Set([day('mended.json')]) })).counts).toMatchObject({
      current: 1,
      dead: 0,
    });
  });

  test('finds the curated object of every form of raw key, on whatever day an undated one was placed', async () => {
    const dated = [
      'a.json',
      'a.b.json',
      'a.z.json',
      'Z.json',
      'folder/b.json',
      'x.0123456789ab.json',
      'ä ü.ndjson',
    ];
    for (const name of dated) {
      await convert(day(name), '2026-11-22');
      await convert(day(name, '2026-11-24'), '2026-11-24');
    }
    const undated = ['A.json', 'drop.json', 'dt=2026-11-22.json', 'folder/drop.json', 'zz top.json.gz'];
    for (const [index, name] of undated.entries()) {
      // On a day with dated objects before it, between two, and on the last one.
      await convert(`weatherapi/current/${name}`, `2026-11-${22 + (index % 3)}`);
    }
    await convert('weatherapi/current/early.json', '2020-01-01');
    await convert('weatherapi/current/late.json', '2030-01-01');
    await aws.put('curated', day('of-a-raw-object-that-is-gone.parquet'));
    await aws.put('curated', 'weatherapi/current/dt=none/foreign.parquet');

    const { counts } = await run();

    expect(counts).toEqual({
      current: 2 * dated.length + undated.length + 2,
      missing: 0,
      stale: 0,
      dead: 0,
      young: 0,
    });
    expect(aws.sent()).toEqual([]);
  });

  test.each([
    ['2026-11-20', '2026-11-24'],
    ['2026-11-24', '2026-11-20'],
  ])('goes by the newest curated object of an undated one that moved from %s to %s', async (first, then) => {
    const key = 'weatherapi/current/moved.json';
    await convert(key, first);
    await convert(key, then);

    expect((await run()).counts).toMatchObject({ current: 1, stale: 0 });
  });

  test('tells an undated object that is missing or stale from those that are not', async () => {
    await convert('weatherapi/current/same.json', '2026-11-22');
    await convert('weatherapi/current/folder/same.json', '2026-11-22');
    await aws.put('raw', 'weatherapi/current/folder/same.json');
    await aws.put('raw', 'weatherapi/current/other/same.json');

    const { counts, first } = await run();

    expect(counts).toMatchObject({ current: 1, missing: 1, stale: 1 });
    expect(first).toMatchObject({
      missing: ['weatherapi/current/other/same.json'],
      stale: ['weatherapi/current/folder/same.json'],
    });
  });

  test('takes an object in a dt= folder that is no date for missing, so that convert says why, and no folder marker', async () => {
    await aws.put('raw', day('x.json', '2026-13-45'));
    await aws.put('raw', day('', '2026-11-22'), '');

    const { counts } = await run();

    expect(counts).toEqual({ current: 0, missing: 1, stale: 0, dead: 0, young: 0 });
    expect(aws.sent()).toMatchObject([{ key: day('x.json', '2026-13-45') }]);
  });

  test('stays below its limit, and says how many are left', async () => {
    for (let index = 10; index < 35; index++) await aws.put('raw', day(`${index}.json`));

    const { counts, enqueued, left, first } = await run({ limit: 12 });

    expect({ missing: counts.missing, enqueued, left }).toEqual({ missing: 25, enqueued: 12, left: 13 });
    expect(first.missing).toHaveLength(20);
    expect(aws.sent()).toHaveLength(12);
  });

  test('asks for no single object: two listings, a request for each thousand', async () => {
    const keys = Array.from({ length: 1_001 }, (_, index) => day(`${index}.json`));
    await pMap(keys, (key) => aws.put('raw', key), { concurrency: 20 });
    const before = aws.emulator.requests.length;

    expect((await run({ enqueue: undefined })).counts.missing).toBe(1_001);
    const actions = aws.emulator.requests.slice(before).map(({ action, bucket }) => `${action} ${bucket}`);
    expect(actions.sort()).toEqual(['ListObjectsV2 curated', 'ListObjectsV2 raw', 'ListObjectsV2 raw']);
  }, 30_000);
});

test('a listing gives keys as they are, also those that XML cannot hold', async () => {
  // S3 encodes when it is asked to; the emulator does not.
  const s3 = {
    send: async () => ({ EncodingType: 'url', Contents: [{ Key: 'a+b%2Bc%01/%C3%A4', Size: 1 }] }),
  } as unknown as Pick<S3Client, 'send'>;
  const keys = [];
  for await (const { key } of listObjects(s3, 'raw', { prefix: '' })) keys.push(key);
  expect(keys).toEqual(['a b+c\u0001/ä']);
});

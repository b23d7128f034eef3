import { createHash } from 'node:crypto';
import {
  DeleteObjectCommand,
  HeadObjectCommand,
  type ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type ReconcileObjectsOptions,
  reconcileObjects,
} from '../../../functions/reconcile/reconcile-objects.ts';
import { datasets } from '../../../shared/datasets.ts';
import { curatedKeys, parseRawKey } from '../../../shared/keys.ts';
import { listObjects } from '../../../shared/listing.ts';
import { sendMessages } from '../../../shared/send-messages.ts';
import { type Aws, startAws } from '../../aws.ts';
import { until } from '../../local/until.ts';

let aws: Aws;
beforeAll(async () => {
  aws = await startAws();
});
afterEach(() => aws.empty());
afterAll(() => aws.stop());

async function put(bucket: 'raw' | 'curated', key: string, body = '{}', metadata = {}): Promise<void> {
  await aws.put(bucket, key, body, metadata);
  // The next object is newer, as every clock sees it.
  const now = Date.now();
  await until(() => Date.now() > now);
}

const day = (name: string, dt = '2026-11-22') => `weatherapi/current/dt=${dt}/${name}`;

function run(options: Partial<ReconcileObjectsOptions> = {}) {
  return reconcileObjects({
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

/** What a raw object becomes, which tells what it was made of. */
async function convert(key: string, body = '{}'): Promise<void> {
  const { day: dt = '', ...parsed } = parseRawKey(key);
  const metadata = { 'raw-etag': createHash('md5').update(body).digest('hex') };
  for (const made of curatedKeys({ ...parsed, day: dt })) await put('curated', made, 'PAR1', metadata);
}

/** A raw object that is converted. */
async function land(key: string, body = '{}'): Promise<void> {
  await put('raw', key, body);
  await convert(key, body);
}

/** The two listings, with the times as whole seconds, as AWS has them; all of one second. */
function inOneSecond(etags: Readonly<Record<string, string>> = {}): Pick<S3Client, 'send'> {
  const send = async (command: Parameters<S3Client['send']>[0]) => {
    const answer = (await aws.s3.send(command)) as ListObjectsV2CommandOutput;
    for (const object of answer.Contents ?? []) {
      object.LastModified = new Date(Math.floor(start / 1000) * 1000);
      object.ETag = etags[object.Key ?? ''] ?? object.ETag;
    }
    return answer;
  };
  const start = Date.now();
  return { send } as Pick<S3Client, 'send'>;
}

const requests = (from: number) =>
  aws.emulator.requests.slice(from).map(({ action, bucket }) => `${action} ${bucket}`);

describe('reconcile of raw with curated', () => {
  test('enqueues a raw object that was never converted, and one that was written after its curated one', async () => {
    await land(day('current.json'));
    await land(day('stale.json'));
    await put('raw', day('stale.json'));
    await put('raw', day('missing one.json', '2026-11-23'), '{"a":1}');

    const { counts, enqueued, left, first } = await run();

    expect(counts).toEqual({ current: 1, missing: 1, stale: 1, dead: 0, young: 0, orphaned: 0 });
    expect(first).toEqual({
      missing: [day('missing one.json', '2026-11-23')],
      stale: [day('stale.json')],
      dead: [],
      orphaned: [],
    });
    expect({ enqueued, left }).toEqual({ enqueued: 2, left: 0 });
    expect(aws.sent()).toMatchObject([
      { bucket: 'raw', key: day('stale.json'), size: 2 },
      { bucket: 'raw', key: day('missing one.json', '2026-11-23'), size: 7 },
    ]);
  });

  test('leaves alone what waits in the dead-letter queue, and what is so new that its event may be on its way', async () => {
    await put('raw', day('dead.json'));
    await put('raw', day('young.json'));

    const { counts, first } = await run({ deadKeys: new Set([day('dead.json')]), grace: 60_000 });

    expect(counts).toEqual({ current: 0, missing: 0, stale: 0, dead: 1, young: 1, orphaned: 0 });
    expect(first.dead).toEqual([day('dead.json')]);
    expect(aws.sent()).toEqual([]);

    const later = await run({ now: new Date(Date.now() + 60_000), grace: 60_000 });
    expect(later.counts).toMatchObject({ missing: 2, young: 0 });
  });

  test('knows what a dead letter says of an object no more once that is converted', async () => {
    await land(day('fixed.json'));
    expect((await run({ deadKeys: new Set([day('fixed.json')]) })).counts).toMatchObject({
      current: 1,
      dead: 0,
    });
  });

  test('enqueues a raw object, once, that lacks the curated object of one of its tables, or has an older one there [object-per-table]', async () => {
    const keys = ['a', 'b', 'c'].map((name) => `weatherapi/forecast/dt=2026-11-22/${name}.json`);
    for (const key of keys) await land(key);
    await aws.remove('curated', 'weatherapi/alert/dt=2026-11-22/a.parquet');
    await put('raw', keys[1] as string, '{"b":2}');
    const metadata = { 'raw-etag': createHash('md5').update('{"b":2}').digest('hex') };
    for (const table of ['forecast_hour', 'alert'])
      await put('curated', `weatherapi/${table}/dt=2026-11-22/b.parquet`, 'PAR1', metadata);

    const { counts, first } = await run();

    expect(counts).toEqual({ current: 1, missing: 1, stale: 1, dead: 0, young: 0, orphaned: 0 });
    expect(first).toMatchObject({ missing: [keys[0]], stale: [keys[1]] });
    expect(aws.sent().map(({ key }) => key)).toEqual([keys[0], keys[1]]);
  });

  test('finds an orphan in any table', async () => {
    for (const table of ['forecast_hour', 'forecast_day', 'alert', 'history_hour'])
      await put('curated', `weatherapi/${table}/dt=2026-11-22/a.parquet`);
    await land('weatherapi/history/dt=2026-11-22/a.json');
    const { counts, pruned } = await run({ prune: true });
    expect({ counts, pruned }).toMatchObject({ counts: { current: 1, orphaned: 3 }, pruned: 3 });
    expect(await aws.keys('curated')).toEqual(
      ['history_day', 'history_hour'].map((table) => `weatherapi/${table}/dt=2026-11-22/a.parquet`),
    );
  });

  test('finds the curated object of every form of dated raw key', async () => {
    const names = [
      'a.json',
      'a.b.json',
      'a.z.json',
      'Z.json',
      'folder/b.json',
      'x.0123456789ab.json',
      'ä ü.ndjson',
    ];
    for (const name of names) {
      await land(day(name));
      await land(day(name, '2026-11-24'));
    }
    await put('curated', 'weatherapi/current/dt=none/foreign.parquet');

    const { counts } = await run();

    expect(counts).toEqual({
      current: 2 * names.length,
      missing: 0,
      stale: 0,
      dead: 0,
      young: 0,
      orphaned: 0,
    });
    expect(aws.sent()).toEqual([]);
  });

  test('has undated objects filed, whose events were lost', async () => {
    const undated = ['A.json', 'dt=2026-11-22.json', 'folder/drop.json', 'zz top.json.gz'];
    for (const name of undated) await put('raw', `weatherapi/current/${name}`);
    await land(day('a.json'));
    expect((await run()).counts).toMatchObject({ current: 1, missing: 4, orphaned: 0 });
    expect(aws.sent().map(({ key }) => key)).toEqual(undated.map((name) => `weatherapi/current/${name}`));
  });

  test('finds a replacement within the second in which its predecessor was converted [same-second]', async () => {
    await land(day('current.json'));
    await land(day('replaced.json'));
    await put('raw', day('replaced.json'), '{"new":1}');
    const before = aws.emulator.requests.length;

    const { counts, first } = await run({ s3: inOneSecond(), now: new Date(Date.now() + 2_000) });

    expect(counts).toMatchObject({ current: 1, stale: 1 });
    expect(first.stale).toEqual([day('replaced.json')]);
    expect(requests(before).filter((request) => request.startsWith('Head'))).toHaveLength(2);
  });

  test('takes a curated object that goes after it was listed for missing', async () => {
    await land(day('gone.json'));
    await land(day('kept.json'));
    const listings = inOneSecond();
    const s3 = {
      send: async (command: Parameters<S3Client['send']>[0]) => {
        if (command instanceof HeadObjectCommand && command.input.Key === day('gone.parquet'))
          await aws.remove('curated', day('gone.parquet'));
        return listings.send(command as never);
      },
    } as Pick<S3Client, 'send'>;
    const { counts, first } = await run({ s3, now: new Date(Date.now() + 2_000) });
    expect(counts).toMatchObject({ current: 1, missing: 1, stale: 0 });
    expect(first.missing).toEqual([day('gone.json')]);
    expect(aws.sent().map(({ key }) => key)).toEqual([day('gone.json')]);
  });

  test('goes by content for what was uploaded in parts, which is listed with the time when that began [same-second]', async () => {
    await land(day('a.json'));
    await put('raw', day('b.json'));
    await convert(day('b.json'), 'older');
    const parts = 'e'.repeat(32);
    const s3 = inOneSecond({ [day('b.json')]: `"${parts}-2"` });
    expect((await run({ s3, now: new Date(Date.now() + 2_000) })).first.stale).toEqual([day('b.json')]);
  });

  test('asks for no more single objects than it may, and for none that has been there for a week', async () => {
    for (const name of ['a', 'b', 'c']) await land(day(`${name}.json`));
    const now = new Date(Date.now() + 2_000);
    const bounded = await run({ s3: inOneSecond(), now, maxComparisons: 2 });
    expect(bounded).toMatchObject({ counts: { current: 3 }, uncompared: 1 });

    const before = aws.emulator.requests.length;
    const later = new Date(Date.now() + 8 * 86_400_000);
    expect(await run({ s3: inOneSecond(), now: later })).toMatchObject({
      counts: { current: 3 },
      uncompared: 0,
    });
    expect(new Set(requests(before))).toEqual(new Set(['ListObjectsV2 raw', 'ListObjectsV2 curated']));
  });

  describe('of curated objects whose raw object is gone', () => {
    const orphans = [
      day('before.parquet', '2026-11-20'),
      day('gone.parquet'),
      day('later.parquet', '2026-11-30'),
    ];
    const later = { now: new Date(Date.now() + 3_600_000), grace: 60_000 };

    beforeEach(async () => {
      await land(day('kept.json'));
      for (const key of orphans) await put('curated', key);
    });

    const left = async () => {
      const keys = [];
      for await (const { key } of listObjects(aws.s3, 'curated', { prefix: '' })) keys.push(key);
      return keys;
    };

    test('tells, and removes none [orphans]', async () => {
      const { counts, first, pruned } = await run(later);
      expect(counts).toMatchObject({ current: 1, orphaned: 3 });
      expect({ orphaned: first.orphaned, pruned }).toEqual({ orphaned: orphans, pruned: 0 });
      expect(await left()).toHaveLength(4);
    });

    test('removes those when it is told to, and nothing else [orphans]', async () => {
      expect(await run({ ...later, prune: true })).toMatchObject({ pruned: 3 });
      expect(await left()).toEqual([day('kept.parquet')]);
      expect((await run(later)).counts).toMatchObject({ current: 1, orphaned: 0 });
    });

    test('leaves one that was written again meanwhile [orphans]', async () => {
      const s3 = {
        send: async (command: Parameters<S3Client['send']>[0]) => {
          if (command instanceof DeleteObjectCommand && command.input.Key === orphans[1])
            await put('curated', orphans[1] ?? '', 'new');
          return aws.s3.send(command);
        },
      } as Pick<S3Client, 'send'>;
      expect(await run({ ...later, s3, prune: true })).toMatchObject({ pruned: 2 });
      expect(await left()).toEqual([orphans[1], day('kept.parquet')]);
    });

    test('says nothing of one that is so new that its raw object may have landed after the listing [orphans]', async () => {
      const { counts } = await run({ now: new Date(), grace: 60_000, prune: true });
      expect(counts).toMatchObject({ orphaned: 0 });
      expect(await left()).toHaveLength(4);
    });
  });

  test('takes an object in a dt= folder that is not a date for missing, so that convert says why, and no folder marker', async () => {
    await put('raw', day('x.json', '2026-13-45'));
    await put('raw', day('', '2026-11-22'), '');

    const { counts } = await run();

    expect(counts).toEqual({ current: 0, missing: 1, stale: 0, dead: 0, young: 0, orphaned: 0 });
    expect(aws.sent()).toMatchObject([{ key: day('x.json', '2026-13-45') }]);
  });

  test('stays below its limit, and says how many are left', async () => {
    for (let index = 10; index < 35; index++) await put('raw', day(`${index}.json`));

    const { counts, enqueued, left, first } = await run({ limit: 12 });

    expect({ missing: counts.missing, enqueued, left }).toEqual({ missing: 25, enqueued: 12, left: 13 });
    expect(first.missing).toHaveLength(20);
    expect(aws.sent()).toHaveLength(12);
  });

  test('asks for no single object without need: a listing per dataset and table, a request for each page', async () => {
    for (let index = 0; index < 11; index++) await put('raw', day(`${index}.json`));
    const before = aws.emulator.requests.length;
    const inPages = {
      send: (command: ListObjectsV2Command) => {
        command.input.MaxKeys = 10;
        return aws.s3.send(command);
      },
    } as unknown as Pick<S3Client, 'send'>;

    expect((await run({ s3: inPages, enqueue: undefined })).counts.missing).toBe(11);
    const tables = datasets.flatMap((dataset) => dataset.tables);
    expect(requests(before).sort()).toEqual([
      ...tables.map(() => 'ListObjectsV2 curated'),
      ...datasets.map(() => 'ListObjectsV2 raw'),
      'ListObjectsV2 raw',
    ]);
  });
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

import type { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type ReconcileDaysOptions, reconcileDays } from '../../../functions/reconcile/reconcile-days.ts';
import { datasets } from '../../../shared/datasets.ts';
import { compactedKey, dayPrefix, type TableDay, tableDayOf } from '../../../shared/keys.ts';
import { listParts, partsDigest } from '../../../shared/parts.ts';
import { sendMessages } from '../../../shared/send-messages.ts';
import { type Aws, startAws } from '../../aws.ts';

let aws: Aws;
beforeAll(async () => {
  aws = await startAws();
});
afterEach(() => aws.empty());
afterAll(() => aws.stop());

const dayOf = (dt: string, table = 'current'): TableDay => tableDayOf(`weatherapi/${table}/dt=${dt}/`);
const none = { current: 0, missing: 0, stale: 0, orphaned: 0, dead: 0, young: 0, foreign: 0 };
const grace = 60_000;
const later = () => new Date(Date.now() + 2 * grace);

function run(options: Partial<ReconcileDaysOptions> = {}) {
  return reconcileDays({
    s3: aws.s3,
    curated: 'curated',
    compacted: 'compacted',
    datasets,
    enqueue: (events) => sendMessages(aws.sqs, aws.compactQueueUrl, events),
    deadDays: new Set(),
    now: later(),
    grace,
    ...options,
  });
}

/** Messages about days that wait for compact, in the order of their keys. */
const sent = () => aws.sent(aws.compactQueueUrl).map(({ bucket, key }) => `${bucket} ${key}`);

async function putParts(of: TableDay, ...names: string[]): Promise<void> {
  for (const name of names) await aws.put('curated', `${dayPrefix(of)}${name}.parquet`, name);
}

/** Writes the object that compact makes of the parts that there are. */
async function compact(of: TableDay): Promise<void> {
  const digest = partsDigest(of, await listParts(aws.s3, 'curated', of));
  await aws.put('compacted', compactedKey(of), 'PAR1', { 'parts-digest': digest });
}

async function removePart(of: TableDay, name: string): Promise<void> {
  await aws.remove('curated', `${dayPrefix(of)}${name}.parquet`);
}

describe('reconcile of curated with compacted', () => {
  test('enqueues, once each, the days that were never compacted, that were made of other parts, and whose parts are gone [stale-days]', async () => {
    const [whole, added, changed, removed, gone, missing] = [21, 22, 23, 24, 25, 26].map((day) =>
      dayOf(`2026-11-${day}`),
    ) as [TableDay, TableDay, TableDay, TableDay, TableDay, TableDay];
    for (const each of [whole, added, changed, removed, gone]) {
      await putParts(each, 'a', 'b');
      await compact(each);
    }
    await putParts(added, 'c');
    await aws.put('curated', `${dayPrefix(changed)}b.parquet`, 'other content');
    await removePart(removed, 'b');
    for (const name of ['a', 'b']) await removePart(gone, name);
    await putParts(missing, 'a');
    const objects = await aws.keys('compacted');

    const { counts, enqueued, left, first } = await run();

    expect(counts).toEqual({ ...none, current: 1, missing: 1, stale: 3, orphaned: 1 });
    expect(first).toEqual({
      missing: [dayPrefix(missing)],
      stale: [added, changed, removed].map(dayPrefix),
      orphaned: [dayPrefix(gone)],
      dead: [],
      foreign: [],
    });
    expect({ enqueued, left }).toEqual({ enqueued: 5, left: 0 });
    expect(sent()).toEqual([added, changed, removed, gone, missing].map((of) => `curated ${dayPrefix(of)}`));
    expect(await aws.keys('compacted')).toEqual(objects);
  });

  test('looks at each table of each dataset, and at no other dataset than it is told', async () => {
    const days = datasets.flatMap(({ tables }) =>
      tables.map(({ name }) => dayOf('2026-11-22', name.replace('weatherapi/', ''))),
    );
    for (const each of days) await putParts(each, 'a');
    const [forecast] = datasets.filter(({ name }) => name === 'weatherapi/forecast');

    expect((await run({ datasets: forecast ? [forecast] : [] })).counts).toEqual({ ...none, missing: 3 });
    expect((await run({ enqueue: undefined })).first.missing.toSorted()).toEqual(days.map(dayPrefix).sort());
    expect(sent()).toEqual(
      ['alert', 'forecast_day', 'forecast_hour'].map((table) => `curated weatherapi/${table}/dt=2026-11-22/`),
    );
  });

  test('takes an object whose metadata says nothing for stale', async () => {
    const of = dayOf('2026-11-22');
    await putParts(of, 'a');
    await aws.put('compacted', compactedKey(of), 'PAR1');
    expect((await run()).counts).toEqual({ ...none, stale: 1 });
  });

  test('takes a compacted object that goes after it was listed for missing', async () => {
    const of = dayOf('2026-11-22');
    await putParts(of, 'a');
    await compact(of);
    const s3 = {
      send: async (command: Parameters<S3Client['send']>[0]) => {
        if (command.constructor.name === 'HeadObjectCommand') await aws.remove('compacted', compactedKey(of));
        return aws.s3.send(command);
      },
    } as Pick<S3Client, 'send'>;
    expect(await run({ s3 })).toMatchObject({ counts: { ...none, missing: 1 }, enqueued: 1 });
  });

  test('leaves alone a day that compact gave up, until it is current', async () => {
    const [stale, gone, current] = [22, 23, 24].map((day) => dayOf(`2026-11-${day}`)) as [
      TableDay,
      TableDay,
      TableDay,
    ];
    for (const each of [stale, gone, current]) {
      await putParts(each, 'a');
      await compact(each);
    }
    await putParts(stale, 'b');
    await removePart(gone, 'a');
    const deadDays = new Set([stale, gone, current].map(dayPrefix));
    const { counts, first, enqueued } = await run({ deadDays });
    expect({ counts, enqueued }).toEqual({ counts: { ...none, current: 1, dead: 2 }, enqueued: 0 });
    expect(first.dead).toEqual([stale, gone].map(dayPrefix));
    expect(sent()).toEqual([]);
  });

  test('leaves alone a day with an object that is so new that an event may be on its way', async () => {
    const [part, object] = [dayOf('2026-11-22'), dayOf('2026-11-23')];
    await putParts(part, 'a');
    await putParts(object, 'a');
    await compact(object);
    await removePart(object, 'a');
    expect(await run({ now: new Date() })).toMatchObject({ counts: { ...none, young: 2 }, enqueued: 0 });
    expect(await run()).toMatchObject({ counts: { ...none, missing: 1, orphaned: 1 }, enqueued: 2 });
  });

  test('names what compact did not write, and neither touches it nor takes it for a day', async () => {
    const of = dayOf('2026-11-22');
    await putParts(of, 'a');
    await compact(of);
    const foreign = ['dt=2026-11-21/old.parquet', 'dt=2026-11-22/part-0.parquet', 'dt=none/day.parquet', 'x'];
    for (const name of foreign) await aws.put('compacted', `weatherapi/current/${name}`);
    await aws.put('compacted', 'weatherapi/current/dt=2026-11-23/', '');
    await aws.put('curated', 'weatherapi/current/dt=2026-11-24/', '');
    for (const name of ['dt=none/a.parquet', 'dt=2026-11-25x'])
      await aws.put('curated', `weatherapi/current/${name}`);
    const objects = await aws.keys('compacted');

    const { counts, first } = await run();

    expect(counts).toEqual({ ...none, current: 1, foreign: 4 });
    expect(first.foreign).toEqual(foreign.map((name) => `weatherapi/current/${name}`));
    expect(sent()).toEqual([]);
    expect(await aws.keys('compacted')).toEqual(objects);
  });

  test('stays below its limit, and says how many are left', async () => {
    for (let day = 1; day <= 25; day++) await putParts(dayOf(`2026-11-${String(day).padStart(2, '0')}`), 'a');
    const { counts, enqueued, left, first } = await run({ limit: 12 });
    expect({ missing: counts.missing, enqueued, left }).toEqual({ missing: 25, enqueued: 12, left: 13 });
    expect(first.missing).toHaveLength(20);
    expect(sent()).toHaveLength(12);
    expect(await run({ enqueue: undefined })).toMatchObject({ enqueued: 0, left: 0 });
  });

  test('asks once for each compacted object of a day with parts, for few at a time, and for nothing else than listings', async () => {
    const days = Array.from({ length: 30 }, (_, index) =>
      dayOf(`2026-10-${String(index + 1).padStart(2, '0')}`),
    );
    for (const each of days) {
      await putParts(each, 'a');
      await compact(each);
    }
    await removePart(days[7] as TableDay, 'a');
    await putParts(dayOf('2026-11-22'), 'a');
    let [atWork, most] = [0, 0];
    const s3 = {
      send: async (command: Parameters<S3Client['send']>[0]) => {
        if (command.constructor.name === 'ListObjectsV2Command')
          (command as ListObjectsV2Command).input.MaxKeys = 7;
        atWork += 1;
        most = Math.max(most, atWork);
        return aws.s3.send(command).finally(() => {
          atWork -= 1;
        });
      },
    } as Pick<S3Client, 'send'>;
    const before = aws.emulator.requests.length;

    expect((await run({ s3, enqueue: undefined })).counts).toEqual({
      ...none,
      current: 29,
      missing: 1,
      orphaned: 1,
    });

    const requests = Object.groupBy(
      aws.emulator.requests.slice(before).map(({ action, bucket }) => `${action} ${bucket}`),
      (request) => request,
    );
    const count = Object.fromEntries(
      Object.entries(requests).map(([request, those = []]) => [request, those.length]),
    );
    // Thirty objects in pages of seven, and one page for each of the other five tables.
    expect(count).toEqual({
      'ListObjectsV2 curated': 10,
      'ListObjectsV2 compacted': 10,
      'HeadObject compacted': 29,
    });
    expect(most).toBeLessThanOrEqual(18);
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { describeConverted } from '../../cli/terminal/settle.ts';
import { readParquet } from '../../operations/query/parquet-rows.ts';
import { compactedKey, dayPrefix, tableDayOf } from '../../shared/keys.ts';
import { listObjects } from '../../shared/listing.ts';
import { objectEvent } from '../../shared/s3-event.ts';
import { until } from '../local/until.ts';
import { type Cloud, startCloud, tdf } from './cloud.ts';
import { landUnnoticed, useAssembly } from './state.ts';

const dayOf = (number: number) => tableDayOf(`weatherapi/current/dt=2026-11-${number}/`);
const eventOf = (number: number) =>
  objectEvent({ bucket: 'curated', key: dayPrefix(dayOf(number)), size: 0 });
const rawKey = `${dayPrefix(dayOf(22))}a.json`;
const rawEvent = objectEvent({ bucket: 'raw', key: rawKey, size: 1 });

describe('dead letters of days', () => {
  let cloud: Cloud;
  const bodies = (
    queue: 'QueueUrl' | 'DeadLetterQueueUrl' | 'CompactQueueUrl' | 'CompactDeadLetterQueueUrl',
  ) =>
    cloud.emulator
      .messages(cloud.outputs[queue])
      .map(({ body }) => body)
      .sort();
  const put = (Bucket: string, Key: string) =>
    cloud.clients.s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  const keys = async (bucket: string) => {
    const objects = await Array.fromAsync(listObjects(cloud.clients.s3, bucket, { prefix: '' }));
    return objects.map(({ key }) => key);
  };
  const buryObject = () => cloud.emulator.send(cloud.outputs.DeadLetterQueueUrl, rawEvent);

  beforeEach(async () => {
    cloud = await startCloud();
  });
  afterEach(() => cloud.close());

  test('are listed by day, one line each however many letters there are, beside those of convert', async () => {
    for (const day of [21, 22, 22, 22])
      await cloud.buryDay(dayOf(day), 'changed-type', 'A column has two types.');
    buryObject();
    const { code, stdout } = await cloud.tdf('dead-letters');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^4 × compact: changed-type {2}A column has two types\.$/m);
    expect(stdout).toMatch(/^ {2}[0-9a-f]{8} {2}weatherapi\/current\/dt=2026-11-21\/ {2}\d+ s old, 1 try$/m);
    expect(stdout).toMatch(
      /^ {2}[0-9a-f]{8} {2}weatherapi\/current\/dt=2026-11-22\/ {2}\d+ s old, 1 try, 3 letters$/m,
    );
    expect(stdout).toMatch(/^convert: not-recorded {2}/m);
    expect(stdout).toMatch(/^5 dead letters: /m);

    const json: { function: string; key: string }[] = JSON.parse(
      (await cloud.tdf('dead-letters', '--json')).stdout,
    );
    expect(json.map((letter) => `${letter.function} ${letter.key}`).sort()).toEqual([
      'compact weatherapi/current/dt=2026-11-21/',
      ...Array(3).fill('compact weatherapi/current/dt=2026-11-22/'),
      `convert ${rawKey}`,
    ]);
  });

  test('are sent to compact’s queue again, and those of objects to convert’s', async () => {
    buryObject();
    await cloud.buryDay(dayOf(21), 'changed-type', 'x');
    await cloud.buryDay(dayOf(22), 'changed-type', 'x');
    const one = await cloud.tdf('dead-letters', 'redrive', '--key', dayPrefix(dayOf(21)), '--no-wait');
    expect(one.stdout).toContain('Sent 1 dead letter again; 2 left.');
    expect([bodies('QueueUrl'), bodies('CompactQueueUrl')]).toEqual([[], [eventOf(21)]]);

    const all = await cloud.tdf('dead-letters', 'redrive', '--all', '--no-wait');
    expect(all.stdout).toContain('Sent 2 dead letters again; 0 left.');
    expect([bodies('QueueUrl'), bodies('CompactQueueUrl')]).toEqual([[rawEvent], [eventOf(21), eventOf(22)]]);
    expect([bodies('DeadLetterQueueUrl'), bodies('CompactDeadLetterQueueUrl')]).toEqual([[], []]);
  });

  test('are waited for until each day is compacted, or dead again, which fails', async () => {
    for (const day of [20, 21, 22]) {
      await put('curated', `${dayPrefix(dayOf(day))}a.parquet`);
      await cloud.buryDay(dayOf(day), 'changed-type', 'x');
    }
    // It has no parts any more when its letter is sent again.
    await put('compacted', compactedKey(dayOf(20)));
    await cloud.clients.s3.send(
      new DeleteObjectCommand({ Bucket: 'curated', Key: `${dayPrefix(dayOf(20))}a.parquet` }),
    );
    const redriving = cloud.tdf('dead-letters', 'redrive', '--code', 'changed-type');
    await until(() => bodies('CompactQueueUrl').length === 3);
    await cloud.clients.s3.send(
      new DeleteObjectCommand({ Bucket: 'compacted', Key: compactedKey(dayOf(20)) }),
    );
    await cloud.compact(dayOf(21));
    await cloud.buryDay(dayOf(22), 'changed-type', 'It still has two types.');
    const { code, stdout } = await redriving;
    expect(code).toBe(1);
    expect(stdout).toContain(
      `Sent 3 dead letters again; 0 left.\n  ✔ ${compactedKey(dayOf(21))}\nConverted 0; compacted 1; dead again 1.\ncompact: changed-type  It still has two types.\n`,
    );
  });

  test('are only deleted when they are dropped: objects stay where they are, and reconcile has the days compacted again', async () => {
    await put('raw', rawKey);
    await put('curated', `${dayPrefix(dayOf(22))}a.parquet`);
    buryObject();
    await cloud.buryDay(dayOf(22), 'changed-type', 'x');
    const planned = await cloud.tdf('dead-letters', 'drop', '--code', 'changed-type', '--dry-run');
    expect(planned.stdout).toMatch(
      /^Would drop \S+: changed-type, weatherapi\/current\/dt=2026-11-22\/\.\n {2}Only the letter: /,
    );
    expect(bodies('CompactDeadLetterQueueUrl')).toEqual([eventOf(22)]);

    const { code, stdout } = await cloud.tdf('dead-letters', 'drop', '--code', 'changed-type', '--yes');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Dropped \S+: changed-type, weatherapi\/current\/dt=2026-11-22\/\.\n {2}Only the letter: reconcile has the day compacted again as long as its object is stale\.\n$/,
    );
    expect([bodies('DeadLetterQueueUrl'), bodies('CompactDeadLetterQueueUrl')]).toEqual([[rawEvent], []]);
    expect([await keys('raw'), await keys('curated')]).toEqual([
      [rawKey],
      [`${dayPrefix(dayOf(22))}a.parquet`],
    ]);

    await cloud.tdf('reconcile', '--grace', '0');
    expect(bodies('CompactQueueUrl')).toEqual([eventOf(22)]);
  });

  test('are dropped together with those of objects, which are given up', async () => {
    await put('raw', rawKey);
    buryObject();
    await cloud.buryDay(dayOf(22), 'changed-type', 'x');
    expect((await cloud.tdf('dead-letters', 'drop', '--all', '--yes')).code).toBe(0);
    expect([bodies('DeadLetterQueueUrl'), bodies('CompactDeadLetterQueueUrl')]).toEqual([[], []]);
    expect(await keys('raw')).toEqual([`given-up/${rawKey}`]);
  });

  test('that name something else than a day are listed by its key, sent again, and waited for until they die again', async () => {
    const event = objectEvent({ bucket: 'curated', key: 'elsewhere/a.parquet', size: 1 });
    await put('curated', 'elsewhere/a.parquet');
    cloud.emulator.send(cloud.outputs.CompactDeadLetterQueueUrl, event);
    const redriving = cloud.tdf('dead-letters', 'redrive');
    await until(() => bodies('CompactQueueUrl').length === 1);
    cloud.emulator.send(cloud.outputs.CompactDeadLetterQueueUrl, event);
    expect(await redriving).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('Converted 0; compacted 0; dead again 1.'),
    });
    const letters: { key: string }[] = JSON.parse((await cloud.tdf('dead-letters', '--json')).stdout);
    expect(letters.map(({ key }) => key)).toEqual(['elsewhere/a.parquet']);
  });

  test('that name something else than a day are settled once it is removed', async () => {
    const event = objectEvent({ bucket: 'curated', key: 'elsewhere/a.parquet', size: 1 });
    cloud.emulator.send(cloud.outputs.CompactDeadLetterQueueUrl, event);
    expect(await cloud.tdf('dead-letters', 'redrive')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Converted 0; compacted 0; dead again 0.'),
    });
  });
});

test('a day is told of once, however many of its letters came while a command waited', () => {
  const of = (key: string) => ({ function: 'compact', key, reason: 'two types' }) as const;
  const [bad, worse] = [dayPrefix(dayOf(21)), dayPrefix(dayOf(22))];
  const object = { function: 'convert', key: rawKey, reason: 'no JSON' } as const;
  expect(
    describeConverted({
      ...{ converted: 4, compacted: 0 },
      deadLetters: [of(bad), object, of(worse), of(bad), of(bad)],
    }),
  ).toEqual([
    '4 converted, 0 compacted, 5 dead letters',
    `  ${rawKey}: no JSON`,
    '2 days could not be compacted (4 letters)',
    `  ${bad}: two types`,
    `  ${worse}: two types`,
  ]);
});

test('a day that cannot be compacted fails drop on this computer, with the reason, and its rows are there once its letter is sent again [day-letters]', async () => {
  const state = await mkdtemp(join(tmpdir(), 'day-letters-'));
  await useAssembly(state);
  const broken = `${dayPrefix(dayOf(22))}broken.parquet`;
  await landUnnoticed(state, { [broken]: 'not Parquet' }, 'curated');
  const file = join(state, 'file.json');
  await writeFile(file, '{"location":{"name":"Oslo"},"current":{"last_updated_epoch":1795323600}}');
  const here = ['--local', '--state', state];

  const dropped = await tdf(['drop', file, '--json', ...here]);
  expect(dropped.code).toBe(1);
  expect(JSON.parse(dropped.stdout)).toMatchObject({
    files: [{ objects: [{ outcome: 'converted' }] }],
    days: [
      {
        day: dayPrefix(dayOf(22)),
        ...{ outcome: 'died', code: 'not-parquet', reason: expect.stringContaining(broken) },
      },
    ],
  });
  const again = await tdf(['drop', file, ...here]);
  expect(again.stdout).toContain(`  ✘ ${dayPrefix(dayOf(22))} is not compacted: not-parquet: `);
  expect(again.stdout).toContain('See what failed: npx tdf dead-letters --local');
  const replayed = await tdf(['replay', ...here, '--json']);
  expect([replayed.code, JSON.parse(replayed.stdout).local]).toMatchObject([
    1,
    { converted: 1, compacted: 0, deadLetters: [{ function: 'compact', key: dayPrefix(dayOf(22)) }] },
  ]);

  await rm(join(state, 's3/curated', broken));
  const [{ id }] = JSON.parse((await tdf(['dead-letters', '--json', ...here])).stdout);
  // The second time the day is made of its parts already.
  for (const ids of [[id], []])
    expect(await tdf(['dead-letters', 'redrive', ...ids, ...here])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(
        `  ✔ ${compactedKey(dayOf(22))}\nConverted 0; compacted 1; dead again 0.\n`,
      ),
    });
  expect(await readParquet([join(state, 's3/compacted', compactedKey(dayOf(22)))])).toMatchObject([
    { location_name: 'Oslo' },
  ]);
  await rm(state, { recursive: true });
}, 60_000);

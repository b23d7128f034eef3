import { createHash } from 'node:crypto';
import {
  type HeadObjectCommand,
  type ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Reached } from '../../operations/deployed.ts';
import { watchOutcome } from '../../operations/outcome.ts';
import { addDays } from '../../shared/days.ts';
import { compactedKey, curatedKeysOf, dayPrefix, type TableDay, tableDayOf } from '../../shared/keys.ts';
import { partsDigest, type Versions, versions } from '../../shared/parts.ts';
import { type Cloud, startCloud } from './cloud.ts';

const signal = () => new AbortController().signal;
const etagOf = (text: string) => createHash('md5').update(text).digest('hex');
const current = (day: number) => tableDayOf(`weatherapi/current/dt=2026-11-${day}/`);

describe('the wait for rows on AWS', () => {
  let cloud: Cloud;
  let reached: Reached;
  beforeEach(async () => {
    cloud = await startCloud();
    reached = { ...cloud.clients, outputs: cloud.outputs, runtime: undefined };
  });
  afterEach(() => cloud.close());

  const put = (Bucket: string, Key: string, Metadata: Record<string, string> = {}) =>
    cloud.clients.s3.send(new PutObjectCommand({ Bucket, Key, Body: Key, Metadata }));
  /** Writes what convert makes of a raw object. */
  const convert = async (rawKey: string) => {
    for (const key of curatedKeysOf(rawKey)) await put('curated', key, { 'raw-etag': etagOf(rawKey) });
  };
  /** Lands a raw object, and has it converted. */
  const land = async (rawKey: string) => {
    await put('raw', rawKey);
    await convert(rawKey);
    return rawKey;
  };
  /** Does something when an object is asked for again: its answer comes after that. */
  const atSecondLook = (key: string, act: () => Promise<unknown>): Reached => {
    let looks = 0;
    const send = async (command: HeadObjectCommand) => {
      if (command.input.Key === key) {
        looks += 1;
        if (looks === 2) await act();
      }
      return cloud.clients.s3.send(command);
    };
    return { ...reached, s3: { send } as unknown as S3Client };
  };
  const requestsFrom = (start: number) =>
    cloud.emulator.requests
      .slice(start)
      .filter(({ service }) => service === 's3')
      .map(({ action, bucket, key }) => [action, bucket, key].filter(Boolean).join(' '));

  test('ends when each table’s day has the rows of all its parts, and lists and asks for each day that is left once per look', async () => {
    const forecast = await land('weatherapi/forecast/dt=2026-11-22/a.json');
    const [a, b] = [
      await land(`${dayPrefix(current(22))}a.json`),
      await land(`${dayPrefix(current(22))}b.json`),
    ];
    const days = curatedKeysOf(forecast).map((key) => tableDayOf(key));
    for (const day of days) await cloud.compact(day);
    const watch = await watchOutcome(
      atSecondLook(compactedKey(current(22)), () => cloud.compact(current(22))),
    );
    const said: number[] = [];
    watch.onDays = (left) => said.push(left);
    const start = cloud.emulator.requests.length;

    const outcome = await watch.settled({ rawKeys: [forecast, a, b] }, signal());

    expect(outcome).toEqual({
      converted: [...[a, b], forecast].map(curatedKeysOf).sort(([x = ''], [y = '']) => (x < y ? -1 : 1)),
      compacted: [...days, current(22)].map(compactedKey).sort(),
      dead: [],
    });
    expect(said).toEqual([1, 0]);
    const requests = requestsFrom(start).filter((request) => !request.startsWith('PutObject'));
    const looked = (of: TableDay) => ['ListObjectsV2 curated', `HeadObject compacted ${compactedKey(of)}`];
    expect(requests.sort()).toEqual(
      [
        ...[forecast, a, b].flatMap((key) => [
          `HeadObject raw ${key}`,
          ...curatedKeysOf(key).map((made) => `HeadObject curated ${made}`),
        ]),
        ...[...days, current(22), current(22)].flatMap(looked),
        'ListObjectsV2 curated', // By which this test compacts.
      ].sort(),
    );
  });

  test('looks at no day before all objects are converted: each of them changes its day once more', async () => {
    const a = await land(`${dayPrefix(current(22))}a.json`);
    const late = `${dayPrefix(current(22))}late.json`;
    await put('raw', late);
    await cloud.compact(current(22));
    const watch = await watchOutcome(
      atSecondLook(late, async () => {
        expect(requestsFrom(0)).not.toContain(`HeadObject compacted ${compactedKey(current(22))}`);
        await convert(late);
        await cloud.compact(current(22));
      }),
    );
    const outcome = await watch.settled({ rawKeys: [a, late] }, signal());
    expect(outcome.converted).toHaveLength(2);
    expect(outcome.compacted).toEqual([compactedKey(current(22))]);
  });

  test('ends for a day that compact gives up, with the letter, and not for one that was there before', async () => {
    await cloud.buryDay(current(22), 'changed-type', 'an earlier one');
    const rawKey = await land(`${dayPrefix(current(22))}a.json`);
    const watch = await watchOutcome(
      atSecondLook(compactedKey(current(22)), () => cloud.buryDay(current(22), 'changed-type', 'this one')),
    );
    const outcome = await watch.settled({ rawKeys: [rawKey] }, signal());
    expect(outcome).toMatchObject({
      converted: [curatedKeysOf(rawKey)],
      compacted: [],
      dead: [{ function: 'compact', key: dayPrefix(current(22)), reason: 'this one' }],
    });
  });

  test('does not believe a letter about a day that another message has had made since', async () => {
    const rawKey = await land(`${dayPrefix(current(22))}a.json`);
    const watch = await watchOutcome(
      atSecondLook(compactedKey(current(22)), async () => {
        await cloud.buryDay(current(22), 'changed-type', 'too early');
        await cloud.compact(current(22));
      }),
    );
    const outcome = await watch.settled({ rawKeys: [rawKey] }, signal());
    expect(outcome).toMatchObject({ compacted: [compactedKey(current(22))], dead: [] });
  });

  test('waits for no day of an object that died or is gone', async () => {
    const [died, gone] = [`${dayPrefix(current(21))}died.json`, `${dayPrefix(current(22))}gone.json`];
    await put('raw', died);
    const watch = await watchOutcome(reached);
    const event = {
      Records: [{ eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'raw' }, object: { key: died } } }],
    };
    cloud.emulator.send(cloud.outputs.DeadLetterQueueUrl, JSON.stringify(event));
    const outcome = await watch.settled({ rawKeys: [died, gone] }, signal());
    expect(outcome).toMatchObject({
      converted: [],
      compacted: [],
      dead: [{ function: 'convert', key: died }],
    });
  });

  test('can be stopped, and tells what is known by then', async () => {
    const rawKey = await land(`${dayPrefix(current(22))}a.json`);
    const watch = await watchOutcome(reached);
    const stop = new AbortController();
    watch.onDays = () => stop.abort(new Error('Stopped by SIGINT.'));
    await expect(watch.settled({ rawKeys: [rawKey] }, stop.signal)).rejects.toThrow('Stopped by SIGINT.');
    expect(await watch.soFar()).toEqual({ converted: [curatedKeysOf(rawKey)], compacted: [], dead: [] });
  });

  test.each([
    [
      { ...versions, datasets: { ...versions.datasets, 'weatherapi/current': 1 } },
      `version 1 of weatherapi/current is deployed, and this checkout has version ${versions.datasets['weatherapi/current']}`,
    ],
    [
      { ...versions, format: 0 },
      'version 0 of compacted objects is deployed, and this checkout has version 1',
    ],
  ] satisfies [Versions, string][])(
    'is refused before anything is sent when the stack is of other versions, %j, and so is reconcile',
    async (deployed, difference) => {
      cloud.stack.outputs = { ...cloud.outputs, Versions: JSON.stringify(deployed) };
      const stderr = `Error: The stage dev has other versions: ${difference}. Deploy this one with: npx cdk deploy -c stage=dev\nOr check out what is deployed, then type the same again.\n`;
      for (const args of [
        ['drop', 'package.json', '--dataset', 'weatherapi/current', '--day', '2026-11-22'],
        ['backfill', '--from', '2026-11-01', '--to', '2026-11-02'],
        ['dead-letters', 'redrive'],
        ['dead-letters', 'take-back', 'key'],
        ['reconcile'],
        ['reconcile', '--dry-run'],
      ])
        expect(await cloud.tdf(...args)).toMatchObject({ code: 1, stderr });
      // Only letters were looked at.
      expect(new Set(cloud.emulator.requests.map(({ action }) => action))).toEqual(
        new Set(['ReceiveMessage']),
      );
      for (const args of [['status'], ['dead-letters', 'redrive', '--no-wait']])
        expect(await cloud.tdf(...args)).toMatchObject({ code: 0, stderr: '' });
    },
  );

  test('is of a stack that lacks a dataset of this checkout, as long as its others are the same', async () => {
    const { 'weatherapi/history': _, ...datasets } = versions.datasets;
    cloud.stack.outputs = { ...cloud.outputs, Versions: JSON.stringify({ ...versions, datasets }) };
    expect(await cloud.tdf('reconcile')).toMatchObject({ code: 0, stderr: '' });
  });

  test('of a year of three tables makes two requests for each day, and few of them at a time', async () => {
    const rawKeys = Array.from(
      { length: 365 },
      (_, index) => `weatherapi/forecast/dt=${addDays('2025-11-22', index)}/a.json`,
    );
    let [atWork, most] = [0, 0];
    const count: Record<string, number> = {};
    const answer = ({ input }: ListObjectsV2Command | HeadObjectCommand) => {
      if ('Prefix' in input)
        return { Contents: [{ Key: `${input.Prefix}a.parquet`, Size: 1, ETag: '"part"' }] };
      const { Bucket, Key = '' } = input as HeadObjectCommand['input'];
      if (Bucket === 'raw') return { ETag: '"raw"' };
      if (Bucket === 'curated') return { Metadata: { 'raw-etag': 'raw' } };
      const of = tableDayOf(Key);
      const parts = [{ key: `${dayPrefix(of)}a.parquet`, etag: 'part' }];
      return { Metadata: { 'parts-digest': partsDigest(of, parts) } };
    };
    const s3 = {
      send: async (command: ListObjectsV2Command | HeadObjectCommand) => {
        const request = `${command.constructor.name} ${command.input.Bucket}`;
        count[request] = (count[request] ?? 0) + 1;
        atWork += 1;
        most = Math.max(most, atWork);
        await new Promise((resolve) => setImmediate(resolve));
        atWork -= 1;
        return answer(command);
      },
    } as unknown as S3Client;
    const watch = await watchOutcome({ ...reached, s3 });
    const { converted, compacted } = await watch.settled({ rawKeys }, signal());
    expect([converted.length, compacted.length]).toEqual([365, 3 * 365]);
    expect(count).toEqual({
      'HeadObjectCommand raw': 365,
      'HeadObjectCommand curated': 3 * 365,
      'ListObjectsV2Command curated': 3 * 365,
      'HeadObjectCommand compacted': 3 * 365,
    });
    // Sixteen objects with three tables each.
    expect(most).toBeLessThanOrEqual(48);
  });
});

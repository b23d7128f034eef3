import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Action, act } from '../../../operations/live/actions.ts';
import type { Activity } from '../../../operations/live/activities.ts';
import type { LiveEvent } from '../../../operations/live/live-event.ts';
import { type LiveStack, startLive } from '../../../operations/live/live-stack.ts';
import { listObjects } from '../../../shared/listing.ts';
import { useAssembly } from '../../cli/state.ts';
import { until } from '../../local/until.ts';

let directory: string;
let live: LiveStack;
let events: LiveEvent[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'live-'));
  await useAssembly(directory);
  events = [];
  live = await startLive({
    stateDir: directory,
    datasets: undefined,
    locations: ['Oslo', 'Lagos'],
    apiKey: undefined,
    signal: new AbortController().signal,
    alarmText: (description) => description,
    onProgress: () => {},
    onTrouble: (reason) => {
      throw new Error(reason);
    },
  });
  live.hear((event) => events.push(event));
});
afterAll(async () => {
  await live.close();
  await rm(directory, { recursive: true });
});

const record = '{"location":{"name":"Oslo"},"current":{"last_updated_epoch":1795132800,"temp_c":1}}\n';

/** Waits until the entry has ended. */
async function ended(isIt: (activity: Activity) => boolean): Promise<string[]> {
  const found = () => live.activities.list().find(isIt);
  await until(() => ['good', 'bad'].includes(found()?.steps.at(-1)?.state ?? ''));
  return (found()?.steps ?? []).map(({ text }) => text.replace(/\d+\.\d s/, 'so many s'));
}
async function whyNot(action: Action): Promise<string | undefined> {
  const { id: asked } = act(live, action);
  return (await ended(({ id }) => id === asked)).at(-1);
}
const put = (Key: string, Body: string) =>
  live.deployed.s3.send(new PutObjectCommand({ Bucket: live.deployed.outputs.RawBucketName, Key, Body }));

test('a run is told step by step, until its rows are visible', async () => {
  const at = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000).toISOString();
  const { id } = act(live, { kind: 'run', dataset: 'weatherapi/current', at });
  expect(await ended((activity) => activity.id === id)).toEqual([
    '2 of 2 places landed in raw.',
    'Converted: 2 rows in weatherapi_current; nothing rescued.',
    'Visible to queries after so many s.',
  ]);
});

test('a run that has landed already is kept', async () => {
  const at = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000).toISOString();
  const { id } = act(live, { kind: 'run', dataset: 'weatherapi/current', at });
  expect(await ended((activity) => activity.id === id)).toEqual([
    'It had landed already, and is kept as it was.',
  ]);
});

test('an object that somebody puts into raw is told of, with the letter that says why it died', async () => {
  await put('weatherapi/current/dt=2026-11-20/<img onerror=x>.json', '{"temp": NaN}');
  const isIt = ({ title }: Activity) => title === '<img onerror=x>.json, 13 B';
  expect((await ended(isIt)).at(-1)).toMatch(/^Dead: The file is not JSON/);
  const letterId = live.activities.list().find(isIt)?.steps.at(-1)?.letterId;
  const letters = live.runtime.emulator.messages(live.deployed.outputs.DeadLetterQueueUrl);
  expect(letters.map(({ id }) => id)).toEqual([letterId]);
  expect(live.flow().queues.convert.dead).toBe(1);
  expect(live.flow().needs).toContainEqual({ text: '1 object needs you.', panel: 'letters' });
});

test('a letter that is redriven once its object was replaced arrives in the tables', async () => {
  const { id: letter = '' } =
    live.runtime.emulator.messages(live.deployed.outputs.DeadLetterQueueUrl)[0] ?? {};
  await put('weatherapi/current/dt=2026-11-20/<img onerror=x>.json', record);
  const { id } = act(live, { kind: 'redrive', ids: [letter] });
  expect((await ended((activity) => activity.id === id)).at(-1)).toBe('Visible to queries after so many s.');
  expect(live.flow().queues.convert.dead).toBe(0);
});

test('the counts are those of a listing, after objects were written over and removed', async () => {
  const { s3, outputs } = live.deployed;
  const Key = 'weatherapi/current/dt=2026-11-20/removed.json';
  // Whether convert finds them or not, nobody gets a letter.
  await put(Key, record);
  await put(Key, record + record);
  await s3.send(new DeleteObjectCommand({ Bucket: outputs.RawBucketName, Key }));
  await live.runtime.settled();
  const { buckets } = live.flow();
  for (const [bucket, name] of Object.entries({
    raw: outputs.RawBucketName,
    curated: outputs.CuratedBucketName,
    compacted: outputs.CompactedBucketName,
  })) {
    const listed = await Array.fromAsync(listObjects(s3, name, { prefix: '' }));
    expect({ bucket, ...buckets[bucket as keyof typeof buckets] }).toEqual({
      bucket,
      objects: listed.length,
      bytes: listed.reduce((sum, { size }) => sum + size, 0),
    });
  }
  expect(buckets.raw.objects).toBeGreaterThan(1);
});

test('what was given up can be taken back, and dies again for the same reason', async () => {
  const { runtime, deployed } = live;
  const letters = () => runtime.emulator.messages(deployed.outputs.DeadLetterQueueUrl);
  const key = 'weatherapi/current/dt=2026-11-20/given-up.json';
  await put(key, 'not JSON');
  await until(() => letters().length === 1);
  const { id: gone } = act(live, { kind: 'give-up', ids: letters().map(({ id }) => id) });
  expect(await ended(({ id }) => id === gone)).toEqual([
    'Gave up 1 dead letter. What it is about can be taken back.',
  ]);
  expect(letters()).toEqual([]);
  const { id: back } = act(live, { kind: 'take-back', keys: [key] });
  expect(await ended(({ id }) => id === back)).toEqual([
    expect.stringMatching(/^Dead: The file is not JSON/),
  ]);
  act(live, { kind: 'give-up', ids: letters().map(({ id }) => id) });
  await until(() => letters().length === 0);
});

test('a replay converts what is there again, and a backfill fetches what is not', async () => {
  const { id: missing } = act(live, {
    kind: 'backfill',
    dataset: 'weatherapi/history',
    from: '2026-11-01',
    to: '2026-11-02',
  });
  expect((await ended(({ id }) => id === missing)).slice(0, 2)).toEqual([
    '4 objects landed in raw.',
    'Converted 4 objects: 96 rows in weatherapi_history_hour, 4 rows in weatherapi_history_day; nothing rescued.',
  ]);
  const replayed = {
    kind: 'replay',
    dataset: 'weatherapi/history',
    from: '2026-11-01',
    to: '2026-11-01',
  } as const;
  const { id: again } = act(live, replayed);
  expect(await ended(({ id }) => id === again)).toEqual([
    'Converted 2 objects: 48 rows in weatherapi_history_hour, 2 rows in weatherapi_history_day; nothing rescued.',
    'Visible to queries after so many s.',
  ]);
});

test('an action that cannot be done says why', async () => {
  const letters = () => live.runtime.emulator.messages(live.deployed.outputs.DeadLetterQueueUrl);
  await put('weatherapi/current/dt=2026-11-20/dead.json', 'not JSON');
  await until(() => letters().length === 1);
  const beginning = letters()[0]?.id[0] ?? '';
  const dataset = 'weatherapi/current';
  expect(await whyNot({ kind: 'redrive', ids: [beginning] })).toBe(
    `There is no dead letter with the id ${beginning}.`,
  );
  expect(letters()).toHaveLength(1);
  expect(await whyNot({ kind: 'run', dataset, at: '9999-12-31T23:00Z' })).toMatch(/is still to come/);
  expect(await whyNot({ kind: 'run', dataset, at: '2026-11-20T05:07Z' })).toMatch(
    /^current does not run at 2026-11-20T05:07Z: its schedule is cron/,
  );
  expect(await whyNot({ kind: 'backfill', dataset, from: '2024-11-20', to: '2025-11-21' })).toMatch(
    /^These are 367 days/,
  );
  const key = 'weatherapi/current/dt=2026-11-20/never.json';
  expect(await whyNot({ kind: 'take-back', keys: [key] })).toMatch(/it was not given up, or is back already/);
  // Nobody follows it any more, so it is told of as a dropped one.
  await put(key, record);
  expect((await ended(({ title }) => title.startsWith('never.json'))).at(-1)).toMatch(/^Visible to queries/);
});

test('a message under way is worked on once, and to its end, when the code is replaced meanwhile', async () => {
  const { runtime } = live;
  await runtime.settled();
  await put('weatherapi/current/dt=2026-11-21/reload.json', '{"location":{"name":"Oslo"}}\n');
  await until(() => runtime.isAtWork('convert-function'));
  await runtime.deploy('convert-function', runtime.bundleOf('convert-function'));
  const steps = await ended(({ title }) => title.startsWith('reload.json'));
  expect(steps).toEqual([expect.stringMatching(/^Dead: /)]);
});

test('pages are told of objects, of activities and of panels that changed', () => {
  const types = new Set(events.map((event) => (event.type === 'changed' ? event.panel : event.type)));
  expect([...types].sort()).toEqual(['activity', 'calendar', 'flow', 'letters', 'object', 'rows']);
});

import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Checkpoint } from '../../operations/replay/checkpoint.ts';
import { Pace } from '../../operations/replay/pace.ts';
import {
  parseSelection,
  type RawSelection,
  type SelectionArguments,
  selectedObjects,
} from '../../operations/replay/raw-selection.ts';
import { replay, survey } from '../../operations/replay/replay.ts';
import { datasetNames, datasets } from '../../shared/datasets.ts';
import { sendMessages } from '../../shared/send-messages.ts';
import { type Aws, startAws } from '../aws.ts';
import { until } from '../local/until.ts';
import { runTdf, tdf } from './cloud.ts';
import { hashesIn, land, landConverted, landUnnoticed, useAssembly } from './state.ts';

const root = 'weatherapi/current/';
const day = (dt: string, name = 'a.json') => `${root}dt=${dt}/${name}`;

function selection(typed: Partial<SelectionArguments> = {}): RawSelection {
  const parsed = parseSelection({ dataset: 'weatherapi/current', ...typed });
  if ('problems' in parsed) throw new Error(parsed.problems.join('\n'));
  return parsed;
}

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'replay-'));
});
afterAll(() => rm(directory, { recursive: true }));

describe('a replay', () => {
  let aws: Aws;
  let stop: AbortController;
  let batches: number;
  let onBatch: (batch: number) => { status: number; code: string } | undefined;
  let checkpoint: Checkpoint;

  beforeEach(async () => {
    batches = 0;
    onBatch = () => undefined;
    stop = new AbortController();
    checkpoint = new Checkpoint(join(directory, 'checkpoints', 'test.json'));
    aws = await startAws();
    aws.fault = ({ action }) => {
      if (action !== 'SendMessageBatch') return undefined;
      batches += 1;
      return onBatch(batches);
    };
  });
  afterEach(async () => {
    checkpoint.remove();
    await aws.stop();
  });

  const source = (typed: Partial<SelectionArguments> = {}) => ({
    bucket: 'raw',
    objects: (after?: string) => selectedObjects(aws.s3, 'raw', selection(typed), after),
    checkpoint,
    signal: stop.signal,
  });
  const run = (typed: Partial<SelectionArguments> = {}) =>
    replay({
      ...source(typed),
      enqueue: (events) => sendMessages(aws.sqs, aws.queueUrl, events),
      rate: 1_000,
    });
  const sentKeys = () => aws.sent().map(({ key }) => key);

  test('sends every object of the dataset once, and nothing else', async () => {
    const keys = [
      `${root}A.json`,
      day('2026-11-22'),
      day('2026-11-22', 'b c+ä.json'),
      `${root}x/y.json`,
      `${root}z.json`,
    ];
    for (const key of [...keys, 'other/a.json', 'weatherapi/currents/a.json']) await aws.put('raw', key);
    await aws.put('raw', `${root}folder/`, '');

    expect(await run()).toEqual({ sent: 5, stoppedAfter: undefined });
    expect(sentKeys()).toEqual(keys);
  });

  test.each<[Partial<SelectionArguments>, string[]]>([
    [{ from: '2026-11-21', to: '2026-11-22' }, ['2026-11-21', '2026-11-22']],
    [{ from: '2026-11-22' }, ['2026-11-22', '2026-11-23']],
    [{ to: '2026-11-21' }, ['2026-11-20', '2026-11-21']],
    [{ from: '2026-11-22', to: '2026-11-22' }, ['2026-11-22']],
    [{ prefix: `${root}dt=2026-11-2` }, ['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23']],
  ])('of %j takes the days in it, the last one included, and no undated object', async (typed, days) => {
    const all = ['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23'];
    for (const key of [
      `${root}a.json`,
      `${root}dt=2026-11.json`,
      `${root}dt=x/a.json`,
      ...all.map((dt) => day(dt)),
    ])
      await aws.put('raw', key);

    await run(typed);

    expect(sentKeys()).toEqual(days.map((dt) => day(dt)));
  });

  test('is of the dataset that a prefix names, and of all when none is named', async () => {
    const prefix = 'weatherapi/history/dt=2026-11-22/';
    expect(parseSelection({ prefix })).toMatchObject({ datasets: [{ name: 'weatherapi/history' }], prefix });
    expect(parseSelection({})).toMatchObject({ datasets });
  });

  test('that is stopped goes on after the last key: over both runs each message is sent exactly once', async () => {
    const keys = Array.from({ length: 95 }, (_, index) => day('2026-11-22', `${100 + index}.json`));
    for (const key of keys) await aws.put('raw', key);
    onBatch = (batch) => {
      if (batch === 3) stop.abort();
      return undefined;
    };

    const first = await run();
    expect(first).toEqual({ sent: 30, stoppedAfter: keys[29] });
    expect(checkpoint.read()).toEqual({ lastKey: keys[29], sent: 30 });

    stop = new AbortController();
    expect(await survey(source())).toEqual({ listed: 95, skipped: 30, first: keys.slice(30, 40) });
    expect(await run()).toEqual({ sent: 65, stoppedAfter: undefined });
    expect(sentKeys().sort()).toEqual(keys);
    expect(existsSync(checkpoint.path)).toBe(false);
  });

  test.each([
    { typed: {}, first: 0, end: 4 },
    { typed: { from: '2026-11-21', to: '2026-11-22' }, first: 1, end: 3 },
  ])(
    'of all datasets, stopped in any of them, sends each message once in the order of the index: %j',
    async ({ typed, first, end }) => {
      const days = ['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23'];
      const keysOf = (of: readonly string[]) =>
        datasets.flatMap(({ name }) =>
          of.flatMap((dt) => [10, 11, 12, 13].map((n) => `${name}/dt=${dt}/${n}.json`)),
        );
      for (const key of keysOf(days)) await aws.put('raw', key);
      const all = keysOf(days.slice(first, end));

      for (let sent = 0; sent < all.length; sent += 10) {
        stop = new AbortController();
        const ofAll = {
          ...source(),
          objects: (after?: string) =>
            selectedObjects(aws.s3, 'raw', selection({ dataset: undefined, ...typed }), after),
        };
        expect(await survey(ofAll)).toEqual({
          listed: all.length,
          skipped: sent,
          first: all.slice(sent, sent + 10),
        });
        await replay({
          ...ofAll,
          enqueue: async (events) => {
            await sendMessages(aws.sqs, aws.queueUrl, events);
            stop.abort();
          },
          rate: 1_000,
        });
      }
      expect(sentKeys().toSorted()).toEqual(all.toSorted());
    },
  );

  test('that SQS refuses fails with the reason, and remembers what was sent', async () => {
    for (let index = 10; index < 40; index++) await aws.put('raw', day('2026-11-22', `${index}.json`));
    onBatch = (batch) => (batch === 3 ? { status: 403, code: 'AccessDenied' } : undefined);

    await expect(run()).rejects.toThrow(/AccessDenied|Injected/);
    expect(checkpoint.read()).toEqual({ lastKey: day('2026-11-22', '29.json'), sent: 20 });
  });

  test('asks to begin anew when its checkpoint holds something else', async () => {
    checkpoint.save({ lastKey: 'x', sent: 1 });
    await writeFile(checkpoint.path, '{"lastKey":');
    await expect(run()).rejects.toThrow(/is not a checkpoint of a replay. Begin anew with --restart/);
    expect(aws.sent()).toEqual([]);
  });
});

test('messages keep their pace: none before its time, and an aborted wait ends at once', async () => {
  const pace = new Pace(200);
  const start = performance.now();
  for (let turn = 0; turn < 4; turn++) await pace.turn(10, new AbortController().signal);
  expect(performance.now() - start).toBeGreaterThanOrEqual(148);

  const slow = new Pace(0.001);
  await slow.turn(1, AbortSignal.abort());
  await slow.turn(1, AbortSignal.abort());
  expect(performance.now() - start).toBeLessThan(100_000);
});

test('everything that is wrong is named at once, what was expected and what came', async () => {
  const wrong = await tdf([
    'replay',
    '--dataset',
    'metar',
    '--from',
    '2026-02-30',
    '--to',
    'today',
    '--rate',
    '0',
  ]);
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toContain(
    '--dataset: expected one of weatherapi/current, weatherapi/forecast, weatherapi/history, got "metar"',
  );
  expect(wrong.stderr).toContain('--from: expected a day that exists, such as 2026-11-22, got "2026-02-30"');
  expect(wrong.stderr).toContain('--to: expected a day that exists, such as 2026-11-22, got "today"');
  expect(wrong.stderr).toContain('--rate: expected a whole number from 1 to 1000, got "0"');

  const typed = { dataset: 'weatherapi/current', from: '2026-11-23', to: '2026-11-22', prefix: 'elsewhere/' };
  expect(parseSelection(typed)).toEqual({
    problems: [
      '--from, --to: expected the first day not to come after the last, got 2026-11-23 and 2026-11-22',
      '--prefix: expected a prefix or days, got both',
      '--prefix: expected it to begin with weatherapi/current/, got "elsewhere/"',
    ],
  });
  expect(parseSelection({ prefix: '' })).toHaveProperty('problems');
  expect(parseSelection({ prefix: 'elsewhere/' })).toEqual({
    problems: [
      '--prefix: expected it to begin with weatherapi/current/ or weatherapi/forecast/ or weatherapi/history/, got "elsewhere/"',
    ],
  });
}, 30_000);

describe('tdf replay --local', () => {
  let state: string;

  beforeEach(async () => {
    state = await mkdtemp(join(directory, 'state-'));
    await useAssembly(state);
  });

  const response = (temp_c: number) =>
    JSON.stringify({ location: { name: 'Oslo' }, current: { last_updated_epoch: 1_795_323_600, temp_c } });
  const local = (...args: string[]) => ['replay', '--local', '--state', state, ...args];
  const hasCheckpoint = () => existsSync(Checkpoint.of([state, { datasets: datasetNames }]).path);

  test('of 40 objects, stopped by Ctrl-C and run again, sends each once and gives the same bytes', async () => {
    const keys = Array.from({ length: 40 }, (_, index) =>
      day(`2026-11-${10 + (index % 10)}`, `${1_000 + index}.json`),
    );
    await landConverted(state, Object.fromEntries(keys.map((key, index) => [key, response(index)])));
    const before = await hashesIn('curated', state);
    expect(Object.keys(before)).toHaveLength(40);
    const log = join(state, 'logs', 'convert-function.log');
    const converted = async () =>
      (await readFile(log, 'utf8'))
        .split('\n')
        .filter((line) => line.includes('"Converted"'))
        .map((line) => (JSON.parse(line) as { rawKey: string }).rawKey);

    const interrupt = until(hasCheckpoint);
    const first = await runTdf(local('--json', '--rate', '20'), { interrupt });
    expect(first).toMatchObject({ code: 130, stderr: '' });
    const ofFirst = JSON.parse(first.stdout);
    expect(ofFirst).toMatchObject({ listed: 40, skipped: 0, stoppedAfter: expect.any(String) });
    expect(ofFirst.sent).toBeGreaterThan(0);
    expect(ofFirst.sent).toBeLessThan(40);

    const second = await tdf(local('--json', '--rate', '1000'));
    expect(second).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(second.stdout)).toMatchObject({
      listed: 40,
      skipped: ofFirst.sent,
      sent: 40 - ofFirst.sent,
      local: { deadLetters: [] },
    });
    expect(hasCheckpoint()).toBe(false);
    expect(new Set(await converted())).toEqual(new Set(keys));
    expect(await hashesIn('curated', state)).toEqual(before);
  }, 60_000);

  test('says what became of the messages, dead letters with their reasons', async () => {
    await land(state, { [day('2026-11-22', 'good.json')]: response(1) });
    await landUnnoticed(state, { [day('2026-11-22', 'bad.json')]: 'no JSON' });

    const { code, stdout } = await tdf(local('--from', '2026-11-22', '--to', '2026-11-22'));

    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^all datasets, 2026-11-22: 2 listed, 2 sent, 0 skipped \(sent before\), \d+\.\d s\n1 converted, 1 compacted, 1 dead letter\n/,
    );
    expect(stdout).toContain('bad.json: ');
  }, 60_000);

  test('--dry-run counts, shows the first keys and sends nothing; --restart forgets an earlier run', async () => {
    const keys = Array.from({ length: 25 }, (_, index) => day('2026-11-22', `${10 + index}.json`));
    await landUnnoticed(state, Object.fromEntries(keys.map((key) => [key, response(1)])));
    const shown = (from: number, more: number) =>
      [...keys.slice(from, from + 10).map((key) => `  ${key}`), `  … and ${more} more\n`].join('\n');

    const dry = await tdf(local('--dry-run'));
    expect(dry.stdout).toBe(`Would send 25 messages: everything of all datasets.\n${shown(0, 15)}`);
    expect(await hashesIn('curated', state)).toEqual({});

    // One batch, and ten seconds until the next.
    const interrupt = until(hasCheckpoint);
    const { code, stdout } = await runTdf(local('--rate', '1'), { interrupt });
    expect(code).toBe(130);
    expect(stdout).toContain(
      `15 are left. The same command goes on after ${keys[9]}; --restart begins anew.\nWhat waits stays in the queues. To have it in the tables: npx tdf reconcile --local --state ${state}\n`,
    );

    const rest = await tdf(local('--dry-run'));
    expect(rest.stdout).toBe(
      '10 of 25 messages were sent by an earlier run: going on after them (--restart begins anew).\n' +
        `Would send 15 messages: everything of all datasets.\n${shown(10, 5)}`,
    );
    const dryRestart = await tdf(local('--dry-run', '--restart', '--json'));
    expect(JSON.parse(dryRestart.stdout)).toMatchObject({ listed: 25, skipped: 0, sent: 0 });
    expect(hasCheckpoint()).toBe(true);

    const anew = await tdf(local('--restart', '--json'));
    expect(JSON.parse(anew.stdout)).toMatchObject({ listed: 25, skipped: 0, sent: 25 });
    expect(hasCheckpoint()).toBe(false);
  }, 60_000);
});

import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { tdf } from './cloud.ts';
import { hashesIn, land, landUnnoticed, useAssembly } from './state.ts';

const raw = (name: string) => `weatherapi/current/dt=2026-11-22/${name}.json`;
const curated = (name: string) => `weatherapi/current/dt=2026-11-22/${name}.parquet`;
const day = (number: number) => `weatherapi/current/dt=2026-11-${number}/`;
const compacted = (number: number) => `${day(number)}day.parquet`;
const foreign = `${day(22)}part-0.parquet`;
const response = (temp_c: number) =>
  JSON.stringify({ location: { name: 'Oslo' }, current: { last_updated_epoch: 1_795_323_600, temp_c } });

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reconcile-'));
});
afterAll(() => rm(directory, { recursive: true }));

describe('tdf reconcile --local', () => {
  let state: string;
  let before: Record<string, string>;
  let compactedBefore: Record<string, string>;
  const reconcile = (...args: string[]) => tdf(['reconcile', '--local', '--state', state, ...args]);

  /**
   * One object that was lost in curated, one changed since, one whose event was lost, one that cannot be converted. In
   * compacted, one day was lost, one has no parts, and one has an object that compact did not write.
   */
  beforeAll(async () => {
    state = await mkdtemp(join(directory, 'state-'));
    await useAssembly(state);
    await land(state, {
      [raw('fine')]: response(1),
      [raw('lost')]: response(2),
      [raw('changed')]: response(3),
      [raw('bad')]: 'no JSON',
      [`${day(21)}a.json`]: response(5),
    });
    compactedBefore = await hashesIn('compacted', state);
    before = await hashesIn('curated', state);
    await rm(join(state, 's3/curated', curated('lost')));
    await appendFile(join(state, 's3/raw', raw('changed')), '\n');
    await landUnnoticed(state, { [raw('unnoticed')]: response(4) });
    await rm(join(state, 's3/compacted', compacted(21)));
    await landUnnoticed(state, { [compacted(20)]: 'PAR1', [foreign]: 'PAR1' }, 'compacted');
  }, 60_000);

  const first = {
    missing: [raw('lost'), raw('unnoticed')],
    stale: [raw('changed')],
    dead: [raw('bad')],
    orphaned: [],
  };

  test('leaves alone what is younger than half an hour', async () => {
    const { code, stdout } = await reconcile('--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      counts: { current: 2, missing: 0, stale: 0, dead: 1, young: 3 },
      enqueued: 0,
      days: { counts: { missing: 0, stale: 0, orphaned: 0, young: 3, foreign: 1 }, enqueued: 0 },
    });
    const said = '  3 younger than 30 minutes were left alone; --grace 0 takes them too.\n';
    expect((await reconcile('--dry-run')).stdout.split(said)).toHaveLength(3);
  }, 30_000);

  test('--dry-run says what it would enqueue, and enqueues nothing', async () => {
    const { code, stdout } = await reconcile('--grace', '0', '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        'From raw to curated',
        '  2 current, 2 missing, 1 stale, 1 dead, 0 young, 0 orphaned',
        '  Missing in curated:',
        ...first.missing.map((key) => `    ${key}`),
        '  Newer in raw than in curated:',
        `    ${raw('changed')}`,
        '  In the dead-letter queue, and left there:',
        `    ${raw('bad')}`,
        '  Nothing was enqueued (--dry-run).',
        'From curated to compacted, by day',
        '  0 current, 1 missing, 1 stale, 1 orphaned, 0 dead, 0 young, 1 foreign',
        '  Missing in compacted:',
        `    ${day(21)}`,
        '  Made of other objects than are in curated, or for other columns:',
        `    ${day(22)}`,
        '  In compacted, though nothing is left in curated:',
        `    ${day(20)}`,
        '  In compacted, though compact did not write it: remove it, or it is queried:',
        `    ${foreign}`,
        '  Nothing was enqueued (--dry-run).\n',
      ].join('\n'),
    );
    expect(Object.keys(await hashesIn('curated', state))).toEqual([
      `${day(21)}a.parquet`,
      curated('changed'),
      curated('fine'),
    ]);
    expect(Object.keys(await hashesIn('compacted', state))).toEqual([compacted(20), compacted(22), foreign]);
  }, 30_000);

  test('has what is missing or stale converted and compacted, and finds nothing more to do afterwards', async () => {
    const { code, stdout } = await reconcile('--grace', '0', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      counts: { current: 2, missing: 2, stale: 1, dead: 1, young: 0, orphaned: 0 },
      enqueued: 3,
      left: 0,
      pruned: 0,
      uncompared: 0,
      first,
      allDeadLettersSeen: true,
      days: {
        counts: { current: 0, missing: 1, stale: 1, orphaned: 1, dead: 0, young: 0, foreign: 1 },
        enqueued: 3,
        left: 0,
        first: { missing: [day(21)], stale: [day(22)], orphaned: [day(20)], dead: [], foreign: [foreign] },
      },
      local: { converted: 3, compacted: 2, deadLetters: [] },
    });
    const after = await hashesIn('curated', state);
    const names = ['changed', 'fine', 'lost', 'unnoticed'];
    expect(Object.keys(after)).toEqual([`${day(21)}a.parquet`, ...names.map(curated)]);
    expect(after).toMatchObject({
      [curated('fine')]: before[curated('fine')],
      [curated('lost')]: before[curated('lost')],
    });
    const days = await hashesIn('compacted', state);
    expect(Object.keys(days)).toEqual([compacted(21), compacted(22), foreign]);
    expect(days[compacted(21)]).toBe(compactedBefore[compacted(21)]);

    const again = await reconcile('--grace', '0', '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({
      counts: { current: 5, missing: 0, stale: 0, dead: 1, young: 0 },
      enqueued: 0,
      days: { counts: { current: 2, missing: 0, stale: 0, orphaned: 0, dead: 0, young: 0 }, enqueued: 0 },
    });
  }, 60_000);

  test('names what is curated though its raw object is gone, and removes it only with --prune', async () => {
    await rm(join(state, 's3/raw', raw('fine')));
    const { stdout: told } = await reconcile('--grace', '0', '--prune', '--dry-run');
    expect(told).toContain(`In curated, though the raw object is gone:\n    ${curated('fine')}\n`);
    expect(told).toContain('Would remove 1; nothing was removed (--dry-run).');
    const { stdout: kept } = await reconcile('--grace', '0');
    expect(kept).toContain('What is orphaned stays, and is queried, until you remove it: --prune.');
    expect(Object.keys(await hashesIn('curated', state))).toContain(curated('fine'));

    const { stdout } = await reconcile('--grace', '0', '--prune');
    expect(stdout).toContain('1 of 1 removed');
    expect(Object.keys(await hashesIn('curated', state))).toEqual([
      `${day(21)}a.parquet`,
      ...['changed', 'lost', 'unnoticed'].map(curated),
    ]);
    // Its day lost its rows with it.
    const again = JSON.parse((await reconcile('--grace', '0', '--json')).stdout);
    expect(again.days.counts).toMatchObject({ current: 2, stale: 0 });
  }, 60_000);

  test('fails when something that it has converted dies', async () => {
    await landUnnoticed(state, { [raw('broken')]: 'no JSON' });
    const { code, stdout } = await reconcile('--grace', '0', '--json');
    expect([code, JSON.parse(stdout).local]).toMatchObject([1, { deadLetters: [{ key: raw('broken') }] }]);
  });
});

test('everything that is wrong is named at once, what was expected and what came', async () => {
  const { code, stderr } = await tdf(['reconcile', '--dataset', 'metar', '--grace', 'long']);
  expect(code).toBe(1);
  expect(stderr).toContain(
    '--dataset: expected one of weatherapi/current, weatherapi/forecast, weatherapi/history, got "metar"',
  );
  expect(stderr).toContain('--grace: expected a number of minutes, got "long"');
});

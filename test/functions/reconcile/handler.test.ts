import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { objectEvent } from '../../../shared/s3-event.ts';
import { landAnHourAgo, landUnnoticed } from '../../cli/state.ts';
import { type Stack, startStack } from '../../stack.ts';

const raw = (name: string) => `weatherapi/current/dt=2026-11-22/${name}.json`;
const day = (number: number) => `weatherapi/current/dt=2026-11-${number}/`;
const compacted = (number: number) => `${day(number)}day.parquet`;
const response = JSON.stringify({
  location: { name: 'Oslo' },
  current: { last_updated_epoch: 1_795_323_600 },
});

describe('a daily run of reconcile', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack({
      prepare: async (stateDir) => {
        await landAnHourAgo(stateDir, { [raw('old')]: response, [raw('old and dead')]: response });
        await landAnHourAgo(stateDir, { [compacted(21)]: 'PAR1', [compacted(20)]: 'PAR1' }, 'compacted');
        await landUnnoticed(stateDir, { [raw('young')]: response });
      },
    });
  }, 30_000);
  afterAll(() => stack.close());

  test('has converted and compacted whatever was lost, and leaves alone what is dead or young', async () => {
    const { runtime, outputs } = stack;
    const written: string[] = [];
    runtime.emulator.onObjectCreated(({ bucket, key }) => written.push(`${bucket} ${key}`));
    runtime.emulator.send(
      outputs.DeadLetterQueueUrl,
      objectEvent({ bucket: 'raw', key: raw('old and dead'), size: 1 }),
    );
    runtime.emulator.send(
      outputs.CompactDeadLetterQueueUrl,
      objectEvent({ bucket: 'curated', key: day(20), size: 0 }),
    );

    const invocation = await stack.reconcile();
    await runtime.settled();

    expect(invocation).toEqual({
      ok: true,
      response: {
        counts: { current: 0, missing: 1, stale: 0, dead: 1, young: 1, orphaned: 0 },
        enqueued: 1,
        left: 0,
        pruned: 0,
        uncompared: 0,
        first: { missing: [raw('old')], stale: [], dead: [raw('old and dead')], orphaned: [] },
        days: {
          counts: { current: 0, missing: 0, stale: 0, orphaned: 1, dead: 1, young: 0, foreign: 0 },
          enqueued: 1,
          left: 0,
          first: { missing: [], stale: [], orphaned: [day(21)], dead: [day(20)], foreign: [] },
        },
      },
    });
    expect(written).toEqual([
      `curated ${raw('old').replace('.json', '.parquet')}`,
      `compacted ${compacted(22)}`,
    ]);
    expect(
      [20, 21, 22].filter((each) => existsSync(runtime.emulator.pathOf('compacted', compacted(each)))),
    ).toEqual([20, 22]);
  });

  test('counts in its own stage’s namespace', () => {
    const metrics = stack
      .log('reconcile-function')
      .split('\n')
      .find((line) => line.includes('CloudWatchMetrics'));
    expect(JSON.parse(metrics ?? '{}')).toMatchObject({
      _aws: { CloudWatchMetrics: [{ Namespace: 'TdfWeather/dev' }] },
      ObjectsMissing: 1,
      ObjectsStale: 0,
      ObjectsDead: 1,
      ObjectsEnqueued: 1,
      DaysStale: 1,
    });
  });
});

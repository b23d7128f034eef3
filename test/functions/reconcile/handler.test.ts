import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { objectEvent } from '../../../shared/s3-event.ts';
import { landAnHourAgo, landUnnoticed } from '../../cli/state.ts';
import { type Stack, startStack } from '../../stack.ts';

const raw = (name: string) => `weatherapi/current/dt=2026-11-22/${name}.json`;
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
        await landUnnoticed(stateDir, { [raw('young')]: response });
      },
    });
  }, 30_000);
  afterAll(() => stack.close());

  test('has converted whatever was lost, and leaves alone what is dead or young', async () => {
    const { runtime, outputs } = stack;
    const written: string[] = [];
    runtime.emulator.onObjectCreated(({ key }) => written.push(key));
    runtime.emulator.send(
      outputs.DeadLetterQueueUrl,
      objectEvent({ bucket: 'raw', key: raw('old and dead'), size: 1 }),
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
      },
    });
    expect(written).toEqual([raw('old').replace('.json', '.parquet')]);
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
    });
  });
});

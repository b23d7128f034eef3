import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { FaultActions } from '../../local/faults/faults.ts';
import { startWeatherApi, type WeatherApi } from '../../local/weatherapi/server.ts';
import { type Backfilled, backfill } from '../../operations/backfill/backfill.ts';
import { fetchInvoker } from '../../operations/backfill/fetch-invoker.ts';
import { landedOf, planBackfill } from '../../operations/backfill/plan.ts';
import type { ParquetRow } from '../../operations/query/parquet-rows.ts';
import { weatherapiHistory } from '../../shared/datasets/weatherapi-history.ts';
import fc from '../fast-check.ts';
import { apiKey, type Stack, startStack } from '../stack.ts';

const request = { dataset: weatherapiHistory, from: '2026-11-16', to: '2026-11-20' };
const places = ['Oslo', 'Tokyo', 'Lima'];
const everything = 15;

let api: WeatherApi;
let stack: Stack;
let s3: S3Client;
/** Of a backfill in one go. */
let whole: Awaited<ReturnType<typeof rows>>;

beforeAll(async () => {
  // One moment, so that the same day is the same answer.
  api = await startWeatherApi({ key: apiKey, now: () => new Date('2026-11-22T05:00:00Z') });
  stack = await startStack({ apiUrl: api.url });
  s3 = new S3Client(stack.runtime.clientConfig);
  expect(await go()).toMatchObject({ asked: everything, landed: everything, left: 0, stopped: undefined });
  whole = await rows();
});
beforeEach(() => stack.clear());
afterAll(async () => {
  s3.destroy();
  await stack.close();
  await api.close();
});

async function go(signal = new AbortController().signal): Promise<Backfilled> {
  const { outputs, runtime } = stack;
  const plan = await planBackfill(s3, outputs.RawBucketName, { ...request, places });
  const { invoke } = await fetchInvoker({ outputs, runtime });
  const event = { scheduledTime: new Date().toISOString(), dataset: weatherapiHistory.name, options: {} };
  const done = await backfill(plan, {
    ...{ event, invoke, signal, rate: undefined },
    landedOf: (run) => landedOf(s3, outputs.RawBucketName, weatherapiHistory, run),
    maxCalls: Number.POSITIVE_INFINITY,
  });
  await stack.runtime.settled();
  return done;
}

/** Of each curated object, without the moment of the call. */
async function rows(): Promise<[string, ParquetRow[]][]> {
  const keys = await stack.curatedKeys();
  return Promise.all(
    keys.map(async (key) => [key, (await stack.rows(key)).map((row) => ({ ...row, fetched_at: null }))]),
  );
}

/** Does something when so many days of places are about to land. */
function whenLanding(count: number, then: (actions: FaultActions) => void): void {
  let landing = 0;
  stack.faults.request = ({ action, bucket }, actions) => {
    if (action !== 'PutObject' || bucket !== stack.outputs.RawBucketName) return undefined;
    landing += 1;
    if (landing === count) then(actions);
    return undefined;
  };
}

test('a backfill that is interrupted anywhere and started again gives the same rows as in one go, by as many calls [backfill-resumed]', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: everything }), async (point) => {
      await stack.clear();
      const before = api.requests.length;
      const stop = new AbortController();
      whenLanding(point, () => stop.abort());
      const first = await go(stop.signal);
      // What is under way lands; two runs of three places, at most.
      expect(first.landed).toBeGreaterThanOrEqual(point);
      expect(first.landed).toBeLessThanOrEqual(point + 5);
      expect(first.stopped?.why).toBe(first.landed < everything ? 'interrupted' : undefined);

      const second = await go();
      expect(first.landed + second.landed).toBe(everything);
      expect(api.requests.length - before).toBe(everything);
      expect(await rows()).toEqual(whole);
    }),
    { numRuns: 4 },
  );
}, 60_000);

test('a fetch that is killed stops a backfill, and the same one goes on: no row is lost, and only what had not landed is called for again [backfill-resumed]', async () => {
  const before = api.requests.length;
  whenLanding(7, (actions) => void actions.crash('fetch-function'));
  const first = await go();
  expect(first.stopped).toMatchObject({ why: 'failed', reason: expect.stringContaining('SIGKILL') });
  const landed = new Set(stack.landed).size;
  expect([first.landed, first.left]).toEqual([landed, everything - landed]);

  stack.faults = {};
  const second = await go();
  expect(second.asked).toBe(everything - landed);
  expect(await rows()).toEqual(whole);
  // Each place of the two runs that were under way.
  expect(api.requests.length - before).toBeLessThanOrEqual(everything + 2 * places.length);
});

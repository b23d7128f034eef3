import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { expect, test } from '@jest/globals';
import type { Clock } from '../../functions/fetch/passes.ts';
import { backfill } from '../../operations/backfill/backfill.ts';
import { CallRate } from '../../operations/backfill/call-rate.ts';
import { planBackfill } from '../../operations/backfill/plan.ts';
import { weatherapiHistory } from '../../shared/datasets/weatherapi-history.ts';
import { daysBetween } from '../../shared/days.ts';
import { placeDayKey } from '../../shared/keys.ts';
import fc from '../fast-check.ts';

const dataset = weatherapiHistory;
const places = Array.from({ length: 1000 }, (_, index) => `${index},10.5`);
const decade = { dataset, from: '2016-01-01', to: '2025-12-31', places };

/** A bucket that holds these keys, which are sorted. */
const bucketOf = (keys: readonly string[]) => ({
  send: async ({ input }: ListObjectsV2Command) => {
    const start = Number(input.ContinuationToken ?? 0);
    const Contents = keys.slice(start, start + 1000).map((Key) => ({ Key, Size: 3 }));
    const IsTruncated = start + 1000 < keys.length;
    return { Contents, IsTruncated, NextContinuationToken: String(start + 1000) };
  },
});
const s3Of = (keys: readonly string[]) => bucketOf(keys) as unknown as Parameters<typeof planBackfill>[0];

/** What every backfill here gets, unless a test says otherwise. */
const unbounded = {
  event: { scheduledTime: '2026-11-22T05:00:00Z', dataset: dataset.name, options: {} },
  landedOf: async () => [],
  maxCalls: Number.POSITIVE_INFINITY,
  rate: undefined,
  signal: new AbortController().signal,
};
const nothingLacking = { skipped: [], failed: [], missing: [], quotaSpent: false, runFailure: undefined };

/** A clock whose sleeps are over at once. */
function skipping(now = 0): Clock & { pass: (milliseconds: number) => void } {
  const pass = (milliseconds: number) => {
    now += milliseconds;
  };
  return { now: () => now, pass, sleep: async (milliseconds) => pass(milliseconds) };
}

/** Megabytes that are in use once the garbage is collected. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed / 1024 ** 2;
}

test('the plan of ten years of a thousand places stays below 50 MB, were each day another list of places [backfill-bounds]', async () => {
  const nothing = await planBackfill(s3Of([]), 'raw', decade);
  expect([nothing.calls, nothing.missing.length, nothing.there]).toEqual([3_653_000, 3653, 0]);
  expect(new Set(nothing.missing.map((day) => day.places)).size).toBe(1);

  const onePerDay = [...daysBetween(decade.from, decade.to)].map((day, index) =>
    placeDayKey(dataset, day, places[index % places.length] ?? ''),
  );
  const before = heapUsed();
  const some = await planBackfill(s3Of(onePerDay), 'raw', decade);
  expect(heapUsed() - before).toBeLessThan(50);
  expect([some.calls, some.there, some.daysThere]).toEqual([3_653_000 - 3653, 3653, 0]);
});

test('of any days, places and objects, the plan has what is not there, oldest first, and nothing twice', async () => {
  const from = '2026-02-26';
  const days = [...daysBetween(from, '2026-03-02')];
  const some = ['Oslo', 'São Paulo', '59.9,10.7', 'iata:OSL'];
  const pair = fc.tuple(
    fc.constantFrom(...days, '2026-02-25', '2026-03-03'),
    fc.constantFrom(...some, 'Lima'),
  );
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(pair, { selector: String }), async (there) => {
      const keys = [...there.map(([day, place]) => placeDayKey(dataset, day, place))];
      keys.push(`${dataset.name}/dt=2026-03-01/dropped.json`);
      const s3 = s3Of(keys.filter((key) => key > `${dataset.name}/dt=${from}`).sort());
      const plan = await planBackfill(s3, 'raw', { dataset, from, to: '2026-03-02', places: some });
      const isThere = (day: string, place: string) => there.some(([d, p]) => d === day && p === place);
      const expected = days
        .map((day) => ({ day, places: some.filter((place) => !isThere(day, place)) }))
        .filter((each) => each.places.length > 0);
      expect(plan.missing).toEqual(expected);
      expect(plan.calls).toBe(expected.flatMap((each) => each.places).length);
      expect([plan.calls + plan.there, plan.daysThere + expected.length]).toEqual([20, 5]);
    }),
  );
});

test('with a rate, no minute has more calls than that, and a day of more places takes several runs [backfill-bounds]', async () => {
  const calls: { at: number; count: number }[] = [];
  const clock = skipping();
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 0, max: 40_000 }),
      async (perMinute, sizes, milliseconds) => {
        calls.length = 0;
        let progress = 0;
        const missing = sizes.map((size, index) => ({
          day: `2026-01-0${index + 1}`,
          places: places.slice(0, size),
        }));
        const total = sizes.reduce((sum, size) => sum + size, 0);
        const done = await backfill(
          { missing, calls: total },
          {
            ...unbounded,
            invoke: async ({ locations }) => {
              calls.push({ at: clock.now(), count: locations.length });
              clock.pass(milliseconds);
              return { ok: true, response: { ...nothingLacking, keys: locations } };
            },
            rate: { perMinute, calls: new CallRate(perMinute, clock) },
            onProgress: (some) => {
              progress += some;
            },
          },
        );
        expect([done.landed, done.left, progress]).toEqual([total, 0, total]);
        for (const { at } of calls) {
          const minute = calls.filter((call) => call.at >= at && call.at < at + 60_000);
          expect(minute.reduce((sum, { count }) => sum + count, 0)).toBeLessThanOrEqual(perMinute);
        }
      },
    ),
  );
});

test('of any places, days and --max-calls, a backfill makes so many calls or as many as are missing, and repeating it finishes [backfill-bounds]', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 12 }),
      fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
      async (sizes, maxCalls, perMinute) => {
        let missing = sizes.map((size, index) => ({
          day: `2026-01-0${index + 1}`,
          places: places.slice(0, size),
        }));
        let left = sizes.reduce((sum, size) => sum + size, 0);
        while (left > 0) {
          const landed = new Set<string>();
          const expected = Math.min(maxCalls, left);
          const done = await backfill(
            { missing, calls: left },
            {
              ...unbounded,
              maxCalls,
              invoke: async ({ day, locations }) => {
                for (const place of locations) landed.add(`${day} ${place}`);
                return { ok: true, response: { ...nothingLacking, keys: locations } };
              },
              rate:
                perMinute === undefined
                  ? undefined
                  : { perMinute, calls: new CallRate(perMinute, skipping()) },
            },
          );
          expect([landed.size, done.asked, done.landed]).toEqual([expected, expected, expected]);
          missing = missing
            .map(({ day, places: all }) => ({ day, places: all.filter((q) => !landed.has(`${day} ${q}`)) }))
            .filter((each) => each.places.length > 0);
          left -= expected;
          expect([done.left, done.stopped]).toEqual([
            left,
            left > 0 ? { why: 'max-calls', day: missing[0]?.day } : undefined,
          ]);
        }
      },
    ),
  );
});

import type { Alarm, Flow } from '../../../console/api.ts';

export const alarm = (name: string, tile: Alarm['tile'], rings = false): Alarm => ({
  name,
  tile,
  rings,
  description: `${name} tells what to type.`,
});

/** A pipeline at rest. */
export function flowState(change: Partial<Flow> = {}): Flow {
  const work = { isAtWork: false, invocationsInLastHour: 4, averageMilliseconds: 80 };
  const queue = { waiting: 0, inFlight: 0, oldestSeconds: null, dead: 0 };
  return {
    now: '2026-11-22T09:04:41.000Z',
    schedules: [
      { dataset: 'weatherapi/history', expression: 'cron(0 1 * * ? *)', next: '2026-11-23T01:00:00.000Z' },
      { dataset: 'weatherapi/current', expression: 'cron(0 * * * ? *)', next: '2026-11-22T10:00:00.000Z' },
    ],
    places: 3,
    buckets: {
      raw: { objects: 9079, bytes: 75_400_000 },
      curated: { objects: 10_330, bytes: 42_400_000 },
      compacted: { objects: 1, bytes: 950 },
    },
    queues: { convert: queue, compact: queue },
    functions: { fetch: work, convert: work, compact: work, reconcile: work },
    alarms: [],
    needs: [],
    isEmpty: false,
    ...change,
  };
}

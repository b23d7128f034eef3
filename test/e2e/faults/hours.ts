import type { RunReport } from '../../../functions/fetch/run.ts';
import { random } from '../../../local/faults/random.ts';
import { curatedKeys, parseRawKey } from '../../../shared/keys.ts';
import { hour, type Stack } from '../../stack.ts';
import type { RawObject, Version } from './traffic.ts';

const places = ['Oslo', 'Melbourne'];

/**
 * Hours in any order, some of them twice at once. Each run is tried three times, as Lambda does.
 * @returns the keys that runs reported
 */
export async function fetchHours(stack: Stack, seed: number): Promise<string[]> {
  const start = Date.UTC(2026, 10, 22, Math.floor(random(seed, 'hour') * 20));
  const times = [1, 0].map((hours) => new Date(start + hours * hour));
  const starts = times.flatMap((time, index) => (random(seed, 'twice', index) < 0.4 ? [time, time] : [time]));
  const keys = await Promise.all(
    starts.map(async (time) => {
      let invocation = await stack.invokeFetch(time, places);
      for (let retries = 2; retries > 0 && !invocation.ok; retries--)
        invocation = await stack.invokeFetch(time, places);
      return invocation.ok ? (invocation.response as RunReport).keys[0] : undefined;
    }),
  );
  return keys.filter((key) => key !== undefined);
}

/** What fetch has landed, as it is. */
export async function landedHours(stack: Stack): Promise<RawObject[]> {
  const keys = [...new Set(stack.landed)].filter((key) => /\d{8}T\d{6}Z\.json$/.test(key));
  return Promise.all(
    keys.map(async (key) => {
      const content = await stack.raw(key);
      const version: Version = { body: Buffer.of(), metadata: {}, ...content, outcome: places.length };
      const { day = '', ...parsed } = parseRawKey(key);
      return {
        bucket: 'raw',
        key,
        keys: [key],
        curatedKey: curatedKeys({ ...parsed, day })[0] ?? '',
        versions: [version],
        change: { action: '', when: 'before', of: [] },
      };
    }),
  );
}

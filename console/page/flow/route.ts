import type { Flow, LiveEvent } from '../../api.ts';
import type { Spot } from './layout.ts';

type Written = Extract<LiveEvent, { type: 'object' }>;

/** The way of an object to where it was written, and on to who hears of it; none for one that nobody waits for. */
export function routeOf({ bucket, key, isRemoved }: Written, flow: Flow | null): readonly Spot[] {
  if (isRemoved || key.startsWith('given-up/')) return [];
  if (bucket === 'raw') return [flow?.functions.fetch.isAtWork ? 'fetch' : 'drop', 'raw', 'convert-queue'];
  if (bucket === 'curated') return ['convert-queue', 'convert', 'curated', 'compact-queue'];
  return ['compact-queue', 'compact', 'table'];
}

/** The way of a message that was given up since the last look; none when there is none. */
export function burialsOf(before: Flow | null, after: Flow): (readonly Spot[])[] {
  return (['convert', 'compact'] as const)
    .filter((name) => before && after.queues[name].dead > before.queues[name].dead)
    .map((name) => [name, `${name}-fork`, `${name}-dead`]);
}

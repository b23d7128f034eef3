import { listDigest } from '../../shared/list-digest.ts';
import type { Destination, DestinationSettings } from './destination.ts';
import { findRunObject, land } from './landing.ts';
import { Spool } from './spool.ts';

/** All answers of a run go into one raw object, one line per place, in the order of the places. */
export async function objectPerRun({ event, raw, fetchedAt }: DestinationSettings): Promise<Destination> {
  const list = listDigest(event);
  const object = await findRunObject(raw, event, list);
  const spool = await Spool.open();
  return {
    left: [...event.locations.keys()].filter((place) => !object.landed?.places.has(place)),
    parameters: {},
    async take(place, answer) {
      if (answer.kind !== 'data' || (await spool.add(place, answer.line))) return answer;
      return { kind: 'disk-full', reason: "the function's disk is full", tries: answer.tries };
    },
    async land(tries) {
      const { key, added, places } = await land(raw, spool, object, { event, list, fetchedAt, tries });
      return { keys: key === undefined ? [] : [key], written: added > 0 ? 1 : 0, added, places };
    },
    missing: (places) => missingBefore({ event, raw }, list, places),
    close: () => spool.close(),
  };
}

/**
 * Earlier runs to look at, at most. Those with other lists of places do not count. Neither does a run that landed nothing:
 * it lacks every place, and is counted as skipped.
 */
const maxLooks = 10;

async function missingBefore(
  { event: { dataset, scheduledTime }, raw }: Pick<DestinationSettings, 'event' | 'raw'>,
  list: string,
  places: readonly number[],
): Promise<readonly number[]> {
  let missing = places;
  let looks = 0;
  let runs = 0;
  for await (const key of raw.runsBefore(dataset, scheduledTime)) {
    const landed = await raw.look(key);
    if (landed?.list === list) {
      missing = missing.filter((place) => !landed.places.has(place));
      runs += 1;
    }
    if (runs === 2) return missing;
    looks += 1;
    if (looks === maxLooks) break;
  }
  return [];
}

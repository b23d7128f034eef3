import { addDays } from '../../shared/days.ts';
import { type Day, placeDayKey } from '../../shared/keys.ts';
import { listDigest } from '../../shared/list-digest.ts';
import { objectMetadata } from '../../shared/object-metadata.ts';
import { otherDayIn } from './answer-day.ts';
import type { Destination, DestinationSettings } from './destination.ts';
import { limits } from './limits.ts';
import { encodePlaces } from './place-set.ts';

/** Each place's answer for a local day is a raw object of its own, which lands at once, and only once. */
export async function objectPerPlace(
  { event, raw, fetchedAt }: DestinationSettings,
  day: Day,
): Promise<Destination> {
  const { dataset, locations, options, scheduledTime } = event;
  const keys = locations.map((location) => placeDayKey(dataset, day, location));
  const there = await raw.keysOf(dataset, day);
  const parameters = { dt: day };
  const tries = new Map<number, number>();
  let written = 0;

  const put = async (place: number, line: Uint8Array): Promise<void> => {
    const key = keys[place] ?? '';
    const metadata = {
      'scheduled-time': scheduledTime.toISOString(),
      [objectMetadata.fetchedAt]: fetchedAt,
      endpoint: dataset.endpoint,
      query: new URLSearchParams({ ...options, ...parameters }).toString(),
      tries: String(tries.get(place)),
      [objectMetadata.places]: '1',
      [objectMetadata.placesMissing]: '0',
      [objectMetadata.placesList]: listDigest({ locations: locations.slice(place, place + 1), options }),
      'places-landed': encodePlaces([0]),
    };
    for (let round = 0; round < limits.rounds; round++) {
      const isWritten = await raw.put(key, [line, Buffer.from('\n')], metadata, undefined);
      if (isWritten) written += 1;
      // Otherwise another run wrote it, and its object is as good.
      if (isWritten || (await raw.keysOf(dataset, day)).has(key)) {
        there.add(key);
        return;
      }
    }
    throw new Error(`"${key}" changed ${limits.rounds} times while the run wrote to it.`);
  };

  return {
    // A place that is named twice counts once.
    left: keys.flatMap((key, place) => (there.has(key) || keys.indexOf(key) < place ? [] : [place])),
    parameters,
    async take(place, answer) {
      tries.set(place, answer.tries + (tries.get(place) ?? 0));
      if (answer.kind !== 'data') return answer;
      const other = otherDayIn(answer.line, dataset, day);
      if (other !== undefined) {
        const reason = `the answer is for ${other}, not for ${day}`;
        return { kind: 'refused', reason, tries: answer.tries };
      }
      await put(place, answer.line);
      return answer;
    },
    async land() {
      const landed = [...new Set(keys)].filter((key) => there.has(key));
      return { keys: landed, written, added: written, places: landed.length };
    },
    async missing(places) {
      let missing = places;
      for (const before of [addDays(day, -1), addDays(day, -2)]) {
        const landed = await raw.keysOf(dataset, before);
        const has = (place: number) => landed.has(placeDayKey(dataset, before, locations[place] ?? ''));
        // A day without any object lacks every place, and its run is counted as skipped.
        if (![...locations.keys()].some(has)) return [];
        missing = missing.filter((place) => !has(place));
      }
      return missing;
    },
    async close() {},
  };
}

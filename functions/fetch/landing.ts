import { rawKey } from '../../shared/keys.ts';
import { objectMetadata } from '../../shared/object-metadata.ts';
import { limits } from './limits.ts';
import { encodePlaces } from './place-set.ts';
import type { Landed, RawBucket } from './raw-bucket.ts';
import type { RunEvent } from './run-event.ts';
import type { Spool } from './spool.ts';

interface RunObject {
  readonly key: string;
  readonly landed: Landed | undefined;
}

interface Landing {
  readonly event: RunEvent;
  readonly list: string;
  readonly fetchedAt: string;
  readonly tries: number;
}

/** Looks under the key of the run's time, and if another list of places landed there, under the list's own key. */
export async function findRunObject(
  raw: Pick<RawBucket, 'look'>,
  { dataset, scheduledTime }: RunEvent,
  list: string,
): Promise<RunObject> {
  let key = rawKey(dataset, scheduledTime);
  let landed = await raw.look(key);
  if (landed && landed.list !== list) {
    key = rawKey(dataset, scheduledTime, list);
    landed = await raw.look(key);
    if (landed && landed.list !== list)
      throw new Error(`"${key}" was not landed by a run. Move it to another key.`);
  }
  return { key, landed };
}

/**
 * Adds the spooled lines to the run's object, in the order of the places. If somebody else writes to the object in the
 * meantime, it starts over with what they wrote.
 */
export async function land(
  raw: Pick<RawBucket, 'look' | 'lines' | 'put'>,
  spool: Spool,
  seen: RunObject,
  { event, list, fetchedAt, tries }: Landing,
): Promise<{ readonly key: string | undefined; readonly added: number; readonly places: number }> {
  const fetched = spool.places;
  let object = seen;
  for (let round = 0; round < limits.rounds; round++) {
    if (round > 0) object = await findRunObject(raw, event, list);
    const { key, landed } = object;
    const before = landed?.places ?? new Set();
    const added = fetched.filter((place) => !before.has(place)).length;
    if (added === 0) return { key: landed && key, added, places: before.size };
    if (landed && !(await takeOver(raw, spool, key, landed))) continue;

    const places = [...new Set([...before, ...fetched])].sort((a, b) => a - b);
    const metadata = {
      'scheduled-time': event.scheduledTime.toISOString(),
      [objectMetadata.fetchedAt]: landed?.fetchedAt ?? fetchedAt,
      endpoint: event.dataset.endpoint,
      query: new URLSearchParams(event.options).toString(),
      tries: String(tries + (landed?.tries ?? 0)),
      [objectMetadata.places]: String(places.length),
      [objectMetadata.placesMissing]: String(event.locations.length - places.length),
      [objectMetadata.placesList]: list,
      'places-landed': encodePlaces(places),
    };
    if (await raw.put(key, spool.lines(places), metadata, landed)) {
      return { key, added, places: places.length };
    }
  }
  throw new Error(`"${object.key}" changed ${limits.rounds} times while the run wrote to it.`);
}

/** Copies the lines that landed before into the spool. @returns false when the object has changed */
async function takeOver(
  raw: Pick<RawBucket, 'lines'>,
  spool: Spool,
  key: string,
  landed: Landed,
): Promise<boolean> {
  const lines = await raw.lines(key, landed);
  if (!lines) return false;
  const places = [...landed.places];
  let count = 0;
  for await (const line of lines) {
    if (!(await spool.add(places[count++] ?? -1, line)))
      throw new Error(`The disk has no room for "${key}".`);
  }
  if (count === places.length) return true;
  throw new Error(`"${key}" has ${count} lines, but its metadata says ${places.length} places.`);
}

import { rawKey } from '../../shared/keys.ts';
import { limits } from './limits.ts';
import { encodePlaces } from './place-list.ts';
import type { Landed, RawBucket } from './raw-bucket.ts';
import type { RunEvent } from './run-event.ts';
import type { Spool } from './spool.ts';

/** A run's raw object, as it was seen. */
export interface RunObject {
  readonly key: string;
  readonly landed: Landed | undefined;
}

/** What is to land. */
export interface Landing {
  readonly event: RunEvent;
  /** Digest of the event's list of places. */
  readonly list: string;
  readonly fetchedAt: string;
  readonly tries: number;
}

/** Looks under the key of the run's time; when another list of places has landed there, under the list's own. */
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
    if (landed && landed.list !== list) throw new Error(`"${key}" holds what no run has landed.`);
  }
  return { key, landed };
}

/**
 * Adds the lines that a run has spooled to its object, all in the order of the places. Who else writes to it meanwhile
 * loses nothing: a write counts only on what was seen, else it starts over.
 * @returns the object, and how many places were added
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
      'fetched-at': landed?.fetchedAt ?? fetchedAt,
      endpoint: event.dataset.endpoint,
      query: new URLSearchParams(event.options).toString(),
      tries: String(tries + (landed?.tries ?? 0)),
      places: String(places.length),
      'places-missing': String(event.locations.length - places.length),
      'places-list': list,
      'places-landed': encodePlaces(places),
    };
    if (await raw.put(key, spool.lines(places), metadata, landed)) {
      return { key, added, places: places.length };
    }
  }
  throw new Error(`"${object.key}" changed ${limits.rounds} times while it was written.`);
}

/** Takes the lines that have landed before into the spool; false when they are others by now. */
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
  for await (const line of lines) await spool.add(places[count++] ?? -1, line);
  if (count === places.length) return true;
  throw new Error(`"${key}" has ${count} lines, but its metadata tells of ${places.length} places.`);
}

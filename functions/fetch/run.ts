import type { Unfetched } from '../../shared/run-log.ts';
import { findRunObject, land } from './landing.ts';
import { askInPasses, type PassOptions } from './passes.ts';
import { listDigest } from './place-list.ts';
import type { RawBucket } from './raw-bucket.ts';
import type { RunEvent } from './run-event.ts';
import { Spool } from './spool.ts';
import type { WeatherApi } from './weatherapi.ts';

/** How a run ended. */
export interface RunReport {
  /** The raw object that holds this run; undefined when there is none. */
  readonly key: string | undefined;
  /** False when this run has added nothing to it. */
  readonly landed: boolean;
  /** Places whose data this run has added to it. */
  readonly fetched: number;
  /** Places whose data is in it. */
  readonly places: number;
  /** Places without data this hour, for reasons that pass by themselves, or that are the run's. */
  readonly skipped: readonly Unfetched[];
  /** Places that need somebody to fix the configuration. */
  readonly failed: readonly Unfetched[];
  /** Of the skipped places, those that the two landed runs before this one lack as well; none when this run failed. */
  readonly missing: readonly string[];
  /** The provider said that the month's calls are spent. */
  readonly quotaSpent: boolean;
  /** Why nothing more was asked, when the key or the plan is at fault. */
  readonly runFailure: string | undefined;
}

export interface RunDependencies extends Omit<PassOptions, 'deadline'> {
  readonly api: Pick<WeatherApi, 'call'>;
  readonly raw: Pick<RawBucket, 'look' | 'lines' | 'put' | 'runsBefore'>;
}

/**
 * Fetches the places of a run that its raw object does not have yet, and lands what came: one line per place, in their
 * order, as the provider sent it. Places that failed do not lose the others; when none came, nothing is landed.
 * @param deadline ends the run: places not fetched by then are skipped
 */
export async function run(
  event: RunEvent,
  { api, raw, clock, onPause }: RunDependencies,
  deadline: AbortSignal,
): Promise<RunReport> {
  const { dataset, locations, options } = event;
  const list = listDigest(event);
  const fetchedAt = new Date(clock.now()).toISOString();
  const object = await findRunObject(raw, event, list);
  // A place is its number in the list: the same one may be asked for twice.
  const places = [...locations.keys()].filter((place) => !object.landed?.places.has(place));

  const spool = await Spool.open();
  try {
    const ask = async (place: number) => {
      const answer = await api.call(dataset, { ...options, q: locations[place] ?? '' }, deadline);
      if (answer.kind === 'data') await spool.add(place, answer.line);
      return answer;
    };
    const outcomes = await askInPasses(places, ask, { clock, deadline, onPause });
    const tries = outcomes.reduce((sum, outcome) => sum + outcome.tries, 0);
    const landing = await land(raw, spool, object, { event, list, fetchedAt, tries });

    const unfetched = outcomes.filter((outcome) => outcome.kind !== 'data');
    const failed = unfetched.filter(({ kind }) => kind === 'location-failed');
    const skipped = unfetched.filter(({ kind }) => kind !== 'location-failed');
    const describe = ({ place, reason, tries: sent }: (typeof unfetched)[number]): Unfetched => ({
      location: locations[place] ?? '',
      reason: sent > 1 ? `${reason} (after ${sent} tries)` : reason,
    });
    const stopped = unfetched.find(({ kind }) => kind === 'run-failed' || kind === 'key-refused');
    const toCompare = stopped ? [] : skipped.map(({ place }) => place);
    const missing = await missingBefore(raw, event, list, toCompare);
    return {
      key: landing.key,
      landed: landing.added > 0,
      fetched: landing.added,
      places: landing.places,
      skipped: skipped.map(describe),
      failed: failed.map(describe),
      missing: missing.map((place) => locations[place] ?? ''),
      quotaSpent: unfetched.some(({ kind }) => kind === 'quota-spent'),
      runFailure: stopped?.reason,
    };
  } finally {
    await spool.close();
  }
}

/** Runs before this one that are looked at, at most: those of other lists of places tell nothing. */
const maxLooks = 10;

/** Which of some places the two landed runs before this one lack as well. */
async function missingBefore(
  raw: Pick<RawBucket, 'look' | 'runsBefore'>,
  { dataset, scheduledTime }: RunEvent,
  list: string,
  places: readonly number[],
): Promise<readonly number[]> {
  if (places.length === 0) return [];
  let missing = places;
  let runs = 0;
  for (const key of (await raw.runsBefore(dataset, scheduledTime)).slice(0, maxLooks)) {
    const landed = await raw.look(key);
    if (landed?.list !== list) continue;
    missing = missing.filter((place) => !landed.places.has(place));
    runs += 1;
    if (runs === 2) return missing;
  }
  return [];
}

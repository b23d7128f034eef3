import type { Unfetched } from '../../shared/run-log.ts';
import { findRunObject, land } from './landing.ts';
import { askInPasses, type Outcome, type PassOptions } from './passes.ts';
import { listDigest } from './place-list.ts';
import type { RawBucket } from './raw-bucket.ts';
import type { RunEvent } from './run-event.ts';
import { Spool } from './spool.ts';
import type { WeatherApi } from './weatherapi.ts';

export interface RunReport {
  /** The run's raw object; undefined when nothing landed. */
  readonly key: string | undefined;
  readonly landed: boolean;
  /** Places whose data this run added. */
  readonly fetched: number;
  /** Places whose data is in the object. */
  readonly places: number;
  /** Places without data this hour, for reasons that pass by themselves or concern the whole run. */
  readonly skipped: readonly Unfetched[];
  /** Places that somebody has to fix in the configuration. */
  readonly failed: readonly Unfetched[];
  /** Skipped places that the two landed runs before this one lack too; none when this run failed. */
  readonly missing: readonly string[];
  readonly quotaSpent: boolean;
  /** Why WeatherAPI refuses every call: the key or the plan is at fault. */
  readonly runFailure: string | undefined;
}

interface RunDependencies extends Omit<PassOptions, 'deadline'> {
  readonly api: Pick<WeatherApi, 'call'>;
  readonly raw: Pick<RawBucket, 'look' | 'lines' | 'put' | 'runsBefore'>;
}

/**
 * Fetches the places that the run's raw object does not have yet, and lands the answers as the provider sent them: one line
 * per place, in the order of the places. A place that fails does not cost the others.
 * @param deadline aborted when no more requests may be sent
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
  // A place is known by its number, because the list may name it twice.
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
    const isFailed = ({ kind }: Outcome) => kind === 'location-failed' || kind === 'redirected';
    const failed = unfetched.filter(isFailed);
    const skipped = unfetched.filter((outcome) => !isFailed(outcome));
    const describe = ({ place, reason, tries: sent }: (typeof unfetched)[number]): Unfetched => ({
      location: locations[place] ?? '',
      reason: sent > 1 ? `${reason} (after ${sent} tries)` : reason,
    });
    const isRedirected = landing.places === 0 && outcomes.every(({ kind }) => kind === 'redirected');
    const stopped = isRedirected
      ? unfetched[0]
      : unfetched.find(({ kind }) => kind === 'run-failed' || kind === 'key-refused');
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

/**
 * Earlier runs to look at, at most. Those with other lists of places do not count. Neither does a run that landed nothing:
 * it lacks every place, and is counted as skipped.
 */
const maxLooks = 10;

async function missingBefore(
  raw: Pick<RawBucket, 'look' | 'runsBefore'>,
  { dataset, scheduledTime }: RunEvent,
  list: string,
  places: readonly number[],
): Promise<readonly number[]> {
  if (places.length === 0) return [];
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

import type { Unfetched } from '../../shared/run-log.ts';
import type { DestinationSettings, Landing } from './destination.ts';
import { objectPerPlace } from './object-per-place.ts';
import { objectPerRun } from './object-per-run.ts';
import { askInPasses, type Outcome, type PassOptions } from './passes.ts';
import type { RunEvent } from './run-event.ts';
import type { WeatherApi } from './weatherapi.ts';

export interface RunReport {
  /** The raw objects that hold the run's places: one, or one per place; empty when nothing landed. */
  readonly keys: readonly string[];
  /** How many of them this run wrote. */
  readonly landed: number;
  /** Places whose data this run added. */
  readonly fetched: number;
  /** Places whose data is in the objects. */
  readonly places: number;
  /** Places without data this time, for reasons that pass by themselves or concern the whole run. */
  readonly skipped: readonly Unfetched[];
  /** Places that somebody has to fix in the configuration. */
  readonly failed: readonly Unfetched[];
  /** Skipped places that the two landed runs before this one lack too; none when this run failed. */
  readonly missing: readonly string[];
  readonly quotaSpent: boolean;
  /** No place got an answer, for trouble that passes by itself. */
  readonly outage: boolean;
  /** Why WeatherAPI refuses every call: the key or the plan is at fault. */
  readonly runFailure: string | undefined;
}

interface RunDependencies extends Omit<PassOptions, 'deadline'>, Pick<DestinationSettings, 'raw'> {
  readonly api: Pick<WeatherApi, 'call'>;
}

/**
 * Fetches the places that have not landed yet, and lands the answers as the provider sent them. A place that fails does not
 * cost the others.
 * @param deadline aborted when no more requests may be sent
 */
export async function run(
  event: RunEvent,
  { api, raw, clock, onPause }: RunDependencies,
  deadline: AbortSignal,
): Promise<RunReport> {
  const { dataset, locations, options, day } = event;
  const settings = { event, raw, fetchedAt: new Date(clock.now()).toISOString() };
  // A place is known by its number, because the list may name it twice.
  const destination = await (day === undefined ? objectPerRun(settings) : objectPerPlace(settings, day));
  try {
    const ask = async (place: number) => {
      const query = { ...options, ...destination.parameters, q: locations[place] ?? '' };
      return destination.take(place, await api.call(dataset, query, deadline));
    };
    const outcomes = await askInPasses(destination.left, ask, { clock, deadline, onPause });
    const tries = outcomes.reduce((sum, outcome) => sum + outcome.tries, 0);
    const landing = await destination.land(tries);

    const unfetched = outcomes.filter((outcome) => outcome.kind !== 'data');
    const isFailed = ({ kind }: Outcome) => kind === 'location-failed' || kind === 'redirected';
    const failed = unfetched.filter(isFailed);
    const skipped = unfetched.filter((outcome) => !isFailed(outcome));
    const describe = ({ place, reason, tries: sent }: (typeof unfetched)[number]): Unfetched => ({
      location: locations[place] ?? '',
      reason: sent > 1 ? `${reason} (after ${sent} tries)` : reason,
    });
    const stopped = failureOf(outcomes, landing);
    const toCompare = stopped ? [] : skipped.map(({ place }) => place);
    const missing = toCompare.length > 0 ? await destination.missing(toCompare) : [];
    return {
      keys: landing.keys,
      landed: landing.written,
      fetched: landing.added,
      places: landing.places,
      skipped: skipped.map(describe),
      failed: failed.map(describe),
      missing: missing.map((place) => locations[place] ?? ''),
      quotaSpent: unfetched.some(({ kind }) => kind === 'quota-spent'),
      outage: outcomes.length > 0 && outcomes.every(({ kind }) => kind === 'transient' || kind === 'skipped'),
      runFailure: stopped?.reason,
    };
  } finally {
    await destination.close();
  }
}

/** Why every call is refused, if it is: a refusal of that kind, or redirects for all places. */
function failureOf(outcomes: readonly Outcome[], { places }: Landing) {
  const unfetched = outcomes.filter((outcome) => outcome.kind !== 'data');
  const isRedirected = places === 0 && outcomes.every(({ kind }) => kind === 'redirected');
  if (isRedirected) return unfetched[0];
  return unfetched.find(({ kind }) => kind === 'run-failed' || kind === 'key-refused');
}

import pMap from 'p-map';
import type { RunReport } from '../../functions/fetch/run.ts';
import type { RunEventInput } from '../../functions/fetch/run-event.ts';
import type { Invocation } from '../../local/lambda/sandbox.ts';
import type { Day } from '../../shared/keys.ts';
import type { Unfetched } from '../../shared/run-log.ts';
import type { CallRate } from './call-rate.ts';
import type { FetchInvoker } from './fetch-invoker.ts';
import type { BackfillPlan, MissingDay } from './plan.ts';

export interface BackfillOptions {
  /** What each run gets, beside the places and the day that are missing. */
  readonly event: Omit<RunEventInput, 'locations' | 'day'>;
  readonly invoke: FetchInvoker['invoke'];
  /** Finds what a run landed before it failed, which it cannot report. */
  readonly landedOf: (run: MissingDay) => Promise<readonly string[]>;
  /** Calls in this run of the command, at most. */
  readonly maxCalls: number;
  /** Calls per minute. If undefined, as fast as two concurrent runs are. */
  readonly rate: { readonly perMinute: number; readonly calls: CallRate } | undefined;
  /** Starts no more runs. Those under way finish, so that no call is wasted. */
  readonly signal: AbortSignal;
  /** Told how many places' days a run has finished, or the backfill has left out. */
  readonly onProgress?: (calls: number) => void;
}

/** Why a backfill stopped early, and the first day that it did not finish. */
export interface Stop {
  readonly why: 'interrupted' | 'max-calls' | 'quota-spent' | 'outage' | 'failed';
  readonly day: Day;
  /** Why a run failed as a whole. */
  readonly reason?: string;
}

export interface Backfilled {
  /** Places' days that were asked for. */
  readonly asked: number;
  /** How many of them landed. */
  readonly landed: number;
  /** How many are still missing. */
  readonly left: number;
  /** Each place that somebody has to fix, once: the backfill did not ask for it again. */
  readonly failed: readonly (Unfetched & { readonly day: Day })[];
  /** How many places' days got no data for reasons that pass by themselves, and the first of them. */
  readonly skipped: {
    readonly count: number;
    readonly first: readonly (Unfetched & { readonly day: Day })[];
  };
  readonly stopped: Stop | undefined;
  /** The raw objects that landed. If there are very many, the last ones, which convert gets to last. */
  readonly keys: readonly string[];
}

/** The result of a run that could not be started, or whose answer did not come. */
const asFailed = ({ name, message }: Error): Invocation => ({ ok: false, error: { type: name, message } });

/** Concurrent runs. Each asks for eight places at once. */
const runsAtOnce = 2;
/**
 * So many runs in a row without an answer are an outage, in which each run would take minutes. One is not enough: a day that
 * the provider never answers would keep the backfill from those after it.
 */
const outageRuns = 2;
const shownSkipped = 10;
const rememberedKeys = 10_000;

/**
 * Makes fetch land what is missing, day by day. What has landed is the only state: if the same backfill is started again,
 * it asks for the rest.
 */
export async function backfill(
  { missing, calls }: Pick<BackfillPlan, 'missing' | 'calls'>,
  { event, invoke, landedOf, maxCalls, rate, signal, onProgress = () => {} }: BackfillOptions,
): Promise<Backfilled> {
  const failed = new Map<string, Unfetched & { readonly day: Day }>();
  const first: (Unfetched & { readonly day: Day })[] = [];
  let skipped = 0;
  /** Places' days in all runs so far, and in those that began. */
  let planned = 0;
  let asked = 0;
  /** Days of the last runs, as long as none of them got an answer. */
  let unanswered: Day[] = [];
  let landed = 0;
  let keys: string[] = [];
  let stopped: Stop | undefined;
  /** The first day that is left because of `maxCalls`. Runs that began before it was reached go on. */
  let beyond: Day | undefined;
  const stop = (next: Stop) => {
    const { day } = stopped ?? next;
    stopped = { ...(stopped ?? next), day: next.day < day ? next.day : day };
  };

  /** The runs to start. Each is put together when the one before it has begun. */
  function* runs(): Generator<MissingDay> {
    for (const { day, places } of missing) {
      for (let left = places; left.length > 0; ) {
        const fit = left.filter((place) => !failed.has(place));
        onProgress(left.length - fit.length);
        const run = fit.slice(0, Math.min(rate?.perMinute ?? fit.length, maxCalls - planned));
        if (stopped) return stop({ ...stopped, day });
        if (run.length === 0 && fit.length > 0) {
          beyond = day;
          return;
        }
        planned += run.length;
        if (run.length > 0) yield { day, places: run };
        left = fit.slice(run.length);
      }
    }
  }

  const count = (more: readonly string[]) => {
    landed += more.length;
    keys = [...keys, ...more].slice(-rememberedKeys);
  };
  const start = async ({ day, places }: MissingDay): Promise<void> => {
    await rate?.calls.turn(places.length, signal);
    if (signal.aborted) stop({ why: 'interrupted', day });
    if (stopped) return stop({ ...stopped, day });
    asked += places.length;
    const invocation = await invoke({ ...event, day, locations: [...places] }).catch(asFailed);
    rate?.calls.ended(places.length);
    if (!invocation.ok) {
      stop({ why: 'failed', day, reason: invocation.error.message });
      return count(await landedOf({ day, places }).catch(() => []));
    }
    const report = invocation.response as RunReport;
    count(report.keys);
    onProgress(places.length);
    for (const place of report.failed) {
      // Two concurrent runs may both have asked for it, and end in either order.
      const earlier = failed.get(place.location);
      if (!earlier || day < earlier.day) failed.set(place.location, { ...place, day });
    }
    unanswered = report.outage ? [...unanswered, day].sort() : [];
    if (unanswered.length >= outageRuns) stop({ why: 'outage', day: unanswered[0] ?? day });
    if (report.quotaSpent) return stop({ why: 'quota-spent', day });
    skipped += report.skipped.length;
    for (const place of report.skipped.slice(0, shownSkipped - first.length)) first.push({ ...place, day });
  };
  await pMap(runs(), start, { concurrency: rate ? 1 : runsAtOnce });
  if (beyond !== undefined) stop({ why: 'max-calls', day: beyond });
  return {
    asked,
    landed,
    left: calls - landed,
    failed: [...failed.values()],
    skipped: { count: skipped, first },
    stopped,
    keys,
  };
}

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
  /** Of each run; its places and its day are those that are missing. */
  readonly event: Omit<RunEventInput, 'locations' | 'day'>;
  readonly invoke: FetchInvoker['invoke'];
  /** Places to ask for in this go, at most. */
  readonly maxCalls: number;
  /** Calls per minute. Undefined for as fast as two runs at once are. */
  readonly rate: { readonly perMinute: number; readonly calls: CallRate } | undefined;
  /** Begins no more runs. Those under way end, so that no call is made in vain. */
  readonly signal: AbortSignal;
  /** Told of so many places' days that a run has ended for, or that are left out. */
  readonly onProgress?: (calls: number) => void;
}

/** Why a backfill ended before its end, and the first day that it did not get through. */
export interface Stop {
  readonly why: 'interrupted' | 'max-calls' | 'quota-spent' | 'failed';
  readonly day: Day;
  /** Of a run that failed as a whole. */
  readonly reason?: string;
}

export interface Backfilled {
  /** Places' days that were asked for. */
  readonly asked: number;
  /** Of these, how many are there now. */
  readonly landed: number;
  /** How many are still missing. */
  readonly left: number;
  /** Each place that somebody has to fix, once. It was not asked for again. */
  readonly failed: readonly (Unfetched & { readonly day: Day })[];
  /** Places' days that got no data for reasons that pass by themselves, and the first of them. */
  readonly skipped: {
    readonly count: number;
    readonly first: readonly (Unfetched & { readonly day: Day })[];
  };
  readonly stopped: Stop | undefined;
  /** The raw objects that landed; of very many, the last ones, which are converted last. */
  readonly keys: readonly string[];
}

/** Of a run that could not be started, or whose answer did not come. */
const asFailed = ({ name, message }: Error): Invocation => ({ ok: false, error: { type: name, message } });

/** Runs at the same time. Each asks for eight places at once. */
const runsAtOnce = 2;
const shownSkipped = 10;
const rememberedKeys = 10_000;

/**
 * Has fetch land what is missing, day by day. What has landed is the only state: the same backfill, started again, asks for
 * the rest.
 */
export async function backfill(
  { missing, calls }: Pick<BackfillPlan, 'missing' | 'calls'>,
  { event, invoke, maxCalls, rate, signal, onProgress = () => {} }: BackfillOptions,
): Promise<Backfilled> {
  const failed = new Map<string, Unfetched & { readonly day: Day }>();
  const first: (Unfetched & { readonly day: Day })[] = [];
  let skipped = 0;
  /** Places' days in the runs that were made so far; those in runs that began. */
  let planned = 0;
  let asked = 0;
  let landed = 0;
  let keys: string[] = [];
  let stopped: Stop | undefined;
  const stop = (next: Stop) => {
    const { day } = stopped ?? next;
    stopped = { ...(stopped ?? next), day: next.day < day ? next.day : day };
  };

  /** The runs to start, each made when the one before it has begun. */
  function* runs(): Generator<MissingDay> {
    for (const { day, places } of missing) {
      for (let left = places; left.length > 0; ) {
        const fit = left.filter((place) => !failed.has(place));
        onProgress(left.length - fit.length);
        const run = fit.slice(0, Math.min(rate?.perMinute ?? fit.length, maxCalls - planned));
        if (stopped || (run.length === 0 && fit.length > 0)) return stop({ why: 'max-calls', day });
        planned += run.length;
        if (run.length > 0) yield { day, places: run };
        left = fit.slice(run.length);
      }
    }
  }

  const start = async ({ day, places }: MissingDay): Promise<void> => {
    await rate?.calls.turn(places.length, signal);
    if (signal.aborted) stop({ why: 'interrupted', day });
    if (stopped) return stop({ ...stopped, day });
    asked += places.length;
    const invocation = await invoke({ ...event, day, locations: [...places] }).catch(asFailed);
    rate?.calls.ended(places.length);
    if (!invocation.ok) return stop({ why: 'failed', day, reason: invocation.error.message });
    const report = invocation.response as RunReport;
    landed += report.keys.length;
    keys = [...keys, ...report.keys].slice(-rememberedKeys);
    onProgress(places.length);
    for (const place of report.failed) {
      // Two runs at once may both have asked for it, and end in any order.
      const earlier = failed.get(place.location);
      if (!earlier || day < earlier.day) failed.set(place.location, { ...place, day });
    }
    if (report.quotaSpent) return stop({ why: 'quota-spent', day });
    skipped += report.skipped.length;
    for (const place of report.skipped.slice(0, shownSkipped - first.length)) first.push({ ...place, day });
  };
  await pMap(runs(), start, { concurrency: rate ? 1 : runsAtOnce });
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

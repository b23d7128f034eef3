import pMap from 'p-map';
import { limits } from './limits.ts';
import { type Answer, abortReason, type Unanswered } from './weatherapi.ts';

/** What became of one place; `skipped` if the run ended before it was asked for. */
export type Outcome = (
  | { readonly kind: 'data' }
  | { readonly kind: 'skipped'; readonly reason: string }
  | Unanswered
) & {
  readonly place: number;
  readonly tries: number;
};

export interface Clock {
  now(): number;
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export interface Pause {
  readonly places: number;
  readonly seconds: number;
  /** Why the first of these places has no data yet. */
  readonly reason: string;
}

export interface PassOptions {
  readonly clock: Clock;
  readonly deadline: AbortSignal;
  readonly onPause: (pause: Pause) => void;
}

/**
 * Asks for all places, then again, after growing pauses, for those that may still get data. An outage that ends within a
 * minute after the first pass costs no data.
 * @param ask stores the data itself, so that only the answers in flight are in memory
 */
export async function askInPasses(
  places: readonly number[],
  ask: (place: number) => Promise<Answer>,
  { clock, deadline, onPause }: PassOptions,
): Promise<Outcome[]> {
  const outcomes = new Map<number, Outcome>();
  /** Why no further request makes sense. Requests in flight may still bring data. */
  let stopped: string | undefined;

  const askOnce = async (place: number): Promise<void> => {
    const before = outcomes.get(place);
    const over = stopped ?? (deadline.aborted ? abortReason(deadline) : undefined);
    if (over !== undefined) {
      if (!before) outcomes.set(place, { place, kind: 'skipped', reason: over, tries: 0 });
      return;
    }
    const answer = await ask(place);
    const tries = answer.tries + (before?.tries ?? 0);
    outcomes.set(
      place,
      answer.kind === 'data' ? { place, kind: 'data', tries } : { ...answer, place, tries },
    );
    if (answer.kind !== 'data' && stopping.includes(answer.kind))
      stopped ??= `the run was stopped: ${answer.reason}`;
  };

  let left = places;
  let end = 0;
  for (let pass = 1; ; pass++) {
    await pMap(left, askOnce, { concurrency: limits.concurrency });
    if (stopped !== undefined || deadline.aborted) break;
    if (pass === 1) end = clock.now() + limits.patience;
    const patience = Math.max(0, end - clock.now());
    const waiting = [...outcomes.values()].filter((outcome) => isWorthAnotherTry(outcome, pass, patience));
    const [first] = waiting;
    if (!first) break;
    const retryAfters = waiting.map(({ retryAfter = 0 }) => retryAfter);
    const pause = Math.max(pauseAfter(pass, patience), ...retryAfters);
    onPause({ places: waiting.length, seconds: Math.ceil(pause / 1000), reason: first.reason });
    try {
      await clock.sleep(pause, deadline);
    } catch {
      break;
    }
    left = waiting.map(({ place }) => place);
  }
  return [...outcomes.values()].sort((a, b) => a.place - b.place);
}

/** After these, asking for other places is useless. */
const stopping: readonly Answer['kind'][] = ['quota-spent', 'run-failed', 'key-refused', 'disk-full'];

function isWorthAnotherTry(
  outcome: Outcome,
  pass: number,
  patience: number,
): outcome is Extract<Outcome, Unanswered> {
  if (outcome.kind !== 'transient' && outcome.kind !== 'refused') return false;
  if ((outcome.retryAfter ?? 0) > patience) return false;
  return pass < limits.tries || (outcome.kind === 'transient' && patience > 0);
}

/** The last pause ends when the patience ends, so that the last pass comes as late as it can. */
function pauseAfter(pass: number, patience: number): number {
  const longest = Math.min(limits.pause * 2 ** (pass - 1), limits.longestPause);
  const backoff = longest * (0.5 + Math.random() / 2);
  return Math.max(limits.shortestPause, Math.min(backoff, patience));
}

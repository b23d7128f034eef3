import type { ExpectedRun } from '../../shared/expected-runs.ts';
import type { Day } from '../../shared/keys.ts';
import { placesWithout, type RunStory } from '../explain/run-story.ts';
import type { StoredObject } from './stored-objects.ts';
import type { Progress } from './table-days.ts';

/**
 * `compacted`: its rows are in the tables. `converted`: there is a curated object for each table, but a day waits for
 * compact, or died. `landed`: there is only the raw object; its message waits, or died.
 * Nothing landed: `skipped`, for what passes by itself; `failed`, for what does not; `missing`, as fetch never began;
 * `due`, as the run may still be at it; `not-deployed`, as there was no pipeline yet.
 */
export type RunState = Progress | 'skipped' | 'failed' | 'missing' | 'due' | 'not-deployed';

export interface RunStatus {
  /** When it was scheduled: the same instant twice for `cron`, an interval for `rate`. UTC. */
  readonly expected: ExpectedRun;
  /** The local day that it asked for, if each place's day is an object of its own; else null. */
  readonly day: Day | null;
  readonly state: RunState;
  /** Why it is so, or why places are missing; null when all is well, or it may yet be. */
  readonly reason: string | null;
  /** Configured places without this day, once the run is over; none if the run asks for no day. */
  readonly lacking: readonly string[];
  /** The object, or the folder of a day. */
  readonly raw:
    | (StoredObject & {
        /** Places whose data came, and places without; null for an object that fetch did not write. */
        readonly places: number | null;
        readonly placesMissing: number | null;
        /** False when they are other places than the configured ones. */
        readonly isConfigured: boolean;
        /** Objects of the same time or day for other places. */
        readonly byHand: number;
      })
    | null;
  /** Of the first table that has it. */
  readonly curated: StoredObject | null;
}

/** What is known about the pipeline, by which its runs are judged. */
export interface Surroundings {
  readonly now: Date;
  readonly deployedAt: Date;
  /** Undefined when the log cannot be read. */
  readonly stories: readonly RunStory[] | undefined;
}

/** A run has three tries of its own and Scheduler's, all within this time: no gap before, in milliseconds. */
const grace = 15 * 60_000;

export function isOver(run: ExpectedRun, now: Date): boolean {
  return run.to.getTime() <= now.getTime() - grace;
}

/** What is known about a run without a raw object. */
interface Unlanded {
  readonly now: Date;
  readonly deployedAt: Date;
  readonly story: RunStory | undefined;
  readonly isLogKnown: boolean;
}

export function whyNothingLanded(
  run: ExpectedRun,
  { now, deployedAt, story, isLogKnown }: Unlanded,
): { readonly state: Exclude<RunState, Progress>; readonly reason: string | null } {
  // A run of an earlier hour may have begun just now.
  const last = Math.max(run.to.getTime(), story && !story.end ? story.at.getTime() : 0);
  if (last > now.getTime() - grace) return { state: 'due', reason: null };
  if (story?.end) {
    const { outcome } = story.end;
    return {
      state: outcome === 'skipped' ? 'skipped' : 'failed',
      reason:
        outcome === 'landed'
          ? 'what landed is not in raw any more: somebody moved or deleted it'
          : placesWithout(story.end),
    };
  }
  if (story) return { state: 'failed', reason: 'began and did not end: time-out, memory or a crash' };
  if (run.to < deployedAt) return { state: 'not-deployed', reason: 'before the first deploy' };
  return {
    state: 'missing',
    reason: isLogKnown ? 'never started' : 'nothing landed, and the log of fetch cannot be read',
  };
}

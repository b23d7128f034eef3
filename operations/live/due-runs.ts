import { type Outputs, schedulesIn } from '../../shared/outputs.ts';
import type { Activities } from './activities.ts';
import { liveReconcile } from './live-reconcile.ts';
import { type LiveRunOptions, liveRun } from './live-run.ts';
import type { ScheduleClock } from './schedule-clock.ts';
import { runTitle } from './titles.ts';

interface DueRunsOptions extends LiveRunOptions {
  readonly clock: ScheduleClock;
  readonly outputs: Outputs;
  readonly activities: Activities;
}

/** Starts every run that is due; its entry tells the rest, also of those that were missed. */
export function startDueRuns(now: Date, { clock, outputs, activities, ...options }: DueRunsOptions): void {
  for (const { schedule, at, missed } of clock.due(now)) {
    const [dataset] = [...schedulesIn(outputs)].find(([, { name }]) => name === schedule) ?? [];
    const entry = activities.begin(dataset ? runTitle(dataset, at, now) : 'reconcile');
    const work =
      missed > 0
        ? Promise.reject(
            new Error(`Missed${missed > 1 ? `, as ${missed - 1} more were` : ''}: the computer slept.`),
          )
        : dataset
          ? liveRun(schedule, at, entry, options)
          : liveReconcile(options.runtime, at, entry);
    work.catch((error: Error) => entry.step({ text: error.message, state: 'bad' }));
  }
}

import { nextRun } from '../../shared/expected-runs.ts';

export interface Schedule {
  readonly name: string;
  /** `cron(…)` or `rate(…)`, in UTC. */
  readonly expression: string;
}

/** What is due: a run to start, or runs that were missed. */
export interface Due {
  readonly schedule: string;
  /** The run's scheduled time; of missed ones, the first. */
  readonly at: Date;
  /** Zero for a run to start. */
  readonly missed: number;
}

/** So much later than it was due, a run is missed: the computer slept. */
const tolerance = 60_000;

/** Says which schedules are due, by whatever clock it is told. What was missed is not made up. */
export class ScheduleClock {
  readonly #next: Map<string, { readonly expression: string; at: Date | undefined }>;

  constructor(schedules: readonly Schedule[], now: Date) {
    this.#next = new Map(
      schedules.map(({ name, expression }) => [name, { expression, at: nextRun(expression, now) }]),
    );
  }

  /** When a schedule runs next; undefined when it never does. */
  next(schedule: string): Date | undefined {
    return this.#next.get(schedule)?.at;
  }

  /** Everything that has become due since it was asked last. */
  due(now: Date): Due[] {
    const due: Due[] = [];
    for (const [schedule, next] of this.#next) {
      let firstMissed: Date | undefined;
      let missed = 0;
      for (; next.at && next.at <= now; next.at = nextRun(next.expression, next.at)) {
        if (now.getTime() - next.at.getTime() <= tolerance) due.push({ schedule, at: next.at, missed: 0 });
        else {
          firstMissed ??= next.at;
          missed += 1;
        }
      }
      if (firstMissed) due.push({ schedule, at: firstMissed, missed });
    }
    return due;
  }
}

import { type AwsCron, cronDays, cronInstants, parseAwsCron } from './aws-cron.ts';

/** A scheduled run starts between these times, both included. For `cron` they are the same. */
export interface ExpectedRun {
  readonly from: Date;
  readonly to: Date;
}

const hour = 3_600_000;
const day = 24 * hour;
const year = 365 * day;
const units: Readonly<Record<string, number>> = { minute: 60_000, hour, day };

/**
 * The scheduled runs between two instants, oldest first. A `rate` counts from the creation of the schedule, which we do not
 * know; we only know that each interval back from `to` has one run.
 * @throws {Error} saying what EventBridge Scheduler expects, when it would refuse the expression
 */
export function expectedRuns(expression: string, from: Date, to: Date): ExpectedRun[] {
  const schedule = parseSchedule(expression);
  if (typeof schedule !== 'number')
    return Array.from(cronInstants(schedule, from, to), (at) => ({ from: at, to: at }));
  const runs: ExpectedRun[] = [];
  for (let end = to.getTime(); end - schedule >= from.getTime(); end -= schedule) {
    runs.push({ from: new Date(end - schedule + 1), to: new Date(end) });
  }
  return runs.reverse();
}

/**
 * The latest run at or before an instant; the instant itself when there is none in the year before. A `rate` is taken to
 * count from midnight, so that two starts in one interval are one run.
 */
export function latestRun(expression: string, at: Date): Date {
  const schedule = parseSchedule(expression);
  if (typeof schedule === 'number') return new Date(Math.floor(at.getTime() / schedule) * schedule);
  for (const days of [1, 366]) {
    const run = [...cronInstants(schedule, new Date(at.getTime() - days * day), at)].at(-1);
    if (run) return run;
  }
  return at;
}

/** The first run after an instant; undefined when there is none within four years. A `rate` counts as in `latestRun`. */
export function nextRun(expression: string, after: Date): Date | undefined {
  const schedule = parseSchedule(expression);
  const from = after.getTime() + 1;
  if (typeof schedule === 'number') return new Date(Math.ceil(from / schedule) * schedule);
  for (const days of [1, 4 * 366]) {
    for (const run of cronInstants(schedule, new Date(from), new Date(from + days * day))) return run;
  }
  return undefined;
}

/** The next 365 days of a schedule, with today. */
export interface Outlook {
  /** Hours between two runs. */
  readonly longestGap: number;
  readonly runsPerMonth: number;
}

/** EventBridge Scheduler's last year is 2199. */
const endOfTime = new Date('2200-01-01');

/** @throws {Error} as `expectedRuns` does, and when the schedule never runs again */
export function outlook(expression: string, now: Date): Outlook {
  const schedule = parseSchedule(expression);
  if (typeof schedule === 'number')
    return { longestGap: Math.ceil(schedule / hour), runsPerMonth: year / schedule / 12 };
  const today = Math.floor(now.getTime() / day) * day;
  const end = today + year;
  const days = [...cronDays(schedule, new Date(today), new Date(end - 1))];
  if (days.length === 0 && cronDays(schedule, new Date(end), endOfTime).next().done)
    throw new Error(`expected a time in the future: ${expression} has none`);
  let longest = 0;
  let previous = today;
  for (const midnight of days) {
    for (const minute of schedule.times) {
      const run = midnight + minute * 60_000;
      longest = Math.max(longest, run - previous);
      previous = run;
    }
  }
  longest = Math.max(longest, end - previous);
  return { longestGap: Math.ceil(longest / hour), runsPerMonth: (days.length * schedule.times.length) / 12 };
}

/** @returns milliseconds for a rate */
function parseSchedule(expression: string): AwsCron | number {
  const [, kind, inner = ''] = /^(cron|rate)\((.+)\)$/.exec(expression) ?? [];
  if (kind === 'cron') return parseAwsCron(inner);
  if (kind === undefined)
    throw new Error(
      `expected "cron(…)" or "rate(…)", such as "cron(0 * * * ? *)" or "rate(1 hour)", not "${expression}"`,
    );
  const [, count, unit = '', plural] = /^(\d+)\s+(minute|hour|day)(s)?$/.exec(inner.trim()) ?? [];
  const interval = Number(count) * (units[unit] ?? Number.NaN);
  // "1 hour" and "1 hours", but not "5 hour".
  if (!(interval > 0) || (Number(count) > 1 && !plural))
    throw new Error(
      `expected a number of minutes, hours or days, such as "rate(90 minutes)" or "rate(1 hour)", not "${expression}"`,
    );
  return interval;
}

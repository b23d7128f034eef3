import { cronInstants } from './aws-cron.ts';

/** A run that the schedule asks for, somewhere in a span of time; both ends included, and the same for `cron`. */
export interface ExpectedRun {
  readonly from: Date;
  readonly to: Date;
}

/** In milliseconds. */
const units: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/**
 * The runs that a schedule asks for between two instants, oldest first. A `rate` counts from when the schedule was
 * made, which nobody here knows: of it we know only that each interval back from `to` has one run.
 * @throws {Error} quoting the expression, when it is neither `cron(…)` nor `rate(…)`
 */
export function expectedRuns(expression: string, from: Date, to: Date): ExpectedRun[] {
  const [, kind, inner = ''] = /^(cron|rate)\((.+)\)$/.exec(expression.trim()) ?? [];
  if (kind === 'cron') return cronInstants(inner, from, to).map((at) => ({ from: at, to: at }));
  const [, count, unit = ''] = (kind && /^(\d+)\s+(minute|hour|day)s?$/.exec(inner.trim())) || [];
  const interval = Number(count) * (units[unit] ?? Number.NaN);
  if (!(interval > 0)) {
    throw new Error(
      `The schedule "${expression}" cannot be read; expected cron(…) or rate(…), such as rate(1 hour).`,
    );
  }
  const runs: ExpectedRun[] = [];
  for (let end = to.getTime(); end - interval >= from.getTime(); end -= interval) {
    runs.unshift({ from: new Date(end - interval + 1), to: new Date(end) });
  }
  return runs;
}

/** Enough to see each gap of a schedule that repeats itself every week. */
const twoWeeks = 15 * 86_400_000;

/**
 * Hours between two runs, at most, as far as the coming two weeks tell.
 * @throws {Error} quoting the expression, when it cannot be read
 */
export function longestGap(expression: string, now: Date): number {
  const end = new Date(now.getTime() + twoWeeks);
  const ends = [now, ...expectedRuns(expression, now, end).map(({ to }) => to), end];
  const gaps = ends.map((to, index) => to.getTime() - Number(ends[index - 1] ?? to));
  return Math.ceil(Math.max(...gaps) / 3_600_000);
}

import type { Dataset } from '../../shared/dataset.ts';
import { addDays, daysBetween } from '../../shared/days.ts';
import { type Day, dayOf, runTime } from '../../shared/keys.ts';
import { schedulesIn } from '../../shared/outputs.ts';
import { runStories } from '../explain/run-story.ts';
import type { QueuedLetter } from '../letters/queued-letters.ts';
import type { Observed } from '../observed.ts';
import type { CalendarRun } from './calendar-run.ts';
import { withLetters } from './calendar-run.ts';
import { type CalendarAction, type CalendarCell, type CellSurroundings, cellOf, lacking } from './cells.ts';
import { type DayRows, type HourRows, rowsByDay, rowsByHour } from './row-counts.ts';
import { droppedFiles, runsOfAllDays, runsOfTimes } from './runs.ts';
import { type List, type StoredDays, storedDays } from './stored-days.ts';

/** Weeks of hours are as many as a screen has room for; a year has a cell per day. */
export const viewDays = { hours: 42, year: 365 } as const;
export type CalendarView = keyof typeof viewDays;

export interface CalendarOptions extends CellSurroundings {
  readonly view: CalendarView;
  /** The last day. */
  readonly until: Day;
  readonly stateDir: string;
  readonly letters: readonly QueuedLetter[];
  /** @default asks S3 */
  readonly list?: List | undefined;
}

export interface Calendar {
  readonly dataset: string;
  readonly view: CalendarView;
  /** Oldest first: an hour of a day, or a day. */
  readonly cells: readonly CalendarCell[];
  /** Lands what is missing in all cells; null when nothing is, or it cannot be fetched any more. */
  readonly action: CalendarAction | null;
}

/**
 * What became of a dataset's runs, for people to look at. Takes one listing for each prefix, however many days and objects
 * there are; rows are counted where DuckDB finds them.
 */
export async function calendar(
  observed: Pick<Observed, 's3' | 'outputs' | 'logs' | 'deployedAt' | 'scheduleInput'>,
  options: CalendarOptions,
): Promise<Calendar> {
  const { dataset, view, until, now, stateDir, letters } = options;
  const from = addDays(until, 1 - viewDays[view]);
  const schedule = schedulesIn(observed.outputs).get(dataset.name);
  const isByDay = dataset.identity === 'place-and-day';
  const isHourly = view === 'hours' && !isByDay;
  const [stored, stories, places] = await Promise.all([
    storedDays(observed, dataset, from, until, options.list),
    runStories(observed.logs, new Date(from)).catch(() => undefined),
    schedule && isByDay
      ? observed.scheduleInput(schedule.name).then(
          ({ locations }) => locations,
          () => undefined,
        )
      : undefined,
  ]);
  const planned = { dataset, expression: schedule?.expression, from, to: until };
  const surroundings = { now, deployedAt: observed.deployedAt, stories };
  const runs = (
    isByDay
      ? runsOfAllDays(planned, stored, places, surroundings)
      : [...runsOfTimes(planned, stored, surroundings), ...(isHourly ? [] : droppedFiles(dataset, stored))]
  ).map((run) => withLetters(dataset, run, letters));
  const cells = isHourly
    ? hourCells(runs, await hoursIn(stateDir, stored, dataset), { ...options, from })
    : dayCells(runs, await daysIn(stateDir, stored), { ...options, from });
  return { dataset: dataset.name, view, cells, action: actionForAll(cells, dataset) };
}

type Counted = CalendarOptions & { readonly from: Day };

function dayCells(
  runs: readonly CalendarRun[],
  rows: ReadonlyMap<Day, DayRows>,
  options: Counted,
): CalendarCell[] {
  const byDay = Map.groupBy(runs, ({ at }) => dayOf(at));
  return Array.from(daysBetween(options.from, options.until), (day) => {
    const counted = rows.get(day);
    return cellOf(
      new Date(day),
      byDay.get(day) ?? [],
      { rows: counted?.rows ?? null, version: counted?.version },
      options,
    );
  });
}

const hour = 3_600_000;

function hourCells(
  runs: readonly CalendarRun[],
  counts: readonly HourRows[],
  options: Counted,
): CalendarCell[] {
  const byHour = Map.groupBy(runs, ({ at }) => Math.floor(at.getTime() / hour));
  const ofRuns = Map.groupBy(counts, ({ rawKey }) => rawKey);
  const ofFiles = Map.groupBy(
    counts.filter(({ rawKey }) => runTime(rawKey) === undefined),
    (each) => Math.floor(Number(each.hour) / hour),
  );
  const [first, last] = [Date.parse(options.from) / hour, Date.parse(addDays(options.until, 1)) / hour];
  return Array.from({ length: last - first }, (_, index) => {
    const at = new Date((first + index) * hour);
    const own = byHour.get(first + index) ?? [];
    const files = ofFiles.get(first + index) ?? [];
    const all = [...own.flatMap(({ rawKeys }) => rawKeys.flatMap((key) => ofRuns.get(key) ?? [])), ...files];
    const rows = all.length > 0 ? all.reduce((sum, each) => sum + each.rows, 0) : null;
    const isFilled = files.length > 0 && own.every(({ rawKeys }) => rawKeys.length === 0);
    return cellOf(at, isFilled ? files.map((file) => fileIn(at, file)) : own, { rows }, options);
  });
}

/** A dropped file has rows of an hour whose run is missing. */
function fileIn(at: Date, { rawKey }: HourRows): CalendarRun {
  return {
    at,
    state: 'compacted',
    reason: 'The rows come from a dropped file.',
    rawKeys: [rawKey],
    writtenAt: null,
    letterIds: [],
    isFetched: false,
  };
}

/** A day that DuckDB cannot read is shown without its rows. */
function daysIn(stateDir: string, { compacted }: StoredDays): Promise<ReadonlyMap<Day, DayRows>> {
  return rowsByDay(stateDir, compacted).catch(() => new Map());
}

function hoursIn(
  stateDir: string,
  { compacted }: StoredDays,
  dataset: Dataset,
): Promise<readonly HourRows[]> {
  return rowsByHour(stateDir, compacted, dataset).catch(() => []);
}

function actionForAll(cells: readonly CalendarCell[], { name }: Dataset): CalendarAction | null {
  const fetched = cells.filter(
    ({ state, action }) =>
      state !== 'none' && lacking.includes(state) && (action?.kind === 'run' || action?.kind === 'backfill'),
  );
  const [first, last] = [fetched[0], fetched.at(-1)];
  if (!first || !last || first === last) return first?.action ?? null;
  return { kind: 'backfill', dataset: name, from: first.at.slice(0, 10), to: last.at.slice(0, 10) };
}

import type { Dataset } from '../../shared/dataset.ts';
import { dayOf } from '../../shared/keys.ts';
import { type CalendarRun, type CellState, isOverdue } from './calendar-run.ts';
import { isFetchable } from './runs.ts';

/** What somebody can do about a cell. */
export type CalendarAction =
  | { readonly kind: 'run'; readonly dataset: string; readonly at: string }
  | {
      readonly kind: 'backfill' | 'replay';
      readonly dataset: string;
      readonly from: string;
      readonly to: string;
    }
  | { readonly kind: 'redrive'; readonly ids: readonly string[] }
  | { readonly kind: 'reconcile' };

export interface CalendarCell {
  /** When it begins. */
  readonly at: string;
  readonly state: CellState;
  /** Null when all is well. */
  readonly reason: string | null;
  /** In the first table of the dataset; null when they are not counted, as nothing is in the table. */
  readonly rows: number | null;
  /** Of the raw object; null when there is none, or more than one. */
  readonly rawKey: string | null;
  readonly action: CalendarAction | null;
}

export interface CellSurroundings {
  readonly dataset: Dataset;
  readonly now: Date;
  /** Whether the API answers for any time, and not only for now. */
  readonly answersForAnyTime: boolean;
}

const worstFirst = [
  ...['dead', 'failed', 'missing', 'skipped', 'landed', 'converted', 'compacted', 'due', 'none'],
] as readonly CellState[];

/** How several runs are said to be in a state. */
const together: Partial<Record<CellState, string>> = {
  dead: 'are dead letters',
  failed: 'failed',
  missing: 'are missing',
  skipped: 'were skipped',
  landed: 'wait for convert',
  converted: 'wait for compact',
};

/** The cell of some runs: in the state of the worst. */
export function cellOf(
  at: Date,
  runs: readonly CalendarRun[],
  { rows, version }: { readonly rows: number | null; readonly version?: number | undefined },
  surroundings: CellSurroundings,
): CalendarCell {
  const { dataset } = surroundings;
  const state = worstFirst.find((each) => runs.some((run) => run.state === each)) ?? 'none';
  const worst = runs.filter((run) => run.state === state);
  const keys = runs.flatMap(({ rawKeys }) => rawKeys);
  const rawKey = (keys.length === 1 ? keys[0] : worst.length === 1 ? only(worst[0]?.rawKeys) : null) ?? null;
  const cell = { at: at.toISOString(), state, rows, rawKey };
  if (state === 'compacted' && version !== undefined && version < dataset.version)
    return {
      ...cell,
      reason: `It is made by version ${version} of the dataset, and the code is at version ${dataset.version}.`,
      action: { kind: 'replay', dataset: dataset.name, ...oneDay(at) },
    };
  return { ...cell, reason: reasonOf(runs, worst, state), action: actionFor(at, worst, surroundings) };
}

function reasonOf(
  runs: readonly CalendarRun[],
  worst: readonly CalendarRun[],
  state: CellState,
): string | null {
  const [first] = worst;
  const said = together[state];
  if (!first || runs.length === 1 || said === undefined) return first?.reason ?? null;
  const count =
    worst.length === runs.length ? `All ${runs.length} runs` : `${worst.length} of ${runs.length} runs`;
  const detail = worst.every(({ reason }) => reason === first.reason) ? '' : 'The first: ';
  return [`${count} ${said}.`, first.reason && `${detail}${first.reason}`].filter(Boolean).join(' ');
}

function actionFor(
  at: Date,
  worst: readonly CalendarRun[],
  { dataset, now, answersForAnyTime }: CellSurroundings,
): CalendarAction | null {
  const [first] = worst;
  if (!first) return null;
  if (first.state === 'dead')
    return { kind: 'redrive', ids: [...new Set(worst.flatMap(({ letterIds }) => letterIds))] };
  if (worst.some((run) => isOverdue(run, now))) return { kind: 'reconcile' };
  const lacks = worst.filter(({ state, isFetched }) => isFetched && lacking.includes(state));
  const [run] = lacks;
  if (!run) return null;
  if (dataset.identity === 'place-and-day')
    return isFetchable(dataset, dayOf(at), now)
      ? { kind: 'backfill', dataset: dataset.name, ...oneDay(at) }
      : null;
  const possible = lacks.filter((each) => answersForAnyTime || isThisHour(each.at, now));
  const [one, another] = possible;
  if (another) return { kind: 'backfill', dataset: dataset.name, ...oneDay(at) };
  return one ? { kind: 'run', dataset: dataset.name, at: one.at.toISOString() } : null;
}

/** States in which fetch has something to land. */
export const lacking: readonly CellState[] = ['missing', 'skipped', 'failed', 'none'];

function oneDay(at: Date) {
  return { from: dayOf(at), to: dayOf(at) };
}

function isThisHour(at: Date, now: Date): boolean {
  const age = now.getTime() - at.getTime();
  return age >= 0 && age < 3_600_000;
}

function only<T>(all: readonly T[] | undefined): T | undefined {
  return all?.length === 1 ? all[0] : undefined;
}

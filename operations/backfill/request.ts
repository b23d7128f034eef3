import type { Dataset } from '../../shared/dataset.ts';
import { datasets } from '../../shared/datasets.ts';
import { addDays, lastDayOver } from '../../shared/days.ts';
import type { Day } from '../../shared/keys.ts';
import { parseSelection } from '../replay/raw-selection.ts';

/** The days to backfill. */
export interface BackfillRequest {
  readonly dataset: Dataset;
  /** Local days, both included. */
  readonly from: Day;
  readonly to: Day;
  /** The first of the days asked for that are not over yet, and are left out. */
  readonly leftOut: Day | undefined;
}

/** As it was typed. */
export interface BackfillArguments {
  readonly dataset: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Why a backfill does not ask for a day earlier. */
export const whenDaysEnd = 'a day is over in every time zone at 12:00 UTC of the next one';

/** The datasets whose past the provider has. */
export const datasetsByDay = datasets.filter(({ identity }) => identity === 'place-and-day');

/** The request, or everything that is wrong with it. */
export function parseBackfill(
  { dataset: name, from, to }: BackfillArguments,
  now: Date,
): BackfillRequest | { readonly problems: readonly string[] } {
  const selection = parseSelection({ dataset: name, from, to });
  const problems = 'problems' in selection ? [...selection.problems] : [];
  for (const [option, day] of Object.entries({ '--from': from, '--to': to }))
    if (day === undefined) problems.push(`${option}: expected a day, such as 2026-11-22, got nothing`);
  const dataset = datasets.find((each) => each.name === name);
  if (dataset && !datasetsByDay.includes(dataset)) {
    problems.push(
      `--dataset: ${name} has no past, because the provider answers only for the time of the call. Expected ${datasetsByDay.map((each) => each.name).join(', ')}`,
    );
  }
  if (!dataset || from === undefined || to === undefined || problems.length > 0) return { problems };

  const last = lastDayOver(now);
  if (from < dataset.firstDay)
    problems.push(
      `--from: expected ${dataset.firstDay} or later, the first day of ${dataset.name}, got ${from}`,
    );
  if (from > last) problems.push(`--from: expected ${last} or earlier, since ${whenDaysEnd}, got ${from}`);
  if (problems.length > 0) return { problems };
  const isOver = to <= last;
  return { dataset, from, to: isOver ? to : last, leftOut: isOver ? undefined : addDays(last, 1) };
}

import type { ColumnType } from '../../shared/column-type.ts';
import type { Dataset } from '../../shared/dataset.ts';
import { dayOf } from '../../shared/keys.ts';
import { firstSecond, lastSecond, millisecondsPerDay } from './cell.ts';
import type { RowGroup } from './row-group.ts';

/** Instants of the first and the last observation, in milliseconds; the first is beyond the last when there is none. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

/** Milliseconds per unit of the columns that can tell a row's day. */
const unitOf: Partial<Record<ColumnType, number>> = { timestamp: 1, bigint: 1000, date: millisecondsPerDay };

/**
 * When rows of a dataset's first table were observed, in milliseconds; a local day counts as midnight UTC. Rows without
 * this are left out.
 */
export function* observedIn(group: RowGroup, dataset: Dataset, start = 0): Generator<number> {
  const column = group.columns.findIndex((each) => each.column === dataset.dayColumn);
  const unit = unitOf[group.columns[column]?.type ?? 'string'];
  if (unit === undefined) throw new Error(`${dataset.name}: ${dataset.dayColumn} cannot tell a day.`);
  const first = column * group.capacity;
  for (let at = first + start; at < first + group.rowCount; at++) {
    const instant = unit * Number(group.bigints[at]);
    // A bigint may be any number.
    if (group.present[at] && instant >= firstSecond * 1000 && instant <= lastSecond * 1000) yield instant;
  }
}

/**
 * Milliseconds between the first and the last observation in an object of one day, at most. A run around midnight has two
 * days; a local day is one.
 */
export function longestSpan({ dayColumn, tables }: Dataset): number {
  const column = tables[0]?.fields.find((field) => field.column === dayColumn);
  return column?.type === 'date' ? 0 : millisecondsPerDay;
}

/** What to do with a file in which one answer spans more than an object of one day may. */
export function adviceOnLongAnswer({ name, identity }: Dataset, { first, last }: Span): string {
  const [from, to] = [first, last].map((instant) => dayOf(new Date(instant)));
  const oneByOne = `Fetch its days one by one: npx tdf backfill --dataset ${name} --from ${from} --to ${to} --location PLACE. Or put`;
  return `One answer spans ${from} to ${to}, and an answer is never split. ${identity === 'place-and-day' ? oneByOne : 'Put'} the whole file under one day: npx tdf drop FILE --dataset ${name} --day YYYY-MM-DD`;
}

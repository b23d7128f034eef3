import type { ColumnType } from '../../shared/column-type.ts';
import type { Dataset } from '../../shared/dataset.ts';
import { firstSecond, lastSecond, millisecondsPerDay } from './cell.ts';
import type { RowGroup } from './row-group.ts';

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

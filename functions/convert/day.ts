import { PermanentError } from '../../shared/errors.ts';
import { type Day, dayOf, type ParsedKey } from '../../shared/keys.ts';
import type { RowGroup } from '../rows/row-group.ts';
import { Table } from '../rows/table.ts';
import type { RawObject } from './raw-object.ts';
import { readRecords } from './read-records.ts';

/** Milliseconds between the observations of one object, at most: a run around midnight has some of two days. */
export const longestSpan = 24 * 3_600_000;

/**
 * The UTC day of an object's earliest observation, whose other ones are within 24 hours of it.
 * @throws {PermanentError} `no-day`, `several-days`, and those of the reader
 */
export async function dayIn(
  { key, dataset }: ParsedKey,
  { body }: Pick<RawObject, 'body'>,
  signal: AbortSignal,
): Promise<Day> {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const table = new Table(dataset, { rawKey: key, fetchedAt: null }, (group) => {
    for (const instant of instantsOf(group, dataset.dayColumn)) {
      first = Math.min(first, instant);
      last = Math.max(last, instant);
    }
  });
  for await (const _ of readRecords(body, table, dataset, signal));
  if (last < first) {
    throw new PermanentError(
      'no-day',
      `"${key}" has no dt= folder, and no record in it has a usable ${dataset.dayColumn}. Put it under ${dataset.name}/dt=YYYY-MM-DD/.`,
    );
  }
  if (last - first > longestSpan) {
    const [from, to] = [first, last].map((instant) => new Date(instant).toISOString());
    throw new PermanentError(
      'several-days',
      `"${key}" has no dt= folder, and observations from ${from} to ${to}: more than a day. Split it by day: npx tdf drop FILE`,
    );
  }
  return dayOf(new Date(first));
}

/** @throws {PermanentError} `before-first-day` */
export function refuseBeforeFirstDay({ key, dataset }: ParsedKey, day: Day): void {
  if (day >= dataset.firstDay) return;
  throw new PermanentError(
    'before-first-day',
    `"${key}" is of ${day}, but the table of ${dataset.name} begins on ${dataset.firstDay}: its rows could not be queried. Is the day right? If so, set firstDay in shared/datasets/, and deploy.`,
  );
}

function* instantsOf(group: RowGroup, dayColumn: string): Generator<number> {
  const start = group.columns.findIndex(({ column }) => column === dayColumn) * group.capacity;
  for (let at = start; at < start + group.rowCount; at++) {
    if (group.present[at]) yield Number(group.bigints[at]);
  }
}

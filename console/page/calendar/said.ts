import { tableName } from '../../../shared/dataset.ts';
import { datasetNamed } from '../../../shared/datasets.ts';
import type { Action, CalendarCell } from '../../api.ts';

const day = 24 * 3_600_000;

/** What the button of an action says. */
export const actionNames: Readonly<Record<Action['kind'], string>> = {
  run: 'Run',
  backfill: 'Backfill',
  redrive: 'Redrive',
  'give-up': 'Give up',
  'take-back': 'Take back',
  replay: 'Replay',
  reconcile: 'Reconcile',
};

/** `Compacted.`, `Missing. The run did not come.` */
export function saidOf({ state, reason }: CalendarCell): string {
  const name = state === 'none' ? 'No run' : `${state.slice(0, 1).toUpperCase()}${state.slice(1)}`;
  return reason ? `${name}. ${reason}` : `${name}.`;
}

/** The rows of an hour's object, or of a day. Undefined when it has none. */
export function rowsQuery(dataset: string, cell: CalendarCell): string | undefined {
  const table = datasetNamed(dataset)?.tables[0];
  if (!cell.rows || !table) return undefined;
  const where = cell.rawKey
    ? `raw_key = '${cell.rawKey.replaceAll("'", "''")}'`
    : `dt = DATE '${cell.at.slice(0, 10)}'`;
  return `SELECT *\nFROM ${tableName(table)}\nWHERE ${where}`;
}

/** The last day to show so that the hours of this one are seen among its neighbours. */
export function untilFor(at: string, now: Date): string {
  const wanted = Date.parse(at) + 7 * day;
  return new Date(Math.min(wanted, now.getTime())).toISOString().slice(0, 10);
}

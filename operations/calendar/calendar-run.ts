import type { Dataset } from '../../shared/dataset.ts';
import { type Day, dayOf, dayPrefix } from '../../shared/keys.ts';
import type { QueuedLetter } from '../letters/queued-letters.ts';

/** `none`: nothing was planned, or there was no pipeline yet. */
export type CellState =
  | 'compacted'
  | 'converted'
  | 'landed'
  | 'skipped'
  | 'missing'
  | 'failed'
  | 'dead'
  | 'due'
  | 'none';

/** What became of a run, of a day, or of a dropped file. */
export interface CalendarRun {
  /** When it was scheduled; of a day or a file, the beginning of the day. */
  readonly at: Date;
  readonly state: CellState;
  /** A sentence; null when all is well. */
  readonly reason: string | null;
  readonly rawKeys: readonly string[];
  /** When the last of them was written. */
  readonly writtenAt: Date | null;
  /** Dead letters about it. */
  readonly letterIds: readonly string[];
  /** Whether fetch lands it. */
  readonly isFetched: boolean;
}

/** What waits has a message, or reconcile finds it: milliseconds. */
const patience = 15 * 60_000;

export function isOverdue({ state, writtenAt }: CalendarRun, now: Date): boolean {
  const waits = state === 'landed' || state === 'converted';
  return waits && writtenAt !== null && writtenAt.getTime() < now.getTime() - patience;
}

/** The same run, or a dead one when a letter is about it. */
export function withLetters(
  dataset: Dataset,
  run: Omit<CalendarRun, 'letterIds'>,
  letters: readonly QueuedLetter[],
): CalendarRun {
  const about = letters.filter((letter) =>
    letter.function === 'convert'
      ? letter.keys.some((key) => run.rawKeys.includes(key))
      : run.state === 'converted' && letter.keys.some((key) => isOfDay(dataset, dayOf(run.at), key)),
  );
  const [first] = about;
  const letterIds = about.map(({ id }) => id);
  return first ? { ...run, state: 'dead', reason: sentence(first.reason), letterIds } : { ...run, letterIds };
}

function isOfDay({ tables }: Dataset, day: Day, curatedKey: string): boolean {
  return tables.some((table) => curatedKey.startsWith(dayPrefix({ table, day })));
}

export function sentence(text: string): string {
  const begun = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

/** Why a run waits; null for one that does not. */
export function whyWaiting(state: CellState): string | null {
  if (state === 'landed') return 'It landed, and waits for convert.';
  if (state === 'converted') return 'It is converted, and waits for compact.';
  return null;
}

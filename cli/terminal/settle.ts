import { counted } from '../../operations/counted.ts';
import type { Outcome, OutcomeWatch, Sent } from '../../operations/outcome.ts';
import { printable } from '../../operations/printable.ts';
import type { DeadLetter } from '../../shared/dead-letters.ts';
import { curatedKeysOf } from '../../shared/keys.ts';
import { type ProgressBar, progressBar } from './progress-bar.ts';

/** Waits until the rows are in the tables, with a bar. Undefined when it was stopped: the rest stays queued. */
export async function settle(
  watch: OutcomeWatch,
  sent: Sent,
  signal: AbortSignal,
  { shown }: { readonly shown: boolean },
): Promise<Outcome | undefined> {
  // Whoever named objects does not care about what was queued before.
  const own = new Set(sent.rawKeys.flatMap(curatedKeysOf));
  const objects = progressBar('Converted', sent.rawKeys.length || watch.waiting.convert, { shown });
  let days: { readonly bar: ProgressBar; left: number } | undefined;
  watch.onConverted = (keys) => {
    if (own.size === 0 || keys.some((key) => own.has(key))) objects.advance(1);
  };
  watch.onDays = (left) => {
    if (!days) objects.clear();
    days ??= { bar: progressBar('Compacted', left, { shown }), left };
    days.bar.advance(days.left - left);
    days.left = left;
  };
  try {
    return await watch.settled(sent, signal);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    (days?.bar ?? objects).clear();
  }
}

/** What became of what was waited for; also the form of `--json`. */
export interface Converted {
  /** Raw objects. */
  readonly converted: number;
  /** Days of tables. */
  readonly compacted: number;
  readonly deadLetters: readonly Pick<DeadLetter, 'function' | 'key' | 'reason'>[];
}

export function convertedOf({ converted, compacted, dead }: Outcome): Converted {
  return {
    converted: converted.length,
    compacted: compacted.length,
    deadLetters: dead.map(({ function: by, key, reason }) => ({ function: by, key, reason })),
  };
}

/** For a person, a line each: of a day that compact gave up, one for all its letters. */
export function describeConverted({ converted, compacted, deadLetters }: Converted): string[] {
  const days = Map.groupBy(deadLetters, ({ function: by, key }) => (by === 'compact' ? key : undefined));
  const objects = days.get(undefined) ?? [];
  days.delete(undefined);
  const letters = deadLetters.length - objects.length;
  return [
    `${converted.toLocaleString('en')} converted, ${compacted.toLocaleString('en')} compacted, ${counted(deadLetters.length, 'dead letter')}`,
    ...objects.map(({ key, reason }) => `  ${printable(`${key ?? '(names no object)'}: ${reason}`)}`),
    ...(days.size > 0
      ? [`${counted(days.size, 'day')} could not be compacted (${counted(letters, 'letter')})`]
      : []),
    ...[...days].map(([key, [letter]]) => `  ${printable(`${key ?? '(names no day)'}: ${letter?.reason}`)}`),
  ];
}

import { counted } from '../../operations/counted.ts';
import type { Outcome, OutcomeWatch } from '../../operations/outcome.ts';
import { curatedKeysOf } from '../../shared/keys.ts';
import { printable } from './printable.ts';
import { progressBar } from './progress-bar.ts';

/** Waits until it is known what became of raw objects, with a bar. Undefined when it was stopped: the rest stays queued. */
export async function settle(
  watch: OutcomeWatch,
  rawKeys: readonly string[],
  signal: AbortSignal,
  { shown }: { readonly shown: boolean },
): Promise<Outcome | undefined> {
  // Whoever named objects does not care about what was queued before.
  const own = new Set(rawKeys.flatMap(curatedKeysOf));
  const bar = progressBar('Converted', rawKeys.length || watch.waiting, { shown });
  watch.onConverted = (keys) => {
    if (own.size === 0 || keys.some((key) => own.has(key))) bar.advance(1);
  };
  try {
    return await watch.settled(rawKeys, signal);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    bar.clear();
  }
}

/** What the local pipeline made of its queue; also the form of `--json`. */
export interface Converted {
  readonly converted: number;
  readonly deadLetters: readonly { readonly key: string | null; readonly reason: string }[];
}

export function convertedOf({ converted, dead }: Outcome): Converted {
  return {
    converted: converted.length,
    deadLetters: dead.map(({ key, reason }) => ({ key, reason })),
  };
}

/** For a person, a line each. */
export function describeConverted({ converted, deadLetters }: Converted): string[] {
  return [
    `${converted.toLocaleString('en')} converted, ${counted(deadLetters.length, 'dead letter')}`,
    ...deadLetters.map(({ key, reason }) => `  ${printable(`${key ?? '(names no object)'}: ${reason}`)}`),
  ];
}

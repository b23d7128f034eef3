import type { Conversions, Converted } from '../../operations/conversions.ts';
import { printable } from './printable.ts';
import { progressBar } from './progress-bar.ts';

/** Waits for the local pipeline, with a bar. Undefined on AWS, and when it was stopped: the rest stays in the queue. */
export async function settle(
  conversions: Conversions | undefined,
  signal: AbortSignal,
  { shown }: { readonly shown: boolean },
): Promise<Converted | undefined> {
  if (!conversions) return undefined;
  const bar = progressBar('Converted', conversions.waiting, { shown });
  conversions.onConverted = () => bar.advance(1);
  try {
    return await conversions.settled(signal);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    bar.clear();
  }
}

/** For a person, a line each. */
export function describeConverted({ converted, deadLetters }: Converted): string[] {
  return [
    `${converted.toLocaleString('en')} converted, ${deadLetters.length.toLocaleString('en')} dead letters`,
    ...deadLetters.map(({ key, reason }) => `  ${printable(`${key}: ${reason}`)}`),
  ];
}

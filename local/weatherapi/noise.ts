import { fraction } from './places.ts';

/** A day of a place asks for the same few values at each of its hours, and a digest takes longer than a look-up. */
const known = new Map<string, number>();
const mostKnown = 10_000;

/** Wanders between -1 and 1: a fixed value every `period` hours, a smooth way between them. */
export function smoothNoise(seed: string, hour: number, period: number): number {
  const step = Math.floor(hour / period);
  const x = hour / period - step;
  const from = knownFraction(`${seed} ${step}`);
  const to = knownFraction(`${seed} ${step + 1}`);
  return 2 * (from + (to - from) * x * x * (3 - 2 * x)) - 1;
}

function knownFraction(text: string): number {
  let value = known.get(text);
  if (value === undefined) {
    if (known.size >= mostKnown) known.clear();
    value = fraction(text);
    known.set(text, value);
  }
  return value;
}

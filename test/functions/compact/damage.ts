import { partOf } from './merged.ts';

/** With texts that are written once, texts of their own, and nulls. */
export const fortyRows = partOf([
  Array.from({ length: 40 }, (_, row) => ({
    int: row % 3,
    string: `${'Oslo'.repeat(9)}${row}`,
    double: row / 3,
    rescued: row % 5 ? `text ${row % 2}` : null,
  })),
]);

export function flipped(file: Uint8Array, at: number, bit: number): Uint8Array {
  const copy = Buffer.from(file);
  copy[at] = (copy[at] ?? 0) ^ (1 << bit);
  return copy;
}

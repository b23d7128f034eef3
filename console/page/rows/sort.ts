import type { Cell } from './cell.ts';

export interface Sort {
  readonly column: number;
  readonly isDown: boolean;
}

/** The order that a click on a head asks for: rising, falling, as it came. */
export function nextSort(sort: Sort | null, column: number): Sort | null {
  if (sort?.column !== column) return { column, isDown: false };
  return sort.isDown ? null : { column, isDown: true };
}

/** Nulls come last, whichever way. */
export function sorted<Row extends readonly Cell[]>(
  rows: readonly Row[],
  sort: Sort | null,
  isNumeric: boolean,
): readonly Row[] {
  if (!sort) return rows;
  const { column, isDown } = sort;
  return rows.toSorted((one, other) => {
    const a = one[column] ?? null;
    const b = other[column] ?? null;
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return (isDown ? -1 : 1) * (isNumeric ? Number(a) - Number(b) : compare(String(a), String(b)));
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

import type { Statistics } from 'hyparquet';
import type { Cell, Column } from './column.ts';

/**
 * Least and greatest cell of a column, by which a reader skips row groups, and how many rows have none. Texts are
 * ordered by their bytes.
 * @param rows rows that have a cell, at least one for each distinct cell; all when left out
 */
export function statistics(column: Column, rows?: Int32Array): Statistics {
  let least: Cell | undefined;
  let greatest: Cell | undefined;
  const length = rows?.length ?? column.present.length;
  for (let index = 0; index < length; index++) {
    const row = rows ? (rows[index] as number) : index;
    if (column.present[row] === 0) continue;
    const cell = column.cell(row);
    if (least === undefined || isLess(cell, least)) least = cell;
    if (greatest === undefined || isLess(greatest, cell)) greatest = cell;
  }
  return {
    null_count: BigInt(column.present.length - column.count),
    // A reader may take one zero for the other, so the bounds hold both.
    ...(least === undefined ? {} : { min_value: least === 0 ? -0 : least }),
    ...(greatest === undefined ? {} : { max_value: greatest === 0 ? 0 : greatest }),
  };
}

function isLess(a: Cell, b: Cell): boolean {
  if (typeof a === 'object' && typeof b === 'object') return Buffer.compare(a, b) < 0;
  return a < b;
}

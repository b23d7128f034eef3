import type { SchemaElement, Statistics } from 'hyparquet';
import { unconvertMinMax } from 'hyparquet-writer/src/unconvert.js';
import type { Cell, Column } from './column.ts';

/** Longest bound of a text. The footer keeps two per row group, and a text may have megabytes. */
export const maxBoundBytes = 64;

/**
 * The bounds by which readers skip row groups. Texts are ordered by their bytes.
 * @param rows at least one row for each distinct cell; defaults to all rows
 */
export function statistics(column: Column, element: SchemaElement, rows?: Int32Array): Statistics {
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
    ...bound('min', least, element),
    ...bound('max', greatest, element),
  };
}

function bound(side: 'min' | 'max', cell: Cell | undefined, element: SchemaElement): Statistics {
  if (cell === undefined) return {};
  const name = `${side}_value`;
  // Readers may confuse the two zeros, so the bounds include both.
  if (cell === 0) return { [name]: side === 'min' ? -0 : 0 };
  if (typeof cell !== 'object') return { [name]: cell };
  const bytes = unconvertMinMax(cell, element, side === 'max', maxBoundBytes) as Uint8Array;
  // There is no short upper bound for many U+10FFFF.
  if (bytes.length > maxBoundBytes) return {};
  return { [name]: bytes.slice(), [`is_${name}_exact`]: bytes === cell };
}

function isLess(a: Cell, b: Cell): boolean {
  if (typeof a === 'object' && typeof b === 'object') return Buffer.compare(a, b) < 0;
  return a < b;
}

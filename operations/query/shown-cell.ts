import type { Json } from '@duckdb/node-api';
import { cellText } from './csv.ts';

/** Bytes: more than a person reads, and a page can hold many of them. */
export const longestCell = 64 * 1024;

/** The cell, or the beginning of its text when that is too long for a page. */
export function shownCell(value: Json): Json {
  if (value === null || (typeof value !== 'string' && typeof value !== 'object')) return value;
  const text = cellText(value);
  // A character is a byte at least.
  const bytes = Buffer.from(text.slice(0, longestCell + 1));
  if (bytes.length <= longestCell) return value;
  // A character whose bytes are cut is left out.
  return `${new TextDecoder().decode(bytes.subarray(0, longestCell), { stream: true })}…`;
}

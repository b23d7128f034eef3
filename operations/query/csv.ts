import type { Json } from '@duckdb/node-api';
import { printableLines } from '../printable.ts';
import type { QueryResult } from './query-result.ts';

/** How a text begins that spreadsheets run as a formula, whatever the file calls it. */
const formula = /^[=+\-@\t\r\n\uFF0B\uFF0D\uFF1D\uFF20]/;
/** A decimal comes as text, and is none. */
const number = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** A result by RFC 4180, line by line. A null is an empty field, an empty text a quoted one. */
export async function* csvLines({ columns, rows }: QueryResult): AsyncGenerator<string> {
  const line = (cells: readonly Json[]) => `${cells.map(csvField).join(',')}\r\n`;
  yield line(columns);
  for await (const row of rows) yield line(row);
}

function csvField(value: Json): string {
  if (value === null) return '';
  const plain = printableLines(cellText(value));
  const runs = typeof value === 'string' && formula.test(value) && !number.test(value);
  const written = runs ? `'${plain}` : plain;
  return written === '' || /[",\n]/.test(written) ? `"${written.replaceAll('"', '""')}"` : written;
}

export function cellText(value: Exclude<Json, null>): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Characters that leave at once. */
const pieceLength = 64 * 1024;

/** Joins small texts, so that not each of them is a write of its own. */
export async function* inPieces(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let piece = '';
  for await (const text of texts) {
    piece += text;
    if (piece.length < pieceLength) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

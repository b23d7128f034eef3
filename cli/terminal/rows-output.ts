import type { Json } from '@duckdb/node-api';
import type { QueryResult } from '../../operations/query/query-result.ts';
import { tableOf } from './output.ts';
import { printableJson, printableLines } from './printable.ts';

export type RowsFormat = 'table' | 'csv' | 'json';

/** Rows of a table, unless somebody asks for more. */
const shownRows = 100;
/** So many hidden rows are counted; Athena hands them out a thousand a call. */
const countedRows = 10_000;

/**
 * A result as text, piece by piece, so that memory does not grow with a file of any length.
 * @param limit rows at most; left out, all of them, and of a table the first 100
 */
export function rowsOutput(result: QueryResult, format: RowsFormat, limit?: number): AsyncGenerator<string> {
  switch (format) {
    case 'table':
      return table(result, limit ?? shownRows);
    case 'csv':
      return csv(result, limit ?? Number.POSITIVE_INFINITY);
    case 'json':
      return json(result, limit ?? Number.POSITIVE_INFINITY);
  }
}

async function* table({ columns, rows }: QueryResult, limit: number): AsyncGenerator<string> {
  const shown: string[][] = [];
  let hidden = 0;
  for await (const row of rows) {
    if (shown.length < limit) shown.push(row.map((cell) => (cell === null ? '' : text(cell))));
    else hidden += 1;
    if (hidden > countedRows) break;
  }
  yield `${tableOf(columns, shown, { compact: true })}\n`;
  if (hidden > 0) {
    const more = hidden > countedRows ? `more than ${countedRows}` : hidden;
    yield `${more} more ${hidden === 1 ? 'row' : 'rows'}: --limit shows more, --csv and --json all.\n`;
  } else if (shown.length === 0) yield 'No rows.\n';
}

/** How a text begins that spreadsheets run as a formula, whatever the file calls it. */
const formula = /^[=+\-@\t\r\n\uFF0B\uFF0D\uFF1D\uFF20]/;
/** A decimal comes as text, and is none. */
const number = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** RFC 4180. A null is an empty field, an empty text a quoted one. */
async function* csv({ columns, rows }: QueryResult, limit: number): AsyncGenerator<string> {
  const line = (cells: readonly Json[]) => `${cells.map(csvField).join(',')}\r\n`;
  yield line(columns);
  for await (const row of first(limit, rows)) yield line(row);
}

function csvField(value: Json): string {
  if (value === null) return '';
  const plain = printableLines(text(value));
  const runs = typeof value === 'string' && formula.test(value) && !number.test(value);
  const written = runs ? `'${plain}` : plain;
  return written === '' || /[",\n]/.test(written) ? `"${written.replaceAll('"', '""')}"` : written;
}

/** An array of objects, one a line. */
async function* json({ columns, rows }: QueryResult, limit: number): AsyncGenerator<string> {
  const names = distinct(columns);
  let separator = '[\n  ';
  for await (const row of first(limit, rows)) {
    yield separator + printableJson(Object.fromEntries(names.map((name, index) => [name, row[index]])));
    separator = ',\n  ';
  }
  yield separator.startsWith('[') ? '[]\n' : '\n]\n';
}

/** Columns of one name get a number, so that none is lost in an object. */
function distinct(columns: readonly string[]): string[] {
  return columns.map((name, index) => {
    const earlier = columns.slice(0, index).filter((other) => other === name).length;
    return earlier > 0 ? `${name}_${earlier + 1}` : name;
  });
}

async function* first<T>(limit: number, rows: AsyncIterable<T>): AsyncGenerator<T> {
  let count = 0;
  if (limit === 0) return;
  for await (const row of rows) {
    yield row;
    count += 1;
    if (count >= limit) return;
  }
}

function text(value: Exclude<Json, null>): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

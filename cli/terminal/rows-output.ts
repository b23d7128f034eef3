import { printable, printableJson, printableLines } from '../../operations/printable.ts';
import { csvLines, inPieces, cellText as text } from '../../operations/query/csv.ts';
import type { QueryResult } from '../../operations/query/query-result.ts';
import { tableOf } from './output.ts';
import { wrapped } from './wrapped.ts';

export type RowsFormat = 'table' | 'vertical' | 'csv' | 'json';

/** Rows of a table, unless somebody asks for more. */
const shownRows = 100;
/** So many hidden rows are counted; Athena hands them out a thousand a call. */
const countedRows = 10_000;

export interface RowsOptions {
  /** Rows at most. @default all of them, and of those that a person reads the first 100 */
  readonly limit?: number | undefined;
  /** Of the terminal. @default as wide as it gets */
  readonly width?: number | undefined;
}

/** A result as text, piece by piece, so that memory does not grow with a file of any length. */
export function rowsOutput(
  result: QueryResult,
  format: RowsFormat,
  { limit, width }: RowsOptions = {},
): AsyncGenerator<string> {
  switch (format) {
    case 'table':
      return table(result, limit ?? shownRows, width);
    case 'vertical':
      return inPieces(vertical(result, limit ?? shownRows));
    case 'csv':
      return inPieces(csvLines({ ...result, rows: first(limit ?? Number.POSITIVE_INFINITY, result.rows) }));
    case 'json':
      return inPieces(json(result, limit ?? Number.POSITIVE_INFINITY));
  }
}

async function* table(
  { columns, rows }: QueryResult,
  limit: number,
  width: number | undefined,
): AsyncGenerator<string> {
  const shown: string[][] = [];
  let hidden = 0;
  for await (const row of rows) {
    if (shown.length < limit) shown.push(row.map((cell) => (cell === null ? '' : text(cell))));
    else hidden += 1;
    if (hidden > countedRows) break;
  }
  const { text: drawn, left, isCut } = tableOf(columns, shown, { compact: true, width });
  yield `${drawn}\n`;
  yield aboutHidden(hidden);
  if (shown.length === 0 && hidden === 0) yield 'No rows.\n';
  if (left.length > 0) {
    const named = left.slice(0, 5).map(printable).join(', ');
    const more = left.length > 5 ? ` and ${left.length - 5} more` : '';
    const columnsDo = left.length === 1 ? 'column does' : 'columns do';
    yield wrapped(
      `${left.length} ${columnsDo} not fit: ${named}${more}. All of them: --vertical, --csv or --json.\n`,
      width,
    );
  } else if (isCut) yield wrapped('Long texts are cut. Whole ones: --vertical, --csv or --json.\n', width);
}

/** One line per column. */
async function* vertical({ columns, rows }: QueryResult, limit: number): AsyncGenerator<string> {
  const longest = Math.max(0, ...columns.map((name) => name.length));
  let count = 0;
  for await (const row of rows) {
    count += 1;
    if (count > limit + countedRows) break;
    if (count > limit) continue;
    yield `── row ${count} ──\n`;
    for (const [index, name] of columns.entries()) {
      const value = row[index] ?? null;
      const lines =
        value === null ? '' : printableLines(text(value)).replaceAll('\n', `\n${' '.repeat(longest + 2)}`);
      yield `${printable(name).padEnd(longest)}  ${lines}`.trimEnd().concat('\n');
    }
  }
  yield count === 0 ? 'No rows.\n' : aboutHidden(count - limit);
}

function aboutHidden(hidden: number): string {
  if (hidden <= 0) return '';
  const more = hidden > countedRows ? `more than ${countedRows}` : hidden;
  return `${more} more ${hidden === 1 ? 'row' : 'rows'}: --limit shows more, --csv and --json all.\n`;
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

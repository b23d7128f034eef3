import { styleText } from 'node:util';
import Table from 'cli-table3';
import { printable, printableJson, printableLines } from '../../operations/printable.ts';
import { terminalWidth, wrapped } from './wrapped.ts';

/** A text in a style. Styles stand beside a text, never in it: an escape sequence in a text came from outside. */
export interface Styled {
  readonly style: 'bold' | 'gray' | 'green' | 'red' | 'yellow';
  readonly text: string;
}

export type Printed = string | Styled;

/** Begins a line that says what went wrong. */
export const failed: Styled = { style: 'red', text: 'Error:' };

/** Ends without a word when nobody reads any more, as in `| head`; with the cause when the output cannot be written. */
export function endWhenNobodyReads(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    printError(failed, `Standard output cannot be written: ${error.message}`);
    process.exit(1);
  });
}

/** All that a command prints leaves here, so that no text from outside steers the terminal. */
export function print(...parts: readonly Printed[]): void {
  console.log(rendered(parts, process.stdout));
}

/** A line for programs, however long. */
export function printLine(text: string): void {
  console.log(printableLines(text));
}

/** The same as {@link print} to standard error. */
export function printError(...parts: readonly Printed[]): void {
  console.error(rendered(parts, process.stderr));
}

/** Makes room for what is printed anew; nothing where nobody looks. */
export function clearScreen(): void {
  if (process.stdout.isTTY) process.stdout.write('\u001b[2J\u001b[3J\u001b[H');
}

export function printJson(value: unknown): void {
  console.log(printableJson(value, 2));
}

/** A table as wide as the terminal at most. @returns the names of the columns that did not fit */
export function printTable(
  head: readonly string[],
  rows: readonly (readonly Printed[])[],
): readonly string[] {
  const { text, left } = tableOf(head, rows, { width: terminalWidth(process.stdout) });
  console.log(text);
  return left;
}

/** A long text is cut to so many characters, with the space around them, and to fewer where the table would end. */
const longestText = 32;
const leastText = 12;

export interface FittedTable {
  readonly text: string;
  /** Names of the columns that did not fit. */
  readonly left: readonly string[];
  readonly isCut: boolean;
}

/** A table as text, a line for each row. Where it is too wide, long texts are cut first, then the last columns left out. */
export function tableOf(
  head: readonly string[],
  rows: readonly (readonly Printed[])[],
  {
    compact = false,
    width = Number.POSITIVE_INFINITY,
  }: { compact?: boolean; width?: number | undefined } = {},
): FittedTable {
  const whole = drawn(head, rows, { compact });
  const natural = (whole.split('\n', 1)[0] ?? '')
    .split('┬')
    .map((border) => border.replaceAll(/[┌┐]/g, '').length);
  const sum = (widths: readonly number[]) => widths.reduce((all, one) => all + one + 1, 1);
  if (sum(natural) <= width) return { text: whole, left: [], isCut: false };

  const colWidths: number[] = [];
  for (const one of natural) {
    const room = width - sum(colWidths) - 1;
    if (colWidths.length > 0 && room < Math.min(one, leastText)) break;
    colWidths.push(Math.min(one, longestText, room));
  }
  // What is left over goes to those that were cut, the first ones first.
  for (const [index, one] of colWidths.entries())
    colWidths[index] = Math.min(natural[index] ?? one, one + Math.max(0, width - sum(colWidths)));
  const columns = colWidths.length;
  const first = <T>(cells: readonly T[]) => cells.slice(0, columns);
  return {
    text: drawn(first(head), rows.map(first), { compact, colWidths }),
    left: head.slice(columns),
    isCut: colWidths.some((one, index) => one < (natural[index] ?? 0)),
  };
}

function drawn(
  head: readonly string[],
  rows: readonly (readonly Printed[])[],
  { compact, colWidths = [] }: { compact: boolean; colWidths?: readonly number[] },
): string {
  const style = { head: [], border: [], compact };
  const table = new Table({ head: head.map(printable), style, colWidths: [...colWidths] });
  for (const row of rows) {
    table.push(
      row.map((cell) =>
        typeof cell === 'string' ? printable(cell) : styleText(cell.style, printable(cell.text)),
      ),
    );
  }
  return table.toString();
}

/** For commander, which repeats what it refuses. */
export const commandOutput = {
  writeErr: (text: string) => printError(text.trimEnd()),
  outputError(text: string) {
    for (const line of text.trimEnd().split('\n')) {
      const [, problem] = /^error: (.*)/.exec(line) ?? [];
      problem === undefined ? printError(line) : printError(failed, problem);
    }
  },
};

function rendered(parts: readonly Printed[], stream: NodeJS.WriteStream): string {
  const texts = parts.map((part) =>
    typeof part === 'string'
      ? printableLines(part)
      : styleText(part.style, printableLines(part.text), { stream }),
  );
  return wrapped(texts.join(' '), terminalWidth(stream));
}

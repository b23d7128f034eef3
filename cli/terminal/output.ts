import { styleText } from 'node:util';
import Table from 'cli-table3';
import { printable, printableJson, printableLines } from './printable.ts';

/** A text in a style. Styles stand beside a text, never in it: an escape sequence in a text came from outside. */
export interface Styled {
  readonly style: 'bold' | 'gray' | 'green' | 'red' | 'yellow';
  readonly text: string;
}

export type Printed = string | Styled;

/** Begins a line that says what went wrong. */
export const failed: Styled = { style: 'red', text: 'Failed' };

/** All that a command prints leaves here, so that no text from outside steers the terminal. */
export function print(...parts: readonly Printed[]): void {
  console.log(parts.map((part) => rendered(part, process.stdout)).join(' '));
}

/** The same to standard error. */
export function printError(...parts: readonly Printed[]): void {
  console.error(parts.map((part) => rendered(part, process.stderr)).join(' '));
}

/** Makes room for what is printed anew; nothing where nobody looks. */
export function clearScreen(): void {
  if (process.stdout.isTTY) process.stdout.write('\u001b[2J\u001b[3J\u001b[H');
}

export function printJson(value: unknown): void {
  console.log(printableJson(value, 2));
}

export function printTable(head: readonly string[], rows: readonly (readonly Printed[])[]): void {
  console.log(tableOf(head, rows));
}

/** A table as text, a line for each row. */
export function tableOf(
  head: readonly string[],
  rows: readonly (readonly Printed[])[],
  { compact = false } = {},
): string {
  const table = new Table({ head: head.map(printable), style: { head: [], border: [], compact } });
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
export const commandOutput = { writeErr: (text: string) => printError(text.trimEnd()) };

function rendered(part: Printed, stream: NodeJS.WriteStream): string {
  return typeof part === 'string'
    ? printableLines(part)
    : styleText(part.style, printableLines(part.text), { stream });
}

import type { QueryHead } from '../../api.ts';

/** As JSON has it. */
export type Cell =
  | string
  | number
  | boolean
  | null
  | readonly unknown[]
  | { readonly [name: string]: unknown };
type Column = QueryHead['columns'][number];

/** Whether the text is an instant as the server writes it. */
export function isInstant(cell: Cell): cell is string {
  return typeof cell === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(cell);
}

/** `2026-11-22 09:00`, `16.8`, `null`. Numbers of a column have equally many decimals. */
export function cellText(cell: Cell, decimals: number | undefined): string {
  if (isInstant(cell)) return cell.slice(0, 19).replace('T', ' ').replace(/:00$/, '');
  if (typeof cell === 'number' && decimals !== undefined) return cell.toFixed(decimals);
  if (typeof cell === 'string') return cell;
  return JSON.stringify(cell);
}

/** How many decimals the numbers of a column have; undefined when some have more than a reader compares. */
export function decimalsOf(
  { isNumeric }: Column,
  rows: readonly (readonly Cell[])[],
  index: number,
): number | undefined {
  if (!isNumeric) return undefined;
  let most = 0;
  for (const row of rows) {
    const cell = row[index];
    const text = typeof cell === 'number' ? String(cell) : '';
    if (text.includes('e')) return undefined;
    most = Math.max(most, text.split('.')[1]?.length ?? 0);
  }
  return most > 6 ? undefined : most;
}

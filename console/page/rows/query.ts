import { signal } from '@preact/signals';
import type { QueryHead, QueryTail } from '../../api.ts';
import { lines } from '../api.ts';
import type { Cell } from './cell.ts';

/** What a query answered, or has answered so far. */
export interface Result {
  readonly sql: string;
  readonly columns: QueryHead['columns'];
  readonly rows: readonly (readonly Cell[])[];
  /** Null while rows still come. */
  readonly end: { readonly isCut: boolean; readonly milliseconds: number } | null;
}

/** The rows of the last query that had an answer: one that fails leaves them where they are. */
export const result = signal<Result | null>(null);
export const failure = signal<string | null>(null);
export const isRunning = signal(false);
/** The row that somebody reads beside its raw line. News leave the rows where they are until it is closed. */
export const openRow = signal<readonly Cell[] | null>(null);
let latest = new AbortController();
let current: Promise<void> = Promise.resolve();

/** Streams the rows of a query onto the page. The latest query wins. */
export function run(sql: string): Promise<void> {
  openRow.value = null;
  isRunning.value = true;
  current = answer(sql);
  return current;
}

/** Asks the last query again, once it is answered: something may have changed meanwhile. */
export async function runAgain(): Promise<void> {
  await current;
  if (!result.value || isRunning.value) return;
  current = answer(result.value.sql);
  await current;
}

async function answer(sql: string): Promise<void> {
  latest.abort();
  latest = new AbortController();
  const { signal } = latest;
  try {
    await stream(sql, signal);
    if (!signal.aborted) failure.value = null;
  } catch (error) {
    if (!signal.aborted) failure.value = (error as Error).message;
  } finally {
    if (!signal.aborted) isRunning.value = false;
  }
}

async function stream(sql: string, signal: AbortSignal): Promise<void> {
  let columns: QueryHead['columns'] | null = null;
  const rows: (readonly Cell[])[] = [];
  let shownAt = performance.now();
  // The same query again: its rows are there until the new ones are.
  const isNew = result.peek()?.sql !== sql;
  const show = (end: Result['end']) => {
    if (!columns || signal.aborted || (!isNew && openRow.peek())) return;
    result.value = { sql, columns, rows: [...rows], end };
    shownAt = performance.now();
  };
  for await (const line of lines('/api/query', { sql }, { signal })) {
    if (Array.isArray(line)) rows.push(line);
    else if ('columns' in (line as QueryHead)) ({ columns } = line as QueryHead);
    else {
      const tail = line as QueryTail;
      if ('error' in tail) throw new Error(tail.error);
      return show(tail);
    }
    if (isNew && performance.now() - shownAt > 200) show(null);
  }
  throw new Error('The answer ended too early. Run the query again.');
}

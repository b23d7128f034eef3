import type { Json } from '@duckdb/node-api';
import { declaredColumn } from './declared-columns.ts';
import { type LocalQueryOptions, queryLocally } from './query-local.ts';
import { shownCell } from './shown-cell.ts';

export interface ShownColumn {
  readonly name: string;
  /** Of the declared column of this name; null when there is none. */
  readonly unit: string | null;
  readonly isNumeric: boolean;
}

export interface ShownRows {
  readonly columns: readonly ShownColumn[];
  /** The first rows, as they come; returns how many, and whether there are more. */
  readonly rows: AsyncGenerator<readonly Json[], { readonly rows: number; readonly isCut: boolean }>;
}

/**
 * The first rows of a query, with what a person needs to read them.
 * @throws {Error} with DuckDB's words when it does not take the query
 */
export async function shownRows(sql: string, limit: number, options: LocalQueryOptions): Promise<ShownRows> {
  const { columns, isNumeric, rows } = await queryLocally(sql, options);
  return {
    columns: columns.map((name, index) => ({
      name,
      unit: (isNumeric[index] === isNumber(name) && declaredColumn(name)?.unit) || null,
      isNumeric: isNumeric[index] ?? false,
    })),
    rows: firstOf(rows, limit),
  };
}

/** A count that is named after a timestamp is not in UTC. */
function isNumber(name: string): boolean {
  return ['double', 'int', 'bigint'].includes(declaredColumn(name)?.type ?? '');
}

async function* firstOf(rows: AsyncIterable<readonly Json[]>, limit: number): ShownRows['rows'] {
  let count = 0;
  for await (const row of rows) {
    if (count === limit) return { rows: count, isCut: true };
    yield row.map(shownCell);
    count += 1;
  }
  return { rows: count, isCut: false };
}

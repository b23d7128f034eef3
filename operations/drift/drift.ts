import type { Json } from '@duckdb/node-api';
import { type Dataset, type Table, tableName } from '../../shared/dataset.ts';
import { runTime } from '../../shared/keys.ts';
import type { QueryResult } from '../query/query-result.ts';
import { type Advice, adviceFor } from './declaration.ts';
import { type Kind, kinds } from './drift-query.ts';

/** What was rescued at one path, in the rows of one table. */
export interface Drift {
  readonly dataset: string;
  /** In Athena and DuckDB. */
  readonly table: string;
  readonly path: string;
  readonly values: number;
  readonly rows: number;
  /** How many values are of each kind. */
  readonly types: Partial<Record<Kind, number>>;
  /** The first and the last raw object, in the order of their keys: the time of its run, or its key. */
  readonly first: string;
  readonly last: string;
  /** JSON, cut off if it is long. */
  readonly example: string;
  readonly advice: Advice;
}

const exampleLength = 100;

/** Paths that are kept, so that invented member names fill neither memory nor the screen. */
const mostPaths = 200;

/** Reads the answer to `driftQuery`. */
export async function readDrift(
  { columns, rows }: QueryResult,
  datasets: readonly Dataset[],
): Promise<{ readonly drifts: readonly Drift[]; readonly hidden: number }> {
  const drifts: Drift[] = [];
  let hidden = 0;
  for await (const cells of rows) {
    const row = Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? null]));
    const found = tableNamed(datasets, String(row.table_name));
    if (!found || drifts.length >= mostPaths) hidden += 1;
    else drifts.push(drift(found.dataset, found.table, row, drifts));
  }
  return { drifts, hidden };
}

function drift(
  dataset: Dataset,
  table: Table,
  row: Readonly<Record<string, Json>>,
  earlier: readonly Drift[],
): Drift {
  const counted = kinds.map((kind) => [kind, Number(row[`${kind}_count`])] as const);
  const types = Object.fromEntries(counted.filter(([, count]) => count > 0)) as Drift['types'];
  const path = String(row.path);
  const example = String(row.example);
  const advised = earlier.map(({ advice }) => advice);
  return {
    dataset: dataset.name,
    table: tableName(table),
    path,
    values: Number(row.value_count),
    rows: Number(row.row_count),
    types,
    first: runOf(String(row.first_key)),
    last: runOf(String(row.last_key)),
    example: example.length > exampleLength ? `${example.slice(0, exampleLength)}…` : example,
    advice: adviceFor(dataset, table, path, new Set(Object.keys(types) as Kind[]), advised),
  };
}

function runOf(key: string): string {
  return (
    runTime(key)
      ?.toISOString()
      .replace(/:00\.000Z$/, 'Z') ?? key
  );
}

function tableNamed(
  datasets: readonly Dataset[],
  name: string,
): { dataset: Dataset; table: Table } | undefined {
  for (const dataset of datasets) {
    const table = dataset.tables.find((each) => tableName(each) === name);
    if (table) return { dataset, table };
  }
  return undefined;
}

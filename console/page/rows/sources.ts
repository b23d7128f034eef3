import { type Dataset, type Table, tableName } from '../../../shared/dataset.ts';
import { datasets } from '../../../shared/datasets.ts';
import type { Cell } from './cell.ts';
import { declaredPath, type Leaf, leavesOf } from './leaves.ts';

/** A part of a raw line, and the columns that were read from it. */
export interface Piece {
  readonly text: string;
  readonly columns: readonly string[];
}

export type NamedRow = Readonly<Record<string, Cell>>;

/** The table of a row's dataset that has the most of its columns. Undefined when its raw key is of no dataset. */
export function tableOf(row: NamedRow): { readonly dataset: Dataset; readonly table: Table } | undefined {
  const key = String(row.raw_key ?? '');
  const dataset = datasets.find(({ name }) => key.startsWith(`${name}/`));
  const [table] = (dataset?.tables ?? []).toSorted((a, b) => shared(b, row) - shared(a, row));
  return dataset && table && { dataset, table };
}

function shared({ fields }: Table, row: NamedRow): number {
  return fields.filter(({ column }) => column in row).length;
}

/** When a row is about, as the server asks for it; undefined when its columns do not tell. */
export function instantOf(row: NamedRow): string | undefined {
  const at = row.observed_at ?? row.forecast_for;
  return typeof at === 'string' ? at : undefined;
}

/** The line in pieces, in its order: what a column of the row was read from stands alone. */
export function piecesOf(line: string, row: NamedRow): readonly Piece[] {
  const columns = columnsByPath(row);
  const leaves = leavesOf(line);
  const own = indexesOf(leaves, line, row);
  const pieces: Piece[] = [];
  let at = 0;
  for (const leaf of leaves) {
    const found = columns.get(declaredPath(leaf)) ?? rescuedColumn(leaf, row);
    if (!found || !agrees(leaf, own)) continue;
    if (leaf.from > at) pieces.push({ text: line.slice(at, leaf.from), columns: [] });
    pieces.push({ text: line.slice(leaf.from, leaf.to), columns: found });
    at = leaf.to;
  }
  if (at < line.length) pieces.push({ text: line.slice(at), columns: [] });
  return pieces;
}

function columnsByPath(row: NamedRow): ReadonlyMap<string, readonly string[]> {
  const fields = (tableOf(row)?.table.fields ?? []).filter(({ column }) => column in row);
  const byPath = Map.groupBy(fields, ({ path }) => path);
  return new Map([...byPath].map(([path, group]) => [path, group.map(({ column }) => column)]));
}

/** What no column holds is named by its path in `rescued`. */
function rescuedColumn(leaf: Leaf, { rescued }: NamedRow): readonly string[] | undefined {
  if (typeof rescued !== 'string') return undefined;
  return rescued.includes(`"${declaredPath(leaf)}"`) || rescued.includes(`"${leaf.path.join('.')}"`)
    ? ['rescued']
    : undefined;
}

/** Which elements of the arrays the row came from: those that have the row's instant. Empty when it came from none. */
function indexesOf(leaves: readonly Leaf[], line: string, row: NamedRow): readonly (string | number)[] {
  const fields = tableOf(row)?.table.fields ?? [];
  const field = fields.find(({ column }) => column === 'observed_at' || column === 'forecast_for');
  const at = instantOf(row);
  if (!field || at === undefined) return [];
  const found = leaves.find(
    (leaf) =>
      declaredPath(leaf) === field.path && Number(line.slice(leaf.from, leaf.to)) * 1000 === Date.parse(at),
  );
  return found?.path ?? [];
}

/** Whether a leaf is in the same elements, as far as their paths are the same. */
function agrees({ path }: Leaf, own: readonly (string | number)[]): boolean {
  for (const [depth, step] of path.entries()) {
    if (step === own[depth]) continue;
    return !(typeof step === 'number' && typeof own[depth] === 'number');
  }
  return true;
}

/** `weatherapi_current`: where a row stands. */
export function tableNameOf(row: NamedRow): string | undefined {
  const found = tableOf(row);
  return found && tableName(found.table);
}

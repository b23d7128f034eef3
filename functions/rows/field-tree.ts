import type { ColumnType } from '../../shared/column-type.ts';
import { columnsOf, type Dataset } from '../../shared/dataset.ts';

/** A column, by its table's number in the dataset and its own in the file. */
export interface ColumnPlace {
  readonly table: number;
  readonly column: number;
  readonly type: ColumnType;
}

/** A declared path leads to the columns that hold its value, into an object, into the elements of an array, or nowhere. */
export type FieldNode =
  | { readonly kind: 'value'; readonly columns: readonly ColumnPlace[] }
  | { readonly kind: 'object'; readonly tree: FieldTree }
  | { readonly kind: 'array'; readonly level: Level }
  | { readonly kind: 'ignored' };

export type FieldTree = ReadonlyMap<string, FieldNode>;

/** An answer, or the elements of an array in it. */
export interface Level {
  readonly tree: FieldTree;
  /** The table that has a row for each. */
  readonly table: number | undefined;
  /** The name of the array. Empty for an answer. */
  readonly name: string;
}

const levels = new WeakMap<Dataset, Level>();

/** The level of a dataset's answers. @throws {Error} when declared paths contradict each other */
export function fieldTree(dataset: Dataset): Level {
  const level = levels.get(dataset) ?? answerLevel(dataset);
  levels.set(dataset, level);
  return level;
}

type Growing = Map<string, FieldNode>;
type GrowingLevel = { -readonly [K in keyof Level]: Level[K] };

function answerLevel(dataset: Dataset): Level {
  const answer: GrowingLevel = { tree: new Map(), table: undefined, name: '' };
  for (const [table, { name, rows, fields }] of dataset.tables.entries()) {
    const { level } = grow(answer, rows === '' ? [] : rows.split('.'));
    if (level.table !== undefined) throw new Error(`${name}: another table has its rows in "${rows}", too.`);
    level.table = table;
    const columns = columnsOf({ fields }).map(({ column }) => column);
    for (const { column, path, type } of fields) {
      const arrays = path.slice(0, path.lastIndexOf('[]') + 1);
      if (!`${rows}.`.startsWith(arrays && `${arrays}].`))
        throw new Error(`${name}: "${path}" is neither in a row of "${rows}" nor above one.`);
      declare(answer, path, { table, column: columns.indexOf(column), type });
    }
  }
  for (const path of dataset.ignored) declare(answer, path, undefined);
  return answer;
}

/** @param place undefined to ignore what is at the path */
function declare(answer: GrowingLevel, path: string, place: ColumnPlace | undefined): void {
  const names = path.split('.');
  const member = names.pop() ?? '';
  const { tree } = grow(answer, names);
  const node = tree.get(member);
  if (!node) tree.set(member, place ? { kind: 'value', columns: [place] } : { kind: 'ignored' });
  else if (node.kind !== 'value' || !place)
    throw new Error(`"${path}" is declared, and leads to another declared path.`);
  else if (node.columns.some(({ table }) => table === place.table))
    throw new Error(`"${path}" is declared twice in one table.`);
  else tree.set(member, { kind: 'value', columns: [...node.columns, place] });
}

/** What is at a path of objects and arrays, which grow where there are none yet. */
function grow(answer: GrowingLevel, names: readonly string[]): { tree: Growing; level: GrowingLevel } {
  let level = answer;
  let tree = level.tree as Growing;
  for (const member of names) {
    const name = member.replace(/\[\]$/, '');
    const isArray = name !== member;
    let node = tree.get(name);
    if (!node) {
      const below: FieldTree = new Map();
      node = isArray
        ? { kind: 'array', level: { tree: below, table: undefined, name } }
        : { kind: 'object', tree: below };
      tree.set(name, node);
    }
    if (node.kind === 'array' && isArray) {
      level = node.level as GrowingLevel;
      tree = level.tree as Growing;
    } else if (node.kind === 'object' && !isArray) tree = node.tree as Growing;
    else throw new Error(`"${names.join('.')}" leads through another declared path at "${member}".`);
  }
  return { tree, level };
}

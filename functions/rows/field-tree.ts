import type { ColumnType } from '../../shared/column-type.ts';
import { columnsOf, type Dataset } from '../../shared/dataset.ts';

/** Where a declared path leads: to a column, by its number in the file, or on into an object. */
export type FieldNode =
  | { readonly column: number; readonly type: ColumnType }
  | { readonly branch: FieldTree };

/** Declared member names of an object, and where each leads. */
export type FieldTree = ReadonlyMap<string, FieldNode>;

const trees = new WeakMap<Dataset, FieldTree>();

/**
 * The tree of a dataset, made once.
 * @throws {Error} when two declared paths contradict each other
 */
export function fieldTree(dataset: Dataset): FieldTree {
  const tree = trees.get(dataset) ?? planted(dataset);
  trees.set(dataset, tree);
  return tree;
}

function planted(dataset: Dataset): FieldTree {
  const root = new Map<string, FieldNode>();
  const columns = columnsOf(dataset).map(({ column }) => column);
  for (const { column, path, type } of dataset.fields) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    let tree = root;
    for (const name of names) {
      const node = tree.get(name) ?? { branch: new Map<string, FieldNode>() };
      if (!('branch' in node)) throw new Error(`${dataset.name}: "${path}" leads through a declared value.`);
      tree.set(name, node);
      tree = node.branch as Map<string, FieldNode>;
    }
    if (tree.has(last)) throw new Error(`${dataset.name}: "${path}" is declared twice.`);
    tree.set(last, { column: columns.indexOf(column), type });
  }
  return root;
}

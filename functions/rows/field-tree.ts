import type { ColumnType } from '../../shared/column-type.ts';
import { columnsOf, type Dataset } from '../../shared/dataset.ts';

/** A declared path leads to a column, by its number in the file, or into an object. */
export type FieldNode =
  | { readonly column: number; readonly type: ColumnType }
  | { readonly branch: FieldTree };

export type FieldTree = ReadonlyMap<string, FieldNode>;

const trees = new WeakMap<Dataset, FieldTree>();

/** @throws {Error} when two declared paths contradict each other */
export function fieldTree(dataset: Dataset): FieldTree {
  const tree = trees.get(dataset) ?? treeOf(dataset);
  trees.set(dataset, tree);
  return tree;
}

function treeOf(dataset: Dataset): FieldTree {
  const root = new Map<string, FieldNode>();
  const columns = columnsOf(dataset).map(({ column }) => column);
  for (const { column, path, type } of dataset.fields) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    let tree = root;
    for (const name of names) {
      const node = tree.get(name) ?? { branch: new Map<string, FieldNode>() };
      if (!('branch' in node))
        throw new Error(`${dataset.name}: "${path}" leads through another declared field.`);
      tree.set(name, node);
      tree = node.branch as Map<string, FieldNode>;
    }
    if (tree.has(last)) throw new Error(`${dataset.name}: "${path}" is declared twice.`);
    tree.set(last, { column: columns.indexOf(column), type });
  }
  return root;
}

import type { Dataset } from '../../../../shared/dataset.ts';
import fc from '../../../fast-check.ts';

/** Values of each type that are as they should be, in JSON. */
export const plain = {
  string: fc.constantFrom('"Oslo"', '"Zürich"', '""', 'null'),
  double: fc.constantFrom('21.6', '-3', '0', '1013.25', '0.1', 'null'),
  int: fc.constantFrom('0', '1', '-40', '100', 'null'),
  bigint: fc.constantFrom('1795323600', '0', '-1'),
  date: fc.constantFrom('"2026-11-22"', '"2024-02-29"', '"1969-12-31"', 'null'),
  timestamp: fc.constantFrom('1795323600', '1795327200', 'null'),
};

export type Kind = keyof typeof plain;

/** The declared fields as they are nested; the name of an array ends in `[]`. */
export interface Tree {
  [name: string]: Kind | Tree;
}

export function declaredIn({ tables }: Dataset): Tree {
  const root: Tree = {};
  for (const { path, type } of tables.flatMap(({ fields }) => fields)) {
    const names = path.split('.');
    const last = names.pop() as string;
    let tree = root;
    for (const name of names) {
      tree[name] ??= {};
      tree = tree[name] as Tree;
    }
    tree[last] = type;
  }
  return root;
}

export const bare = (name: string) => name.replace(/\[\]$/, '');

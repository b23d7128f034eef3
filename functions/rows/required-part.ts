import type { Dataset } from '../../shared/dataset.ts';
import { type FieldNode, type FieldTree, fieldTree } from './field-tree.ts';
import { isObject, type JsonObject } from './json.ts';

/** An object or an array without a declared value of which an answer is not data. */
export interface RequiredPart {
  readonly path: string;
  readonly node: FieldNode;
  /** The columns of the answer's own row that are in it. */
  readonly columns: readonly number[];
}

export function requiredParts(dataset: Dataset): RequiredPart[] {
  const own = dataset.tables.find(({ rows }) => rows === '')?.fields ?? [];
  return dataset.required.map((path) => ({
    path,
    node: nodeAt(fieldTree(dataset).tree, path),
    columns: [...own.keys()].filter((column) => own[column]?.path.startsWith(`${path}.`)),
  }));
}

/** Whether the part has a declared value that is not null. One that no column can hold counts: it is rescued. */
export function isPresent({ path, node }: RequiredPart, answer: JsonObject): boolean {
  let part: unknown = answer;
  for (const name of path.split('.')) part = isObject(part) ? part[name] : undefined;
  const isInPlace = node.kind === 'array' ? Array.isArray(part) : isObject(part);
  return isInPlace && isValue(node, part);
}

function isValue(node: FieldNode, value: unknown): boolean {
  if (value === null || node.kind === 'ignored') return false;
  if (node.kind === 'object' && isObject(value)) return hasValue(node.tree, value);
  if (node.kind === 'array' && Array.isArray(value))
    return value.some((element) => isObject(element) && hasValue(node.level.tree, element));
  return true;
}

function hasValue(tree: FieldTree, object: JsonObject): boolean {
  return Object.entries(object).some(([name, value]) => {
    const node = tree.get(name);
    return node !== undefined && isValue(node, value);
  });
}

function nodeAt(root: FieldTree, path: string): FieldNode {
  let node: FieldNode = { kind: 'object', tree: root };
  for (const name of path.split('.')) {
    const next: FieldNode | undefined = node.kind === 'object' ? node.tree.get(name) : undefined;
    if (next?.kind !== 'object' && next?.kind !== 'array')
      throw new Error(`"${path}" is required, but has no declared fields.`);
    node = next;
  }
  return node;
}

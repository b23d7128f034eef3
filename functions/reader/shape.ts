import type { ColumnType } from '../../shared/column-type.ts';
import type { ColumnPlace, FieldNode, FieldTree, Level } from '../rows/field-tree.ts';
import { memberPath } from '../rows/rescue.ts';
import { tokens } from './json-scan.ts';

/**
 * A record without its values: `{"location":{"name":`, `,"region":`, …, `}}`. The responses of one API rarely differ in
 * anything but values, so a record of a known shape can be read without parsing it.
 */
export interface Shape {
  /** The text before each value and after the last one, concatenated. */
  readonly literals: Uint8Array;
  readonly ends: Int32Array;
  readonly slots: readonly Slot[];
  readonly steps: readonly Step[];
}

/** A value. */
export interface Slot {
  readonly type: ColumnType;
  /** Where a scalar is in its answer that is not declared. It goes to `rescued`, whatever it is. */
  readonly undeclared: string | undefined;
  /** Where it belongs. Nowhere when it is ignored. */
  readonly places: readonly ColumnPlace[];
  /** The element that it is in, by the order in which elements begin. The record is number 0. */
  readonly element: number;
}

/** What begins and ends in a record, in its order. */
export type Step =
  | { readonly kind: 'begin' }
  /** An array without elements. Its rows may have been read. */
  | { readonly kind: 'array'; readonly table: number }
  | { readonly kind: 'end'; readonly element: number; readonly table: number | undefined };

/** Larger records are few, and consist of values rather than names. */
const maxRecordBytes = 64 * 1024;

/** An object or an array that has begun. */
interface Open {
  readonly tree: Pick<FieldTree, 'get'> | undefined;
  readonly level: Level | undefined;
  readonly element: number;
  /** Where it is in its answer; undefined when the path of an undeclared value in it would not always be the same. */
  readonly path: string | undefined;
  isEmpty: boolean;
}

/** JavaScript puts members with such names before the others. */
const isIndex = /^\d+$/;

const ignored: FieldNode = { kind: 'ignored' };

/**
 * @param record an answer or an element of it: well-formed JSON that names no member twice
 * @param path where it is in its answer; undefined when undeclared values in it have to be parsed
 * @returns undefined when the shape cannot be read: it has an array or an object that is not declared, a name with an escape,
 * a value of several types, another kind of value for an object, or an element without a declared member
 */
export function shapeOf(record: Uint8Array, level: Level, path: string | undefined): Shape | undefined {
  if (record.length > maxRecordBytes) return undefined;
  // One character per byte, so that places in the text are places in the bytes.
  const text = Buffer.from(record.buffer, record.byteOffset, record.length).toString('latin1');
  const literals: string[] = [];
  const slots: Slot[] = [];
  const steps: Step[] = [];
  let literalStart = 0;

  const open: Open[] = [];
  let elements = 0;
  let isName = false;
  let name = '';
  let node: FieldNode | undefined;
  for (const [start, end] of tokens(text)) {
    const token = text.slice(start, end);
    const inside = open.at(-1);
    if (token === '{') {
      // What is in an array, or in nothing, is an element.
      const of = inside?.tree ? undefined : (inside?.level ?? level);
      if (of) steps.push({ kind: 'begin' });
      const tree = of ? of.tree : treeOf(node);
      if (!tree) return undefined;
      if (inside) inside.isEmpty = false;
      open.push({
        tree,
        level: of,
        element: of ? elements++ : (inside?.element ?? 0),
        path: inside ? pathIn(inside, name) : path,
        isEmpty: true,
      });
      isName = true;
    } else if (token === '[') {
      if (!inside?.tree || node?.kind !== 'array') return undefined;
      open.push({
        tree: undefined,
        level: node.level,
        element: inside.element,
        path: undefined,
        isEmpty: true,
      });
    } else if (token === '}' || token === ']') {
      const { tree, level: of, element, isEmpty } = open.pop() as Open;
      if (tree && of) {
        if (isEmpty) return undefined;
        steps.push({ kind: 'end', element, table: of.table });
      } else if (of && isEmpty) {
        if (of.table === undefined) return undefined;
        steps.push({ kind: 'array', table: of.table });
      }
    } else if (token === ',') {
      isName = inside?.tree !== undefined;
    } else if (token === ':') {
      isName = false;
    } else if (!inside?.tree) {
      return undefined;
    } else if (isName) {
      if (token.includes('\\')) return undefined;
      name = Buffer.from(token.slice(1, -1), 'latin1').toString();
      node = inside.tree.get(name);
      if (node) inside.isEmpty = false;
    } else {
      const undeclared = node ? undefined : pathIn(inside, name);
      const type = undeclared === undefined ? typeOf(node, token) : 'string';
      if (!type) return undefined;
      literals.push(text.slice(literalStart, start));
      slots.push({
        type,
        undeclared,
        places: node?.kind === 'value' ? node.columns : [],
        element: inside.element,
      });
      literalStart = end;
    }
  }
  literals.push(text.slice(literalStart, text.lastIndexOf('}') + 1));

  let end = 0;
  return {
    literals: Buffer.from(literals.join(''), 'latin1'),
    ends: Int32Array.from(literals, ({ length }) => (end += length)),
    slots,
    steps,
  };
}

function pathIn({ path }: Open, name: string): string | undefined {
  return path === undefined || isIndex.test(name) ? undefined : memberPath(path, name);
}

function treeOf(node: FieldNode | undefined): Open['tree'] {
  if (node?.kind === 'object') return node.tree;
  return node?.kind === 'ignored' ? { get: () => ignored } : undefined;
}

/** Undefined for what a reader of shapes does not know. */
function typeOf(node: FieldNode | undefined, token: string): ColumnType | undefined {
  if (node?.kind === 'ignored' && !/^[tf]/.test(token)) return token.startsWith('"') ? 'string' : 'double';
  const [place, ...others] = node?.kind === 'value' ? node.columns : [];
  return others.every(({ type }) => type === place?.type) ? place?.type : undefined;
}

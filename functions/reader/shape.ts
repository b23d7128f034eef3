import type { ColumnType } from '../../shared/column-type.ts';
import type { FieldNode, FieldTree } from '../rows/field-tree.ts';
import { tokens } from './json-scan.ts';

/**
 * The bytes of a record apart from its values: `{"location":{"name":`, `,"region":`, …, `}}`. The responses of one API
 * seldom differ in anything else, so that a record of a known shape is read without parsing it.
 */
export interface Shape {
  /** One after the other: what stands before each value, and what stands after the last. */
  readonly literals: Uint8Array;
  /** Where each of them ends; it begins where the one before it ends. */
  readonly ends: Int32Array;
  /** The column of each value, and its type. */
  readonly slots: readonly Slot[];
}

export interface Slot {
  readonly column: number;
  readonly type: ColumnType;
}

/** Bytes of a record whose shape is worth knowing: larger ones are few, and what they hold is not their names. */
const maxRecordBytes = 64 * 1024;

/**
 * The shape of one record: well-formed JSON, with no name twice in an object, of which every value found its column.
 * Undefined when it has none that would fit again: there is an array in it, a name with an escape, or null for an object.
 */
export function shapeOf(record: Uint8Array, tree: FieldTree): Shape | undefined {
  if (record.length > maxRecordBytes) return undefined;
  // One character a byte, so that places in the text are places in the bytes.
  const text = Buffer.from(record.buffer, record.byteOffset, record.length).toString('latin1');
  const literals: string[] = [];
  const slots: Slot[] = [];
  let literalStart = 0;

  const open: FieldTree[] = [];
  let isName = false;
  let node: FieldNode | undefined = { branch: tree };
  for (const [start, end] of tokens(text)) {
    const token = text.slice(start, end);
    if (token === '{') {
      if (!node || !('branch' in node)) return undefined;
      open.push(node.branch);
      isName = true;
    } else if (token === '}') {
      open.pop();
    } else if (token === ',') {
      isName = true;
    } else if (token === ':') {
      isName = false;
    } else if (token === '[') {
      return undefined;
    } else if (isName) {
      node = open.at(-1)?.get(token.slice(1, -1));
      if (!node) return undefined;
    } else {
      if (!node || 'branch' in node) return undefined;
      literals.push(text.slice(literalStart, start));
      slots.push(node);
      literalStart = end;
    }
  }
  literals.push(text.slice(literalStart, text.lastIndexOf('}') + 1));

  let end = 0;
  return {
    literals: Buffer.from(literals.join(''), 'latin1'),
    ends: Int32Array.from(literals, ({ length }) => (end += length)),
    slots,
  };
}

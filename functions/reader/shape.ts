import type { ColumnType } from '../../shared/column-type.ts';
import type { FieldNode, FieldTree } from '../rows/field-tree.ts';
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
}

interface Slot {
  readonly column: number;
  readonly type: ColumnType;
}

/** Larger records are few, and consist of values rather than names. */
const maxRecordBytes = 64 * 1024;

/**
 * @param record well-formed JSON that names no member twice and whose values have all found a column
 * @returns undefined when the shape would not fit again: it has an array, a name with an escape, or null for an object
 */
export function shapeOf(record: Uint8Array, tree: FieldTree): Shape | undefined {
  if (record.length > maxRecordBytes) return undefined;
  // One character per byte, so that places in the text are places in the bytes.
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

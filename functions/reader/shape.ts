import type { ColumnPlace, FieldNode, FieldTree, Level } from '../rows/field-tree.ts';
import { tokens } from './json-scan.ts';

/**
 * A record without its values: `{"location":{"name":`, `,"region":`, …, `}}`. The responses of one API rarely differ in
 * anything but values, so a record of a known shape can be read without parsing it.
 */
export interface Shape {
  /** The text before each value and after the last one, concatenated. */
  readonly literals: Uint8Array;
  readonly ends: Int32Array;
  readonly slots: readonly ColumnPlace[];
}

/** Larger records are few, and consist of values rather than names. */
const maxRecordBytes = 64 * 1024;

/**
 * @param record an answer or an element of it: well-formed JSON that names no member twice
 * @param level what it is, with a table
 * @returns undefined when the shape cannot be read: it has an array, an undeclared name or one with an escape, a value that
 * has to be in several rows, another kind of value for an object, or no member
 */
export function shapeOf(record: Uint8Array, { tree, table }: Level): Shape | undefined {
  if (record.length > maxRecordBytes) return undefined;
  // One character per byte, so that places in the text are places in the bytes.
  const text = Buffer.from(record.buffer, record.byteOffset, record.length).toString('latin1');
  const literals: string[] = [];
  const slots: ColumnPlace[] = [];
  let literalStart = 0;

  const open: FieldTree[] = [];
  let isName = false;
  let names = 0;
  let node: FieldNode | undefined = { kind: 'object', tree };
  for (const [start, end] of tokens(text)) {
    const token = text.slice(start, end);
    if (token === '{') {
      if (node?.kind !== 'object') return undefined;
      open.push(node.tree);
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
      names += 1;
    } else {
      const [place, other] = node?.kind === 'value' ? node.columns : [];
      if (!place || other || place.table !== table) return undefined;
      literals.push(text.slice(literalStart, start));
      slots.push(place);
      literalStart = end;
    }
  }
  if (names === 0) return undefined;
  literals.push(text.slice(literalStart, text.lastIndexOf('}') + 1));

  let end = 0;
  return {
    literals: Buffer.from(literals.join(''), 'latin1'),
    ends: Int32Array.from(literals, ({ length }) => (end += length)),
    slots,
  };
}

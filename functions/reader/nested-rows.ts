import { PermanentError } from '../../shared/errors.ts';
import { readBefore } from '../rows/answer-fill.ts';
import type { AnswerRows } from '../rows/answer-rows.ts';
import type { FieldTree, Level } from '../rows/field-tree.ts';
import { isObject } from '../rows/json.ts';
import { memberPath } from '../rows/rescue.ts';
import type { RowGroup } from '../rows/row-group.ts';
import type { AnswerShapes } from './answer-shapes.ts';
import { ByteWindow, type ReadableBytes } from './byte-window.ts';
import { ElementScanner } from './element-scanner.ts';
import { FrameReader } from './frame-reader.ts';
import { closeBracket, colon, comma, openBracket, quote } from './json-bytes.ts';
import { decodeUtf8, maxValues, parseJson } from './json-text.ts';
import { KnownShapes, rowReader } from './known-shapes.ts';
import { ParsedValues } from './parsed-values.ts';

const placeholder = Buffer.from(JSON.stringify(readBefore));

/** Answers of which rows are learned, at most: looking for new shapes in every answer would take long. */
const maxLearned = 64;

/** An array whose elements are rows without rows in them. */
interface InnerArray {
  readonly table: number;
  readonly group: RowGroup;
  readonly shapes: KnownShapes;
  /** `"hour":[`. Inside a JSON string, the quotation marks would be escaped. */
  readonly opening: Buffer;
}

/**
 * Answers with rows in arrays. The innermost rows, which are most of an answer, are read by their shapes. The rest of the
 * answer, its frame with these arrays empty, is read by its shape, too. If it has none, it is parsed with a placeholder in
 * these arrays, which proves that they were where they have to be.
 */
export class NestedRows implements AnswerShapes {
  readonly needsEnd = true;
  readonly #rows: AnswerRows;
  readonly #arrays: readonly InnerArray[];
  readonly #frames: KnownShapes<FrameReader>;
  readonly #frame = new ByteWindow();
  #learned = 0;

  constructor(rows: AnswerRows) {
    this.#rows = rows;
    this.#arrays = innerLevels(rows.level.tree, '').map(({ table, level, path }) => ({
      table,
      group: rows.groups[table] as RowGroup,
      shapes: new KnownShapes(level, path, rowReader),
      opening: Buffer.from(`${JSON.stringify(level.name)}:[`),
    }));
    const read = this.#arrays.map(({ table }) => table);
    // A frame with undeclared values is parsed: they may belong to rows that were read before.
    this.#frames = new KnownShapes(rows.level, undefined, (shape) => FrameReader.of(shape, rows, read));
  }

  read({ bytes, view, start }: ByteWindow, limit: number, parsed: ParsedValues): number {
    this.#rows.begin();
    const record = bytes.subarray(0, limit);
    const frame = this.#frame;
    frame.end = 0;
    const cuts: number[] = [];
    const ends = new Map<number, number[]>(this.#arrays.map(({ table }) => [table, []]));
    let from = start;
    let cells = 0;
    for (let at = record.indexOf(openBracket, start); at >= 0; at = record.indexOf(openBracket, at + 1)) {
      // A text may have many brackets.
      if (bytes[at - 1] !== colon || bytes[at - 2] !== quote) continue;
      const array = this.#arrays.find(({ opening }) => isBefore(at + 1, opening, record, from));
      if (!array) continue;
      const { table, group } = array;
      const first = group.rowCount;
      frame.append(record.subarray(from, at + 1));
      cuts.push(frame.end);
      from = readRows(array, { bytes, view, start: at + 1 }, limit, this.#rows, parsed);
      if (from < 0) return this.#giveUp();
      at = from;
      ends.get(table)?.push(group.rowCount);
      cells += (group.rowCount - first) * group.columns.length;
    }
    frame.append(record.subarray(from));
    // An answer that may have too many values has to be counted, and refused, as a whole.
    if (4 * (cells + this.#rows.rescuedInRows) > maxValues || frame.length > maxValues) return this.#giveUp();
    const end = this.#frames.read(frame, this.#rows.groups[0] as RowGroup, frame.end, parsed);
    if (end >= 0 && this.#frames.reader?.add(ends)) return limit - (frame.end - end);
    const text = frame.bytes.subarray(0, frame.end);
    const answer = parseFrame(withPlaceholders(text, cuts), parsed);
    if (!isObject(answer)) return this.#giveUp();
    if (!this.#rows.addAround(answer, ends)) return -1;
    this.#frames.learn(text);
    return limit;
  }

  learn(answer: Uint8Array): void {
    if (this.#learned === maxLearned || !this.#arrays.some(({ shapes }) => shapes.canLearn)) return;
    this.#learned += 1;
    const window = new ByteWindow();
    window.append(answer);
    const { bytes } = window;
    for (const { opening, shapes, group } of this.#arrays) {
      const scanner = new ElementScanner();
      let at = 0;
      while (shapes.canLearn) {
        at = bytes.indexOf(opening, at);
        if (at < 0) break;
        at += opening.length;
        while (shapes.canLearn && bytes[at] !== closeBracket) {
          window.start = at;
          let end = shapes.read(window, group, window.end, new ParsedValues());
          group.truncate(group.rowCount);
          if (end < 0) {
            end = scanner.find(window);
            shapes.learn(bytes.subarray(at, end));
          }
          at = bytes[end] === comma ? end + 1 : end;
        }
      }
    }
  }

  #giveUp(): -1 {
    this.#rows.undo();
    return -1;
  }
}

function isBefore(end: number, opening: Buffer, bytes: Uint8Array, from: number): boolean {
  const start = end - opening.length;
  return start >= from && opening.compare(bytes, start, end) === 0;
}

/** Reads the rows of an array from its first element on. @returns where its bracket closes; -1 when it gave up */
function readRows(
  { group, shapes }: InnerArray,
  { bytes, view, start }: ReadableBytes,
  limit: number,
  rows: AnswerRows,
  parsed: ParsedValues,
): number {
  const next = { bytes, view, start };
  while (bytes[next.start] !== closeBracket) {
    group.reserve();
    const end = shapes.read(next, group, limit, parsed);
    if (end < 0) return -1;
    group.rowCount += 1;
    rows.countRescued(shapes.undeclared);
    if (bytes[end] === closeBracket) return end;
    if (bytes[end] !== comma || bytes[end + 1] === closeBracket) return -1;
    next.start = end + 1;
  }
  return next.start;
}

function withPlaceholders(frame: Uint8Array, cuts: readonly number[]): Uint8Array {
  const ends = [...cuts, frame.length];
  return Buffer.concat(
    ends.flatMap((end, index) => [
      ...(index > 0 ? [placeholder] : []),
      frame.subarray(ends[index - 1] ?? 0, end),
    ]),
  );
}

/** Undefined for what is not JSON: the caller parses the whole answer, and says why. */
function parseFrame(text: Uint8Array, parsed: ParsedValues): unknown {
  try {
    return parseJson(decodeUtf8(text, ''), '', parsed);
  } catch (error) {
    if (error instanceof PermanentError) return undefined;
    throw error;
  }
}

interface InnerLevel {
  readonly table: number;
  readonly level: Level;
  /** Of its elements; undefined where the numbers of elements above are part of it. */
  readonly path: string | undefined;
}

/** The arrays of rows that have no arrays of rows in them. */
function innerLevels(tree: FieldTree, path: string | undefined): InnerLevel[] {
  return [...tree].flatMap(([name, node]) => {
    const here = path === undefined ? undefined : memberPath(path, name);
    if (node.kind === 'object') return innerLevels(node.tree, here);
    if (node.kind !== 'array') return [];
    const { level } = node;
    const { table } = level;
    const elements = here === undefined || table === undefined ? undefined : `${here}[]`;
    const inner = innerLevels(level.tree, elements);
    return inner.length > 0 || table === undefined ? inner : [{ table, level, path: elements }];
  });
}

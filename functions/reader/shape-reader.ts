import type { ColumnType } from '../../shared/column-type.ts';
import { daysSince1970, firstSecond, lastSecond } from '../rows/cell.ts';
import type { RowGroup } from '../rows/row-group.ts';
import { firstHash, nextHash, type TextDictionary } from '../rows/text-dictionary.ts';
import type { ReadableBytes } from './byte-window.ts';
import { RescuedText } from './rescued-text.ts';
import type { Shape } from './shape.ts';

const { clz32, floor, imul } = Math;

/** With so many digits, a number, also divided by a power of ten, is exactly the double nearest to the text. */
const maxDigits = 15;
const powersOfTen = Float64Array.from({ length: maxDigits + 1 }, (_, exponent) => 10 ** exponent);

/** Numbers of so many digits fit into 32-bit integers, which are faster. */
const maxSmallDigits = 9;

const dateLength = 'YYYY-MM-DD'.length;

const types: readonly ColumnType[] = ['string', 'double', 'int', 'bigint', 'date', 'timestamp'];
const string = types.indexOf('string');
const double = types.indexOf('double');
const int = types.indexOf('int');
const date = types.indexOf('date');
const timestamp = types.indexOf('timestamp');
const undeclared = types.length;

/** Of a value that is not declared. */
export const noColumn = -1;

/**
 * Reads records of one shape straight from their bytes into cells. It knows only plain values. At anything else (an escape,
 * an exponent, many digits, another kind of value) it gives up, and the caller parses the record. When it does not give up,
 * its row is the same as a parsed one: test/functions/reader/known-shapes.test.ts.
 */
export class ShapeReader {
  readonly #literals: DataView<ArrayBufferLike>;
  readonly #ends: Int32Array;
  readonly #columns: Int32Array;
  readonly #types: Uint8Array;
  readonly #rescued: RescuedText;
  /** The end of the last value, and the number of digits after the point of the last number. */
  #end = 0;
  #scale = 0;

  /** @param columns where each value of the shape goes */
  constructor({ literals, ends, slots }: Shape, columns: readonly number[]) {
    this.#literals = new DataView(literals.buffer, literals.byteOffset, literals.length);
    this.#ends = ends;
    this.#columns = Int32Array.from(columns);
    this.#types = Uint8Array.from(slots, ({ type, ...slot }) =>
      slot.undeclared === undefined ? types.indexOf(type) : undeclared,
    );
    this.#rescued = new RescuedText(slots.flatMap((slot) => slot.undeclared ?? []));
  }

  /** How many values of each record are not declared. */
  get undeclared(): number {
    return this.#rescued.length;
  }

  /** How many values a record has. */
  get values(): number {
    return this.#columns.length;
  }

  isOf({ literals }: Shape): boolean {
    const { buffer, byteOffset, byteLength } = this.#literals;
    return Buffer.from(buffer, byteOffset, byteLength).equals(literals);
  }

  /**
   * Reads the record at the window's start into the group's next row. The caller commits the row.
   * @returns the end of the record; -1 when it gave up, and the caller has to clear the row
   */
  read({ bytes, view, start }: ReadableBytes, group: RowGroup): number {
    const { capacity, rowCount, present, doubles, words, dictionaries } = group;
    const literals = this.#literals;
    let at = start;
    let literal = 0;
    this.#rescued.clear();
    for (let slot = 0; slot < this.#columns.length; slot++) {
      const end = this.#ends[slot] as number;
      // Eight bytes at a time, as doubles: JSON has no bytes that are zero or NaN. The last ones overlap those before.
      const start = literal;
      const length = end - start;
      if (length < 8) {
        if (
          literals.getInt32(start, true) !== view.getInt32(at, true) ||
          literals.getInt32(end - 4, true) !== view.getInt32(at + length - 4, true)
        )
          return -1;
      } else {
        for (; literal + 8 < end; literal += 8)
          if (literals.getFloat64(literal, true) !== view.getFloat64(at + literal - start, true)) return -1;
        if (literals.getFloat64(end - 8, true) !== view.getFloat64(at + length - 8, true)) return -1;
      }
      literal = end;
      at += length;
      const column = this.#columns[slot] as number;
      const type = this.#types[slot] as number;
      const cell = column * capacity + rowCount;
      if (bytes[at] === 0x6e) {
        if (bytes[at + 1] !== 0x75 || bytes[at + 2] !== 0x6c || bytes[at + 3] !== 0x6c) return -1;
        if (type !== undeclared) {
          at += 4;
          continue;
        }
      }
      if (type === string) {
        const number = this.#text(view, at, dictionaries[column] as TextDictionary);
        if (number < 0) return -1;
        words[cell * 2] = number;
        words[cell * 2 + 1] = 0;
        at = this.#end;
      } else if (type === undeclared) {
        at = this.#rescued.add(bytes, at);
        if (at < 0) return -1;
        continue;
      } else {
        const end =
          type === date ? this.#date(bytes, at, doubles, cell) : this.#number(bytes, at, doubles, cell);
        if (end < 0) return -1;
        if (type !== double) {
          if (this.#scale !== 0) return -1;
          let whole = doubles[cell] as number;
          if (type === int) {
            if (whole < -2_147_483_648 || whole > 2_147_483_647) return -1;
          } else if (type === timestamp) {
            if (whole < firstSecond || whole > lastSecond) return -1;
            whole *= 1000;
          }
          words[cell * 2] = whole;
          words[cell * 2 + 1] = floor(whole / 4_294_967_296);
        }
        at = end;
      }
      present[cell] = 1;
    }
    for (; literal < literals.byteLength; literal++, at++) {
      if (literals.getInt8(literal) !== view.getInt8(at)) return -1;
    }
    return this.#rescued.length === 0 || this.#rescue(bytes, group) ? at : -1;
  }

  /** @returns false when a text is not UTF-8 */
  #rescue(bytes: Uint8Array, group: RowGroup): boolean {
    const column = group.numberOf('rescued');
    const cell = column * group.capacity + group.rowCount;
    const number = this.#rescued.numberIn(group.dictionaries[column] as TextDictionary, bytes);
    group.words[cell * 2] = number;
    group.words[cell * 2 + 1] = 0;
    group.present[cell] = 1;
    return number >= 0;
  }

  /** @returns the text's number in its dictionary; -1 for a text with escapes, or another kind of value */
  #text(view: DataView, start: number, dictionary: TextDictionary): number {
    if (view.getUint8(start) !== 0x22) return -1;
    let at = start + 1;
    let hash = firstHash;
    for (;;) {
      const word = view.getInt32(at, true);
      const found = textEnd(word);
      if (found === 0) {
        hash = nextHash(hash, word);
        at += 4;
      } else {
        const bits = 24 - clz32(found & -found);
        at += bits >> 3;
        if (view.getUint8(at) !== 0x22) return -1;
        this.#end = at + 1;
        return dictionary.numberOf(view, start + 1, at, nextHash(hash, word & ((1 << bits) - 1)));
      }
    }
  }

  /**
   * Reads a number of few digits without an exponent into a cell: a double that is returned takes memory.
   * @returns its end; -1 for any other value, and for negative zero
   */
  #number(bytes: Uint8Array, start: number, doubles: Float64Array, cell: number): number {
    const isNegative = bytes[start] === 0x2d;
    const first = isNegative ? start + 1 : start;
    let at = first;
    let number = 0;
    for (let digit = digitAt(bytes, at); digit <= 9; digit = digitAt(bytes, ++at))
      number = (imul(number, 10) + digit) | 0;
    const wholeDigits = at - first;
    if (wholeDigits === 0 || (wholeDigits > 1 && bytes[first] === 0x30)) return -1;
    let scale = 0;
    if (bytes[at] === 0x2e) {
      const point = at++;
      for (let digit = digitAt(bytes, at); digit <= 9; digit = digitAt(bytes, ++at))
        number = (imul(number, 10) + digit) | 0;
      scale = at - point - 1;
      if (scale === 0) return -1;
    }
    const digits = wholeDigits + scale;
    if (digits > maxSmallDigits) {
      if (digits > maxDigits) return -1;
      number = this.#digits(bytes, first, at);
    }
    if (isNegative && number === 0) return -1;
    this.#scale = scale;
    if (scale > 0) number /= powersOfTen[scale] as number;
    doubles[cell] = isNegative ? -number : number;
    return at;
  }

  /** Reads a text that is a day, as `#number`. */
  #date(bytes: Uint8Array, start: number, doubles: Float64Array, cell: number): number {
    const end = start + dateLength + 1;
    if (
      bytes[start] !== 0x22 ||
      bytes[start + 5] !== 0x2d ||
      bytes[start + 8] !== 0x2d ||
      bytes[end] !== 0x22
    )
      return -1;
    const year = wholeNumber(bytes, start + 1, start + 5);
    const month = wholeNumber(bytes, start + 6, start + 8);
    const day = daysSince1970(year, month, wholeNumber(bytes, start + 9, end));
    if (day === undefined) return -1;
    doubles[cell] = day;
    this.#scale = 0;
    return end + 1;
  }

  #digits(bytes: Uint8Array, start: number, end: number): number {
    let number = 0;
    for (let at = start; at < end; at++) {
      const digit = digitAt(bytes, at);
      if (digit <= 9) number = number * 10 + digit;
    }
    return number;
  }
}

/**
 * The lowest bit that is set is the highest of the first of four bytes which is a quotation mark, a backslash or a control
 * character; 0 if there is none: https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord
 */
function textEnd(word: number): number {
  const quotes = word ^ 0x22222222;
  const backslashes = word ^ 0x5c5c5c5c;
  return (
    (((quotes - 0x01010101) & ~quotes) |
      ((backslashes - 0x01010101) & ~backslashes) |
      ((word - 0x20202020) & ~word)) &
    0x80808080
  );
}

/** NaN when these are not all digits. */
function wholeNumber(bytes: Uint8Array, start: number, end: number): number {
  let number = 0;
  for (let at = start; at < end; at++) {
    const digit = digitAt(bytes, at);
    number = digit <= 9 ? number * 10 + digit : Number.NaN;
  }
  return number;
}

/** More than 9 when it is none. */
function digitAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) - 0x30) >>> 0;
}

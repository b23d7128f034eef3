import { rescue } from '../rows/rescue.ts';
import type { TextDictionary } from '../rows/text-dictionary.ts';
import { backslash, closeBrace, firstPrintable, minus, point, quote, zero } from './json-bytes.ts';

/** More is given back, as there may be many of these. */
const keptBytes = 64 * 1024;

/** As JavaScript spells them. */
const words = ['null', 'true', 'false'].map((word) => Buffer.from(word));

/** Characters of a number, without its sign, that a double keeps whatever they are: `parseExactly` trusts no more. */
const maxNumberLength = 15;

/** JavaScript spells a number with an exponent whose first digit other than zero is further from the point. */
const maxPlaces = 6;

/**
 * Puts together what one row has in `rescued` from the bytes of its values: as `rescue` spells them, without parsing them.
 * test/functions/reader/known-shapes.test.ts
 */
export class RescuedText {
  /** What is before each value: `{"current.snow_cm":` */
  readonly #before: readonly Uint8Array[];
  /** Of each value, where it begins, and the end of what is kept of it. */
  readonly #kept: Int32Array;
  #count = 0;
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);

  /** @param paths of the values, in their order */
  constructor(paths: readonly string[]) {
    this.#before = paths.map((path, index) =>
      Buffer.from(`${index === 0 ? '{' : ','}${rescue(path, 0).slice(0, -1)}`),
    );
    this.#kept = new Int32Array(paths.length * 2);
  }

  get length(): number {
    return this.#before.length;
  }

  clear(): void {
    this.#count = 0;
    if (this.#bytes.length > keptBytes) this.#allocate(keptBytes);
  }

  /** Takes the next value. @returns its end; -1 for one that has to be parsed */
  add(bytes: Buffer, start: number): number {
    const end = this.#valueEnd(bytes, start);
    this.#kept[2 * this.#count++] = start;
    return end;
  }

  /**
   * @param bytes that the values are in
   * @returns the text's number; -1 when it is not UTF-8
   */
  numberIn(dictionary: TextDictionary, bytes: Uint8Array): number {
    let size = 0;
    for (let value = 0; value < this.#count; value++) {
      const before = this.#before[value] as Uint8Array;
      const start = this.#kept[2 * value] as number;
      const end = this.#kept[2 * value + 1] as number;
      this.#reserve(size + before.length + end - start + 1);
      for (let at = 0; at < before.length; at++) this.#bytes[size++] = before[at] as number;
      for (let at = start; at < end; at++) this.#bytes[size++] = bytes[at] as number;
    }
    this.#bytes[size++] = closeBrace;
    return dictionary.numberOfBytes(this.#view, 0, size);
  }

  #valueEnd(bytes: Buffer, start: number): number {
    const first = bytes[start];
    if (first === minus || isDigit(first)) return this.#numberEnd(bytes, start);
    let end = start + 1;
    if (first === quote) {
      while (bytes[end] !== quote) {
        if (bytes[end] === backslash || (bytes[end] as number) < firstPrintable) return -1;
        end += 1;
      }
      end += 1;
    } else {
      const word = words.find((one) => one.compare(bytes, start, start + one.length) === 0);
      if (!word) return -1;
      end = start + word.length;
    }
    this.#kept[2 * this.#count + 1] = end;
    return end;
  }

  /** Keeps no zeros that a number does not need. An exponent is not what follows the value in the shape. */
  #numberEnd(bytes: Buffer, start: number): number {
    const first = bytes[start] === minus ? start + 1 : start;
    let at = first;
    while (isDigit(bytes[at])) at += 1;
    const wholeEnd = at;
    let keptEnd = wholeEnd;
    let places = 0;
    if (bytes[at] === point) {
      for (at += 1; isDigit(bytes[at]); at++) {
        if (bytes[at] === zero) continue;
        if (keptEnd === wholeEnd) places = at - wholeEnd;
        keptEnd = at + 1;
      }
      if (at === wholeEnd + 1) return -1;
    }
    if (wholeEnd === first || at - first > maxNumberLength) return -1;
    if (bytes[first] === zero) {
      const isNegativeZero = keptEnd === wholeEnd && first > start;
      if (wholeEnd > first + 1 || places > maxPlaces || isNegativeZero) return -1;
    }
    this.#kept[2 * this.#count + 1] = keptEnd;
    return at;
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return;
    const before = this.#bytes;
    this.#allocate(2 * size);
    this.#bytes.set(before);
  }

  #allocate(size: number): void {
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= zero && byte <= 0x39;
}

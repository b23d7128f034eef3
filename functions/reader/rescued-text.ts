import type { TextDictionary } from '../rows/text-dictionary.ts';

const quote = 0x22;
const minus = 0x2d;
const point = 0x2e;
const zero = 0x30;
const backslash = 0x5c;
const closeBrace = 0x7d;
const firstPrintable = 0x20;

/** As JavaScript spells them. */
const words = ['null', 'true', 'false'].map((word) => Buffer.from(word));

/** Characters of a number, without its sign, that a double keeps whatever they are: `parseExactly` trusts no more. */
const maxNumberLength = 15;

/** JavaScript spells a number with an exponent whose first digit other than zero is further from the point. */
const maxPlaces = 6;

/**
 * What one row has in `rescued`, put together from the bytes of the values: as `rescue` spells them, without parsing them.
 * test/functions/reader/known-shapes.test.ts
 */
export class RescuedText {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #size = 0;
  /** The end of what is kept of the last value. */
  #keptEnd = 0;

  clear(): void {
    this.#size = 0;
  }

  /**
   * @param before what comes before the value: `{"current.snow_cm":`
   * @returns the end of the value; -1 for one that has to be parsed
   */
  add(before: Uint8Array, bytes: Buffer, start: number): number {
    const end = this.#valueEnd(bytes, start);
    if (end < 0) return -1;

    const size = this.#size;
    const length = this.#keptEnd - start;
    this.#reserve(size + before.length + length + 1);
    const own = this.#bytes;
    for (let at = 0; at < before.length; at++) own[size + at] = before[at] as number;
    const from = size + before.length;
    for (let at = 0; at < length; at++) own[from + at] = bytes[start + at] as number;
    this.#size = from + length;
    return end;
  }

  /** @returns -1 when it is not UTF-8 */
  numberIn(dictionary: TextDictionary): number {
    this.#bytes[this.#size] = closeBrace;
    return dictionary.numberOfBytes(this.#view, 0, this.#size + 1);
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
    this.#keptEnd = end;
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
    this.#keptEnd = keptEnd;
    return at;
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * size);
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= zero && byte <= 0x39;
}

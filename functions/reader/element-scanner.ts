import type { ByteWindow } from './byte-window.ts';

const quote = 0x22;
const comma = 0x2c;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * Finds where an element of a JSON array ends, in a window that may not have the whole of it yet. Only brackets and
 * strings are looked at: whether the element is JSON is for the parser to say, which gets it whole.
 */
export class ElementScanner {
  /** In the middle of an element. */
  isActive = false;
  #at = 0;
  #depth = 0;
  #inString = false;

  /** The window's bytes moved to the front, by so many. */
  moved(by: number): void {
    this.#at -= by;
  }

  /**
   * Where the element at the window's start ends: after the bracket that closes it, or before the `,` or `]` that
   * follows anything else. -1 when that did not come yet.
   */
  find({ bytes, start, end }: ByteWindow): number {
    if (!this.isActive) {
      this.isActive = true;
      this.#at = start;
      this.#depth = 0;
      this.#inString = false;
    }
    for (; this.#at < end; this.#at++) {
      const byte = bytes[this.#at];
      if (this.#inString) {
        if (byte === backslash) {
          if (this.#at + 1 === end) return -1; // What it escapes is still to come.
          this.#at += 1;
        } else if (byte === quote) {
          this.#inString = false;
        }
      } else if (byte === quote) {
        this.#inString = true;
      } else if (byte === openBrace || byte === openBracket) {
        this.#depth += 1;
      } else if (this.#depth === 0 && (byte === comma || byte === closeBracket)) {
        this.isActive = false;
        return this.#at;
      } else if (byte === closeBrace || byte === closeBracket) {
        this.#depth -= 1;
        if (this.#depth <= 0) {
          this.isActive = false;
          return this.#at + 1;
        }
      }
    }
    return -1;
  }
}

import type { ByteWindow } from './byte-window.ts';
import { backslash, closeBrace, closeBracket, comma, openBrace, openBracket, quote } from './json-bytes.ts';

/**
 * Finds the end of an element of a JSON array, in a window that may not have all of it yet. It looks only at brackets and
 * strings; the parser decides whether the element is JSON.
 */
export class ElementScanner {
  isActive = false;
  #at = 0;
  #depth = 0;
  #inString = false;

  moved(by: number): void {
    this.#at -= by;
  }

  /** @returns the end of the element at the window's start; -1 when it has not arrived yet */
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
          if (this.#at + 1 === end) return -1; // The escaped byte has not arrived yet.
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

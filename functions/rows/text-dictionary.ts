import { isUtf8 } from 'node:buffer';

const { imul } = Math;

/** Slots, and texts of the same hash, to search for one text: more than ordinary texts need. */
const maxProbes = 32;
const maxTwins = 2;

/** FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
export const firstHash = 0x811c9dc5 | 0;

export function nextHash(hash: number, byte: number): number {
  return imul(hash ^ byte, 0x01000193);
}

/**
 * The distinct texts of one column in one row group, numbered from 0. Parquet wants their UTF-8 bytes, so no JavaScript
 * strings are made, except of texts that find no slot near their hash: an attacker can send many texts of one hash.
 */
export class TextDictionary {
  #bytes = new Uint8Array(256);
  #ends = new Int32Array(16);
  #hashes = new Int32Array(16);
  /** Open addressing; -1 for an empty slot. At most half full. */
  #table = new Int32Array(32).fill(-1);
  /** Texts that are not in the table. V8 hashes strings with a secret seed. */
  readonly #crowded = new Map<string, number>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get byteLength(): number {
    return this.#start(this.#size);
  }

  /** @returns -1 when the text is not UTF-8 */
  numberOf(source: Uint8Array, start: number, end: number, hash: number): number {
    const mask = this.#table.length - 1;
    for (let probe = 0, twins = 0; probe < maxProbes && twins < maxTwins; probe++) {
      const number = this.#table[(hash + probe) & mask] as number;
      if (number < 0) return this.#add(source.subarray(start, end), hash);
      if (this.#hashes[number] !== hash) continue;
      if (this.#equals(number, source, start, end)) return number;
      twins += 1;
    }
    const text = source.subarray(start, end);
    return this.#crowded.get(stringOf(text)) ?? this.#add(text, hash);
  }

  numberOfString(text: string): number {
    return this.numberOfBytes(Buffer.from(text));
  }

  /** @returns -1 when the text is not UTF-8 */
  numberOfBytes(source: Uint8Array, start = 0, end = source.length): number {
    let hash = firstHash;
    for (let at = start; at < end; at++) hash = nextHash(hash, source[at] as number);
    return this.numberOf(source, start, end, hash);
  }

  /** The number here of a text of another dictionary. */
  numberOfOther(other: TextDictionary, number: number): number {
    const hash = other.#hashes[number] as number;
    return this.numberOf(other.#bytes, other.#start(number), other.#start(number + 1), hash);
  }

  /** A view, valid until `clear`. */
  bytesOf(number: number): Uint8Array {
    return this.#bytes.subarray(this.#start(number), this.#start(number + 1));
  }

  lengthOf(number: number): number {
    return this.#start(number + 1) - this.#start(number);
  }

  clear(): void {
    this.#size = 0;
    this.#table.fill(-1);
    this.#crowded.clear();
  }

  #start(number: number): number {
    return number === 0 ? 0 : (this.#ends[number - 1] as number);
  }

  #equals(number: number, source: Uint8Array, start: number, end: number): boolean {
    let at = this.#start(number);
    if (this.#start(number + 1) - at !== end - start) return false;
    for (let from = start; from < end; from++) {
      if (this.#bytes[at++] !== source[from]) return false;
    }
    return true;
  }

  #add(text: Uint8Array, hash: number): number {
    if (!isUtf8(text)) return -1;
    const start = this.byteLength;
    const end = start + text.length;
    if (end > this.#bytes.length) this.#bytes = grown(this.#bytes, end);
    this.#bytes.set(text, start);

    const number = this.#size++;
    if (number === this.#ends.length) {
      this.#ends = grown(this.#ends, this.#size);
      this.#hashes = grown(this.#hashes, this.#size);
    }
    this.#ends[number] = end;
    this.#hashes[number] = hash;

    if (this.#size * 2 > this.#table.length) {
      this.#table = new Int32Array(this.#table.length * 2).fill(-1);
      this.#crowded.clear();
      for (let each = 0; each < this.#size; each++) this.#place(each);
    } else {
      this.#place(number);
    }
    return number;
  }

  #place(number: number): void {
    const mask = this.#table.length - 1;
    const hash = this.#hashes[number] as number;
    for (let probe = 0, twins = 0; probe < maxProbes && twins < maxTwins; probe++) {
      const slot = (hash + probe) & mask;
      const other = this.#table[slot] as number;
      if (other < 0) {
        this.#table[slot] = number;
        return;
      }
      if (this.#hashes[other] === hash) twins += 1;
    }
    this.#crowded.set(stringOf(this.bytesOf(number)), number);
  }
}

/** A distinct string for each text. Latin-1 is the fastest to make. */
function stringOf({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('latin1');
}

function grown<T extends Uint8Array | Int32Array>(array: T, least: number): T {
  const larger = new (array.constructor as new (length: number) => T)(Math.max(array.length * 2, least));
  larger.set(array);
  return larger;
}

import { isUtf8 } from 'node:buffer';

const { imul } = Math;

/** Slots, and texts of the same hash, to search for one text: more than ordinary texts need. */
const maxProbes = 32;
const maxTwins = 2;

/** `clear` gives back more, as there may be thousands of dictionaries: one for each value around the rows of an answer. */
const keptBytes = 4096;

export const firstHash = 0x811c9dc5 | 0;

/** Takes four bytes of a text, or those that are left, up to three, as the low ones of a word: FxHash. */
export function nextHash(hash: number, word: number): number {
  return imul(((hash << 5) | (hash >>> 27)) ^ word, 0x9e3779b1);
}

/**
 * The distinct texts of one column in one row group, numbered from 0. Parquet wants their UTF-8 bytes, so no JavaScript
 * strings are made, except of texts that find no slot near their hash: an attacker can send many texts of one hash.
 */
export class TextDictionary {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #ends = new Int32Array(16);
  #hashes = new Int32Array(16);
  /** Open addressing, at most half full. Two words a slot: the text's number, or -1, and its hash. */
  #table = new Int32Array(64).fill(-1);
  /** Texts that are not in the table. V8 hashes strings with a secret seed. */
  readonly #crowded = new Map<string, number>();
  #size = 0;
  readonly #total: { bytes: number };

  /** @param total counts the bytes of all dictionaries that share it */
  constructor(total = { bytes: 0 }) {
    this.#total = total;
  }

  get size(): number {
    return this.#size;
  }

  get byteLength(): number {
    return this.#start(this.#size);
  }

  /**
   * @param hash by `nextHash` of the text, from `firstHash` on
   * @returns -1 when the text is not UTF-8
   */
  numberOf(source: DataView, start: number, end: number, hash: number): number {
    const mask = this.#table.length - 1;
    const first = firstSlot(hash);
    for (let probe = 0, twins = 0; probe < maxProbes && twins < maxTwins; probe++) {
      const slot = (first + 2 * probe) & mask;
      const number = this.#table[slot] as number;
      if (number < 0) return this.#add(bytesIn(source, start, end), hash);
      if (this.#table[slot + 1] !== hash) continue;
      if (this.#equals(number, source, start, end)) return number;
      twins += 1;
    }
    const text = bytesIn(source, start, end);
    return this.#crowded.get(stringOf(text)) ?? this.#add(text, hash);
  }

  numberOfString(text: string): number {
    const bytes = Buffer.from(text);
    return this.numberOfBytes(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
  }

  /** @returns -1 when the text is not UTF-8 */
  numberOfBytes(source: DataView, start: number, end: number): number {
    let hash = firstHash;
    let at = start;
    for (; at + 4 <= end; at += 4) hash = nextHash(hash, source.getInt32(at, true));
    let rest = 0;
    for (let shift = 0; at < end; at++, shift += 8) rest |= source.getUint8(at) << shift;
    return this.numberOf(source, start, end, nextHash(hash, rest));
  }

  /** The number here of a text of another dictionary. */
  numberOfOther(other: TextDictionary, number: number): number {
    const hash = other.#hashes[number] as number;
    return this.numberOf(other.#view, other.#start(number), other.#start(number + 1), hash);
  }

  /** A view, valid until `clear`. */
  bytesOf(number: number): Uint8Array {
    return this.#bytes.subarray(this.#start(number), this.#start(number + 1));
  }

  lengthOf(number: number): number {
    return this.#start(number + 1) - this.#start(number);
  }

  clear(): void {
    this.#total.bytes -= this.byteLength;
    this.#size = 0;
    this.#table.fill(-1);
    this.#crowded.clear();
    if (this.#bytes.length > keptBytes) this.#allocate(keptBytes);
  }

  #start(number: number): number {
    return number === 0 ? 0 : (this.#ends[number - 1] as number);
  }

  #equals(number: number, source: DataView, start: number, end: number): boolean {
    const view = this.#view;
    let at = this.#start(number);
    if (this.#start(number + 1) - at !== end - start) return false;
    let from = start;
    for (; from + 4 <= end; from += 4, at += 4)
      if (view.getInt32(at, true) !== source.getInt32(from, true)) return false;
    for (; from < end; from++, at++) if (view.getUint8(at) !== source.getUint8(from)) return false;
    return true;
  }

  #add(text: Uint8Array, hash: number): number {
    if (!isUtf8(text)) return -1;
    const start = this.byteLength;
    const end = start + text.length;
    if (end > this.#bytes.length) {
      const before = this.#bytes;
      this.#allocate(Math.max(2 * before.length, end));
      this.#bytes.set(before);
    }
    this.#bytes.set(text, start);
    this.#total.bytes += text.length;

    const number = this.#size++;
    if (number === this.#ends.length) {
      this.#ends = grown(this.#ends, this.#size);
      this.#hashes = grown(this.#hashes, this.#size);
    }
    this.#ends[number] = end;
    this.#hashes[number] = hash;

    if (this.#size * 4 > this.#table.length) {
      this.#table = new Int32Array(this.#table.length * 2).fill(-1);
      this.#crowded.clear();
      for (let each = 0; each < this.#size; each++) this.#place(each);
    } else {
      this.#place(number);
    }
    return number;
  }

  #allocate(size: number): void {
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
  }

  #place(number: number): void {
    const mask = this.#table.length - 1;
    const hash = this.#hashes[number] as number;
    const first = firstSlot(hash);
    for (let probe = 0, twins = 0; probe < maxProbes && twins < maxTwins; probe++) {
      const slot = (first + 2 * probe) & mask;
      const other = this.#table[slot] as number;
      if (other < 0) {
        this.#table[slot] = number;
        this.#table[slot + 1] = hash;
        return;
      }
      if (this.#table[slot + 1] === hash) twins += 1;
    }
    this.#crowded.set(stringOf(this.bytesOf(number)), number);
  }
}

/** Of two words. The low bits of a hash are its weak ones. */
function firstSlot(hash: number): number {
  return (hash ^ (hash >>> 15)) << 1;
}

function bytesIn({ buffer, byteOffset }: DataView, start: number, end: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset + start, end - start);
}

/** A distinct string for each text. Latin-1 is the fastest to make. */
function stringOf({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('latin1');
}

function grown(array: Int32Array, least: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(array.length * 2, least));
  larger.set(array);
  return larger;
}

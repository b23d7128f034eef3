import type { ColumnType } from '../../shared/column-type.ts';
import type { RowGroup } from '../rows/row-group.ts';
import type { TextDictionary } from '../rows/text-dictionary.ts';

export type Cell = number | bigint | Uint8Array;

export class Column {
  readonly type: ColumnType;
  /** 1 for each row that has a cell, else 0: Parquet's definition levels. */
  readonly present: Buffer;
  /** The 64 bits of each cell as two words, the low one first. */
  readonly words: Int32Array;
  readonly count: number;
  readonly #group: RowGroup;
  readonly #number: number;

  constructor(group: RowGroup, number: number, type: ColumnType) {
    this.type = type;
    this.#group = group;
    this.#number = number;
    const first = number * group.capacity;
    // A buffer's search is twenty times as fast as an array's.
    this.present = Buffer.from(group.present.buffer, first, group.rowCount);
    this.words = group.words.subarray(first * 2, (first + group.rowCount) * 2);
    this.count = group.rowCount;
    if (!this.present.includes(1)) {
      this.count = 0;
    } else if (this.present.includes(0)) {
      this.count = 0;
      for (let row = 0; row < this.present.length; row++) this.count += this.present[row] as number;
    }
  }

  get isFull(): boolean {
    return this.count === this.present.length;
  }

  /** Texts in the column's dictionary. No row may use some of them, because a row may be given up halfway. */
  get dictionarySize(): number {
    return this.#dictionary.size;
  }

  cell(row: number): Cell {
    const at = this.#number * this.#group.capacity + row;
    switch (this.type) {
      case 'double':
        return this.#group.doubles[at] as number;
      case 'int':
      case 'date':
        return this.words[row * 2] as number;
      case 'string':
        return this.#dictionary.bytesOf(this.words[row * 2] as number);
      case 'bigint':
      case 'timestamp':
        return this.#group.bigints[at] as bigint;
    }
  }

  /** The rows that have a cell. */
  rows(): Int32Array {
    const rows = new Int32Array(this.count);
    for (let row = 0, size = 0; size < rows.length; row++) if (this.present[row]) rows[size++] = row;
    return rows;
  }

  /** The cells of these rows, one after the other: Parquet's PLAIN encoding. */
  plain(rows: Int32Array): Uint8Array {
    const { type, words } = this;
    if (type === 'string') return this.#plainTexts(rows);
    const size = type === 'int' || type === 'date' ? 1 : 2;
    // Rows are distinct and in order, so these are all of them.
    if (size === 2 && rows.length === this.present.length) return bytesOf(words);
    const plain = new Int32Array(rows.length * size);
    for (let index = 0, at = 0; index < rows.length; index++) {
      const row = rows[index] as number;
      plain[at++] = words[row * 2] as number;
      if (size === 2) plain[at++] = words[row * 2 + 1] as number;
    }
    return bytesOf(plain);
  }

  #plainTexts(rows: Int32Array): Uint8Array {
    let size = 0;
    for (const row of rows) size += 4 + this.textLength(row);
    const plain = Buffer.allocUnsafe(size);
    let at = 0;
    for (const row of rows) {
      const text = this.#dictionary.bytesOf(this.words[row * 2] as number);
      at = plain.writeUInt32LE(text.length, at);
      plain.set(text, at);
      at += text.length;
    }
    return plain;
  }

  textLength(row: number): number {
    return this.#dictionary.lengthOf(this.words[row * 2] as number);
  }

  get #dictionary(): TextDictionary {
    return this.#group.dictionaries[this.#number] as TextDictionary;
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

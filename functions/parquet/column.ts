import type { DecodedArray } from 'hyparquet';
import type { ColumnType } from '../../shared/column-type.ts';
import type { RowGroup } from '../rows/row-group.ts';
import type { TextDictionary } from '../rows/text-dictionary.ts';

export type Cell = number | bigint | Uint8Array;

export class Column {
  readonly type: ColumnType;
  /** 1 for each row that has a cell, else 0: Parquet's definition levels. */
  readonly present: Uint8Array;
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
    this.present = group.present.subarray(first, first + group.rowCount);
    this.words = group.words.subarray(first * 2, (first + group.rowCount) * 2);
    let count = 0;
    for (let row = 0; row < this.present.length; row++) count += this.present[row] as number;
    this.count = count;
  }

  /** Texts in the column's dictionary. No row may use some of them, because a row may be given up halfway. */
  get dictionarySize(): number {
    return (this.#group.dictionaries[this.#number] as TextDictionary).size;
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
        return (this.#group.dictionaries[this.#number] as TextDictionary).bytesOf(
          this.words[row * 2] as number,
        );
      case 'bigint':
      case 'timestamp':
        return this.#group.bigints[at] as bigint;
    }
  }

  cells(rows: Int32Array): Cell[] {
    return Array.from(rows, (row) => this.cell(row));
  }

  allCells(): DecodedArray {
    const { length } = this.present;
    if (this.count === length) {
      const first = this.#number * this.#group.capacity;
      if (this.type === 'double') return this.#group.doubles.subarray(first, first + length);
      if (this.type === 'bigint' || this.type === 'timestamp')
        return this.#group.bigints.subarray(first, first + length);
    }
    const cells = new Array<Cell | null>(length).fill(null);
    if (this.count > 0) {
      for (let row = 0; row < length; row++) if (this.present[row]) cells[row] = this.cell(row);
    }
    return cells;
  }
}

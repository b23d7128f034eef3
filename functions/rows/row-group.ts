import type { CellOf, ColumnType } from '../../shared/column-type.ts';
import { columnsOf, type Dataset } from '../../shared/dataset.ts';
import { TextDictionary } from './text-dictionary.ts';

/** More rows compress better; fewer take less memory. A constant, because the same raw has to give the same bytes. */
export const maxRows = 50_000;

/** A row group with more bytes of distinct texts is full, whatever its rows, to bound memory. */
const maxTextBytes = 16 * 1024 * 1024;

/**
 * Rows as columns of 8-byte cells in one buffer. The cell of column `c` in row `r` is number `c * capacity + r`, and is null
 * unless `present` is 1. It holds a double, an integer (64 bits, or the first 32), or a text's number in the column's
 * dictionary. The fields are public for the hot loop in reader/shape-reader.ts.
 */
export class RowGroup {
  readonly columns: readonly { readonly column: string; readonly type: ColumnType }[];
  /** By column. Columns without text share one that stays empty. */
  readonly dictionaries: readonly TextDictionary[];
  rowCount = 0;
  capacity = 0;
  present = new Uint8Array();
  doubles = new Float64Array();
  /** Two per cell, the low one first, as on every processor that Node runs on. */
  words = new Int32Array();
  bigints = new BigInt64Array();
  readonly #texts: readonly TextDictionary[];

  constructor(dataset: Dataset) {
    this.columns = columnsOf(dataset);
    const none = new TextDictionary();
    this.dictionaries = this.columns.map(({ type }) => (type === 'string' ? new TextDictionary() : none));
    this.#texts = this.dictionaries.filter((dictionary) => dictionary !== none);
    this.#allocate(16);
  }

  get full(): boolean {
    if (this.rowCount === maxRows) return true;
    let bytes = 0;
    for (const { byteLength } of this.#texts) bytes += byteLength;
    return bytes >= maxTextBytes;
  }

  reserve(): void {
    if (this.rowCount === this.capacity) this.#allocate(Math.min(this.capacity * 4, maxRows));
  }

  clearRow(): void {
    for (let at = this.rowCount; at < this.present.length; at += this.capacity) this.present[at] = 0;
  }

  set<T extends ColumnType>(column: number, type: T, cell: CellOf[T]): void;
  set(column: number, type: ColumnType, cell: CellOf[ColumnType]): void {
    const at = column * this.capacity + this.rowCount;
    this.present[at] = 1;
    switch (type) {
      case 'double':
        this.doubles[at] = cell as number;
        break;
      case 'int':
        this.bigints[at] = BigInt(cell as number);
        break;
      case 'bigint':
        this.bigints[at] = cell as bigint;
        break;
      case 'timestamp':
        this.bigints[at] = BigInt((cell as Date).getTime());
        break;
      case 'string':
        this.bigints[at] = BigInt(this.dictionaries[column]?.numberOfString(cell as string) ?? 0);
        break;
    }
  }

  setAll<T extends ColumnType>(column: number, type: T, cell: CellOf[T]): void {
    const { rowCount } = this;
    const first = column * this.capacity;
    this.rowCount = 0;
    this.set(column, type, cell);
    this.rowCount = rowCount;
    this.present.fill(1, first, first + rowCount);
    this.bigints.fill(this.bigints[first] ?? 0n, first, first + rowCount);
  }

  clear(): void {
    this.rowCount = 0;
    this.present.fill(0);
    for (const texts of this.#texts) texts.clear();
  }

  #allocate(capacity: number): void {
    const { capacity: before, present, bigints } = this;
    const cells = new ArrayBuffer(this.columns.length * capacity * 8);
    this.capacity = capacity;
    this.present = new Uint8Array(this.columns.length * capacity);
    this.doubles = new Float64Array(cells);
    this.words = new Int32Array(cells);
    this.bigints = new BigInt64Array(cells);
    for (let column = 0; column < this.columns.length; column++) {
      this.present.set(present.subarray(column * before, (column + 1) * before), column * capacity);
      this.bigints.set(bigints.subarray(column * before, (column + 1) * before), column * capacity);
    }
  }
}

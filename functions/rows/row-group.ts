import type { CellOf, ColumnType } from '../../shared/column-type.ts';
import { columnsOf, type Dataset } from '../../shared/dataset.ts';
import { TextDictionary } from './text-dictionary.ts';

/**
 * Rows in a row group at most. More compress better and make the footer smaller; fewer take less memory. A constant,
 * as the same raw has to give the same bytes.
 */
export const maxRows = 50_000;

/** Bytes of distinct texts after which a row group is full whatever its rows, so that memory has a bound. */
const maxTextBytes = 16 * 1024 * 1024;

/**
 * Some rows, as columns of 8-byte cells in one buffer: the cell of column `c` in row `r` is number `c * capacity + r`,
 * and counts when `present` says 1 for it, which is also its definition level in Parquet. A cell holds a double, an
 * integer (64 bits, or the first 32), or the number of a text in its column's dictionary.
 *
 * Fields are open, and the cells not behind methods, for the one loop that fills them (reader/shape-reader.ts).
 */
export class RowGroup {
  readonly columns: readonly { readonly column: string; readonly type: ColumnType }[];
  /** By column; of those that hold no text, one that stays empty. */
  readonly dictionaries: readonly TextDictionary[];
  rowCount = 0;
  capacity = 0;
  present = new Uint8Array();
  doubles = new Float64Array();
  /** Two to a cell, the low one first, as on every processor that Node runs on. */
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

  /** Makes room for one more row. */
  reserve(): void {
    if (this.rowCount === this.capacity) this.#allocate(Math.min(this.capacity * 4, maxRows));
  }

  /** Empties the cells of the row that is being filled. */
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

  /** Sets one cell of every row, as `set` does of one. */
  setAll<T extends ColumnType>(column: number, type: T, cell: CellOf[T]): void {
    const { rowCount } = this;
    const first = column * this.capacity;
    this.rowCount = 0;
    this.set(column, type, cell);
    this.rowCount = rowCount;
    this.present.fill(1, first, first + rowCount);
    this.bigints.fill(this.bigints[first] ?? 0n, first, first + rowCount);
  }

  /** No rows any more; the memory is kept for the next. */
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

import type { CellOf, ColumnType } from '../../shared/column-type.ts';
import { millisecondsPerDay } from './cell.ts';
import { TextDictionary } from './text-dictionary.ts';

/**
 * More rows compress better; fewer take less memory. A constant, because the same raw has to give the same bytes. The rows
 * of one answer stay together.
 */
export const maxRows = 50_000;

/** Rows to have room for beyond these: of an answer that begins before the row group is full. */
const lastAnswerRows = 504;

/** A row group with more bytes of distinct texts is full, whatever its rows, to bound memory. */
export const maxTextBytes = 16 * 1024 * 1024;

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
  readonly #text = { bytes: 0 };
  readonly #numbers: ReadonlyMap<string, number>;

  constructor(columns: RowGroup['columns']) {
    this.columns = columns;
    this.#numbers = new Map(this.columns.map(({ column }, number) => [column, number]));
    const none = new TextDictionary();
    this.dictionaries = this.columns.map(({ type }) =>
      type === 'string' ? new TextDictionary(this.#text) : none,
    );
    this.#texts = this.dictionaries.filter((dictionary) => dictionary !== none);
    this.#allocate(16);
  }

  /** Of a column, by its name. */
  numberOf(name: string): number {
    const number = this.#numbers.get(name);
    if (number === undefined) throw new Error(`There is no column "${name}".`);
    return number;
  }

  get full(): boolean {
    return this.rowCount >= maxRows || this.textBytes >= maxTextBytes;
  }

  /** Bytes of distinct texts. */
  get textBytes(): number {
    return this.#text.bytes;
  }

  /** Makes room for more rows. */
  reserve(rows = 1): void {
    const { rowCount, capacity } = this;
    if (rowCount + rows <= capacity) return;
    // Columns a power of two apart would compete for the same lines of the processor's cache.
    const next = capacity < 10_000 ? capacity * 4 + 72 : Math.max(capacity * 2, maxRows + lastAnswerRows);
    this.#allocate(Math.max(next, rowCount + rows));
  }

  /** Removes the last rows, with what was set of the next one. */
  truncate(rowCount: number): void {
    const { present, capacity } = this;
    const length = Math.min(this.rowCount + 1, capacity) - rowCount;
    for (let at = rowCount; at < present.length; at += capacity) {
      if (length === 1) present[at] = 0;
      else present.fill(0, at, at + length);
    }
    this.rowCount = rowCount;
  }

  /** Sets a cell of the next row. */
  set<T extends ColumnType>(column: number, type: T, cell: CellOf[T]): void {
    const at = column * this.capacity + this.rowCount;
    this.present[at] = 1;
    if (type === 'double') this.doubles[at] = cell as number;
    else this.bigints[at] = this.#bits(column, type, cell);
  }

  textAt(column: number, row: number): string | undefined {
    const cell = column * this.capacity + row;
    const bytes = this.dictionaries[column]?.bytesOf(this.words[cell * 2] as number);
    return this.present[cell] === 1 && bytes ? Buffer.from(bytes).toString() : undefined;
  }

  /** Sets a cell of the rows from `start` up to `end`. */
  setAll<T extends ColumnType>(column: number, type: T, cell: CellOf[T], start: number, end: number): void {
    const [from, to] = [column * this.capacity + start, column * this.capacity + end];
    this.present.fill(1, from, to);
    if (type === 'double') this.doubles.fill(cell as number, from, to);
    else this.bigints.fill(this.#bits(column, type, cell), from, to);
  }

  /** Sets a cell of the rows from `start` up to `end` to a cell of the next row of another group, unless it is null. */
  copyAll(source: RowGroup, from: number, column: number, start: number, end: number): void {
    const cell = from * source.capacity + source.rowCount;
    if (source.present[cell] === 0) return;
    let low = source.words[cell * 2] as number;
    const high = source.words[cell * 2 + 1] as number;
    if (source.columns[from]?.type === 'string') {
      const texts = source.dictionaries[from] as TextDictionary;
      low = (this.dictionaries[column] as TextDictionary).numberOfOther(texts, low);
    }
    const { present, words } = this;
    const first = column * this.capacity;
    for (let at = first + start; at < first + end; at++) {
      present[at] = 1;
      words[at * 2] = low;
      words[at * 2 + 1] = high;
    }
  }

  clear(): void {
    this.rowCount = 0;
    this.present.fill(0);
    for (const texts of this.#texts) texts.clear();
  }

  #bits(column: number, type: ColumnType, cell: CellOf[ColumnType]): bigint {
    switch (type) {
      case 'date':
        return BigInt((cell as Date).getTime() / millisecondsPerDay);
      case 'timestamp':
        return BigInt((cell as Date).getTime());
      case 'string':
        return BigInt(this.dictionaries[column]?.numberOfString(cell as string) ?? 0);
      default:
        return BigInt(cell as number | bigint);
    }
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

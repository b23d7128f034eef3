import { zstdDecompressSync } from 'node:zlib';
import { type FileMetaData, parquetRead, parquetSchema, type RowGroup as RowGroupMetadata } from 'hyparquet';
import type { ColumnType } from '../../shared/column-type.ts';
import type { RowGroup } from '../rows/row-group.ts';
import type { TextDictionary } from '../rows/text-dictionary.ts';

/** Cells as a row group holds them, not as JavaScript's strings and dates. */
export const plainParsers = {
  stringFromBytes: (bytes: Uint8Array) => bytes,
  timestampFromMilliseconds: (milliseconds: bigint) => milliseconds,
  dateFromDays: (days: number) => days,
};

const compressors = {
  ZSTD: (bytes: Uint8Array, maxOutputLength: number) => zstdDecompressSync(bytes, { maxOutputLength }),
};

/**
 * Adds the rows of a row group of another file. Columns match by name, and must have the same type.
 * @param bytes what the row group has in its file from `start` on
 */
export async function addRows(
  group: RowGroup,
  metadata: FileMetaData,
  rowGroup: RowGroupMetadata,
  bytes: ArrayBuffer,
  start: number,
): Promise<void> {
  const rows = Number(rowGroup.num_rows);
  const first = group.rowCount;
  group.reserve(rows);
  const own = new Set(parquetSchema(metadata).children.map(({ element }) => element.name));
  const shared = new Map(
    group.columns.flatMap(({ column }, number) => (own.has(column) ? [[column, number] as const] : [])),
  );
  let cells = 0;
  await parquetRead({
    file: {
      byteLength: start + bytes.byteLength,
      slice: (from, to) => bytes.slice(from - start, to && to - start),
    },
    metadata: { ...metadata, row_groups: [rowGroup] },
    columns: [...shared.keys()],
    parsers: plainParsers,
    compressors,
    onPage({ pathInSchema, columnData, rowStart, rowEnd }) {
      if (rowEnd > rows) throw new Error('A column has more cells than rows.');
      cells += columnData.length;
      setCells(group, shared.get(pathInSchema[0] ?? '') as number, columnData, first + rowStart);
    },
  });
  if (cells !== rows * shared.size) throw new Error('A column has fewer cells than rows.');
  group.rowCount += rows;
}

function setCells(group: RowGroup, column: number, cells: ArrayLike<unknown>, firstRow: number): void {
  const { type } = group.columns[column] as RowGroup['columns'][number];
  const set = setters[type](group, column);
  const first = column * group.capacity + firstRow;
  for (let index = 0; index < cells.length; index++) {
    const cell = cells[index];
    if (cell === null) continue;
    if (cell === undefined) throw new Error('A page has fewer cells than its header says.');
    group.present[first + index] = 1;
    set(first + index, cell as never);
  }
}

type Setter<Cell> = (group: RowGroup, column: number) => (at: number, cell: Cell) => void;

const whole: Setter<number> =
  ({ words }) =>
  (at, cell) => {
    words[at * 2] = cell;
    words[at * 2 + 1] = cell >> 31;
  };

const long: Setter<bigint> =
  ({ bigints }) =>
  (at, cell) => {
    bigints[at] = cell;
  };

const text: Setter<Uint8Array> = ({ words, dictionaries }, column) => {
  const texts = dictionaries[column] as TextDictionary;
  // Cells of one text are one array, out of the page's dictionary.
  const numbers = new Map<Uint8Array, number>();
  return (at, cell) => {
    let number = numbers.get(cell);
    if (number === undefined) {
      number = texts.numberOfBytes(cell);
      if (number < 0) throw new Error('A text is not UTF-8.');
      numbers.set(cell, number);
    }
    words[at * 2] = number;
    words[at * 2 + 1] = 0;
  };
};

const setters: { readonly [T in ColumnType]: Setter<never> } = {
  double:
    ({ doubles }) =>
    (at, cell) => {
      doubles[at] = cell;
    },
  int: whole,
  date: whole,
  bigint: long,
  timestamp: long,
  string: text,
};

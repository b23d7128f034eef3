import { zstdDecompressSync } from 'node:zlib';
import {
  type ColumnMetaData,
  type CompressionCodec,
  type RowGroup as RowGroupMetadata,
  snappyUncompress,
} from 'hyparquet';
import { type ColumnType, columnTypes } from '../../shared/column-type.ts';
import type { RowGroup } from '../rows/row-group.ts';
import type { TextDictionary } from '../rows/text-dictionary.ts';
import { ChunkPages, saying } from './chunk-pages.ts';
import { chunkRange } from './chunk-range.ts';
import { readRunLengths } from './run-lengths.ts';

/**
 * Adds the rows of a row group of a file that convert wrote, in this release or before. Columns match by name. Of hyparquet
 * it uses only headers: damaged pages keep its decoder busy without end, and it makes an object of every cell.
 * @param bytes what the file has from `start` on
 * @throws {Error} when it is damaged
 */
export function readRows(
  group: RowGroup,
  { columns, num_rows }: RowGroupMetadata,
  bytes: ArrayBuffer,
  start: number,
): void {
  const rowCount = Number(num_rows);
  const numbers = new Map(group.columns.map(({ column }, number) => [column, number]));
  group.reserve(rowCount);
  for (const chunk of columns) {
    const { meta_data } = chunk;
    const number = numbers.get(meta_data?.path_in_schema[0] ?? '');
    if (!meta_data || number === undefined) continue;
    const { startByte, endByte } = chunkRange(chunk);
    const view = new DataView(bytes, startByte - start, endByte - startByte);
    readColumn(group, number, view, meta_data);
  }
  group.rowCount += rowCount;
}

function readColumn(
  { columns, dictionaries, capacity, rowCount: before, present, words }: RowGroup,
  number: number,
  view: DataView,
  column: ColumnMetaData,
): void {
  const { type } = columns[number] as RowGroup['columns'][number];
  const { type: physical, codec } = column;
  if (physical !== columnTypes[type].parquet.type) throw new Error(`a column has pages of ${physical}`);
  const wordsOf = (plain: Uint8Array, count: number) =>
    type === 'string'
      ? textWords(plain, count, dictionaries[number] as TextDictionary)
      : numberWords(plain, count, type);
  const pages = new ChunkPages(column);
  let dictionary: Int32Array | undefined;
  let start = number * capacity + before;
  while (pages.hasNext()) {
    const page = pages.next(
      new DataView(view.buffer, view.byteOffset + pages.at, view.byteLength - pages.at),
    );
    const body = new Uint8Array(view.buffer, view.byteOffset + page.start, page.end - page.start);
    const { encoding, levelBytes, size } = page;
    const packed = body.subarray(levelBytes);
    const values = unpacked(page.isCompressed ? codec : 'UNCOMPRESSED', packed, size - levelBytes);
    if (page.isDictionary) {
      dictionary = wordsOf(values, page.count);
      continue;
    }
    const end = start + page.count;
    readRunLengths(body.subarray(0, levelBytes), 1, present.subarray(start, end));
    let count = 0;
    for (let at = start; at < end; at++) count += present[at] as number;
    if (count !== page.count - page.nulls) throw new Error(`a page has ${count} cells`);

    const cells = encoding === 'PLAIN' ? wordsOf(values, count) : dictionary;
    if (!cells) throw new Error('a page has no dictionary');
    const numbers = encoding === 'PLAIN' ? undefined : dictionaryNumbers(values, count);
    for (let at = start, index = 0; at < end; at++) {
      if (present[at] === 0) continue;
      const cell = numbers ? (numbers[index] as number) : index;
      if (cell * 2 >= cells.length) throw new Error('a cell is not in the dictionary');
      words[at * 2] = cells[cell * 2] as number;
      words[at * 2 + 1] = cells[cell * 2 + 1] as number;
      index += 1;
    }
    start = end;
  }
}

function dictionaryNumbers(values: Uint8Array, count: number): Int32Array {
  const numbers = new Int32Array(count);
  if (count > 0) readRunLengths(values.subarray(1), values[0] ?? 0, numbers);
  return numbers;
}

/** Cells in the encoding PLAIN as a row group holds them: two words each. */
function numberWords(plain: Uint8Array, count: number, type: ColumnType): Int32Array {
  const size = type === 'int' || type === 'date' ? 4 : 8;
  if (plain.length !== count * size) throw new Error(`${count} cells have ${plain.length} bytes`);
  // A copy, as words cannot begin at every byte.
  const own = new Int32Array(new Uint8Array(plain).buffer);
  if (size === 8) return own;
  const words = new Int32Array(count * 2);
  for (const [index, word] of own.entries()) words[index * 2] = word;
  return words;
}

/** Their numbers in the row group's dictionary. */
function textWords(plain: Uint8Array, count: number, texts: TextDictionary): Int32Array {
  if (plain.length < count * 4) throw new Error(`${count} texts have ${plain.length} bytes`);
  const { buffer, byteOffset, byteLength } = plain;
  const view = new DataView(buffer, byteOffset, byteLength);
  const words = new Int32Array(count * 2);
  let at = 0;
  for (let index = 0; index < count; index++) {
    const start = at + 4;
    const end = start + view.getUint32(at, true);
    if (end > byteLength) throw new Error('a text is longer than its page');
    const number = texts.numberOfBytes(view, start, end);
    if (number < 0) throw new Error('a text is not UTF-8');
    words[index * 2] = number;
    at = end;
  }
  if (at !== byteLength) throw new Error('a page has more than its texts');
  return words;
}

function unpacked(codec: CompressionCodec, packed: Uint8Array, size: number): Uint8Array {
  let bytes = packed;
  if (codec === 'ZSTD') {
    bytes = saying('a page cannot be unpacked', () =>
      zstdDecompressSync(packed, { maxOutputLength: Math.max(1, size) }),
    );
  } else if (codec === 'SNAPPY') {
    bytes = new Uint8Array(size);
    saying('a page cannot be unpacked', () => snappyUncompress(packed, bytes));
  } else if (codec !== 'UNCOMPRESSED') {
    throw new Error(`convert does not compress with ${codec}`);
  }
  if (bytes.length !== size) throw new Error(`a page has ${bytes.length} bytes, not ${size}`);
  return bytes;
}

import type { ColumnChunk, ColumnMetaData, PageHeader } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { chunkRange } from './chunk-range.ts';

export interface Page {
  readonly isDictionary: boolean;
  /** Rows, or the cells of a dictionary. */
  readonly count: number;
  readonly nulls: number;
  readonly encoding: string;
  readonly levelBytes: number;
  readonly isCompressed: boolean;
  /** Unpacked, with its levels. */
  readonly size: number;
  /** Where it is in its column, without its header. */
  readonly start: number;
  readonly end: number;
}

/**
 * Judges the page headers of a column, one after the other: they must be such as convert writes, and fit the footer. Each
 * page ends behind the byte it begins at and within its column, so a damaged file keeps no reader busy without end.
 */
export class ChunkPages {
  /** Where the next page's header is in the column. */
  at = 0;
  rows = 0;
  #nulls = 0;
  #size = 0;
  readonly #column: ColumnMetaData;

  constructor(column: ColumnMetaData) {
    this.#column = column;
  }

  /** @throws {Error} at the end, when the pages together are not what the footer says */
  hasNext(): boolean {
    const { total_compressed_size, total_uncompressed_size, num_values, statistics } = this.#column;
    if (this.at < Number(total_compressed_size)) return true;
    if (BigInt(this.rows) !== num_values) throw new Error(`a column has ${this.rows} rows`);
    if (BigInt(this.#size) !== total_uncompressed_size) throw new Error('a column has another size');
    if (BigInt(this.#nulls) !== (statistics?.null_count ?? BigInt(this.#nulls)))
      throw new Error(`a column has ${this.#nulls} nulls`);
    return false;
  }

  /**
   * @param view what begins with its header
   * @throws {Error} when it is damaged
   */
  next(view: DataView): Page {
    const { codec, num_values, total_compressed_size, total_uncompressed_size, ...column } = this.#column;
    const reader = { view, offset: 0 };
    const header = saying('a page has no header', () => parquetHeader(reader));
    const start = this.at + reader.offset;
    const packed = header.compressed_page_size;
    const page: Page = { ...pageOf(header), size: header.uncompressed_page_size, start, end: start + packed };

    const { count, nulls, encoding, levelBytes, size, end, isDictionary } = page;
    if (![packed, size, count, nulls, levelBytes].every((each) => Number.isSafeInteger(each) && each >= 0))
      throw new Error('a page has sizes that cannot be');
    if (end > Number(total_compressed_size)) throw new Error('a page is longer than its column');
    if (levelBytes > Math.min(packed, size) || (codec === 'UNCOMPRESSED' && packed !== size))
      throw new Error('the sizes of a page contradict each other');
    this.#size += reader.offset + size;
    if (this.#size > Number(total_uncompressed_size)) throw new Error('a page is larger than its column');

    const dictionaryOffset = column.dictionary_page_offset;
    if (isDictionary !== (dictionaryOffset !== undefined && this.at === 0))
      throw new Error('a dictionary is in the wrong place');
    if (isDictionary && (dictionaryOffset ?? 0n) + BigInt(end) !== column.data_page_offset)
      throw new Error('a dictionary has another end');
    const encodings = ['PLAIN', !isDictionary && dictionaryOffset !== undefined ? 'RLE_DICTIONARY' : 'PLAIN'];
    if (!encodings.includes(encoding)) throw new Error('a page has another encoding than convert writes');

    if (!isDictionary) {
      this.rows += count;
      this.#nulls += nulls;
      if (count === 0 || nulls > count || this.rows > Number(num_values))
        throw new Error(`a page has ${count} rows`);
    }
    this.at = end;
    return page;
  }
}

/** More than the header of any page of convert's has. */
const maxHeaderBytes = 256;

/**
 * Judges the page headers of columns whose bytes come piece by piece.
 * @returns a function that takes a piece, with where it is in the file, and returns where the next piece must begin: at its
 * end, or before that at a header that is not whole in it. It throws when a column is damaged.
 */
export function pieceJudge(chunks: readonly ColumnChunk[]): (piece: ArrayBuffer, start: number) => number {
  const columns = chunks.map((chunk) => ({
    ...chunkRange(chunk),
    pages: new ChunkPages(chunk.meta_data as ColumnMetaData),
  }));
  return (piece, start) => {
    const end = start + piece.byteLength;
    for (let column = columns[0]; column; column = columns[0]) {
      const { startByte, endByte, pages } = column;
      while (pages.hasNext()) {
        const header = startByte + pages.at;
        if (header >= end) return end;
        if (end < Math.min(header + maxHeaderBytes, endByte)) return header;
        pages.next(new DataView(piece, header - start));
      }
      columns.shift();
    }
    return end;
  };
}

function pageOf({ type, ...header }: PageHeader): Omit<Page, 'size' | 'start' | 'end'> {
  const { dictionary_page_header: dictionary, data_page_header_v2: data } = header;
  if (type === 'DICTIONARY_PAGE' && dictionary) {
    const { num_values: count, encoding } = dictionary;
    return { isDictionary: true, count, nulls: 0, encoding, levelBytes: 0, isCompressed: true };
  }
  if (type !== 'DATA_PAGE_V2' || !data) throw new Error('a page is of another kind than convert writes');
  const { num_values: count, num_nulls: nulls, encoding } = data;
  const { is_compressed: isCompressed = true, definition_levels_byte_length: levelBytes } = data;
  if (
    data.num_rows !== count ||
    data.repetition_levels_byte_length !== 0 ||
    typeof isCompressed !== 'boolean'
  )
    throw new Error('a page has rows within rows');
  return { isDictionary: false, count, nulls, encoding, levelBytes, isCompressed };
}

/** A library's errors tell about its code: this is what they mean. */
export function saying<T>(reason: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Error(reason, { cause });
  }
}

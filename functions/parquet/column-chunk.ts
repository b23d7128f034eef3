import type { ColumnChunk, SchemaElement } from 'hyparquet';
import type { ByteWriter } from 'hyparquet-writer';
import type { Column } from './column.ts';
import { type Distinct, distinctNumbers, distinctTexts } from './distinct.ts';
import { writePage } from './page.ts';
import { oneRun, runLengths } from './run-lengths.ts';
import { statistics } from './statistics.ts';

/** A column of fewer bytes is not compressed: starting zstd costs more than it saves. */
const smallBytes = 256;

const noLevels = new Uint8Array();

/**
 * Writes one column of a row group and returns its metadata for the footer. Of hyparquet-writer it uses only headers, as
 * its pages read every value some ten times. Here the distinct cells are found once, for the dictionary and for the
 * statistics, and what is written comes straight from the cells.
 */
export function writeColumnChunk(writer: ByteWriter, column: Column, element: SchemaElement): ColumnChunk {
  const { type } = element;
  if (!type) throw new Error(`The column "${element.name}" has no physical type.`);

  const distinct = column.type === 'string' ? distinctTexts(column) : distinctNumbers(column);
  const plainBytes = plainSize(column, distinct);
  const dictionaryBytes = distinct ? dictionarySize(column, distinct) : Number.POSITIVE_INFINITY;
  // Some readers refuse an empty dictionary.
  const dictionary = column.count > 0 && 2 * dictionaryBytes <= plainBytes ? distinct : undefined;

  const start = writer.offset;
  const codec = Math.min(plainBytes, dictionaryBytes) < smallBytes ? 'UNCOMPRESSED' : 'ZSTD';
  let uncompressedSize = 0;
  if (dictionary) {
    const header = {
      type: 'DICTIONARY_PAGE',
      dictionary_page_header: { num_values: dictionary.rows.length, encoding: 'PLAIN' },
    } as const;
    uncompressedSize += writePage(writer, codec, header, noLevels, column.plain(dictionary.rows));
  }
  const dataPage = writer.offset;
  const rowCount = column.present.length;
  const isMixed = column.count > 0 && !column.isFull;
  const levels = isMixed
    ? runLengths(new Int32Array(column.present), 1)
    : oneRun(column.isFull ? 1 : 0, rowCount);
  const header = {
    type: 'DATA_PAGE_V2',
    data_page_header_v2: {
      num_values: rowCount,
      num_nulls: rowCount - column.count,
      num_rows: rowCount,
      encoding: dictionary ? 'RLE_DICTIONARY' : 'PLAIN',
      definition_levels_byte_length: levels.length,
      repetition_levels_byte_length: 0,
      is_compressed: true,
    },
  } as const;
  const values = dictionary ? dictionaryNumbers(dictionary) : column.plain(column.rows());
  uncompressedSize += writePage(writer, codec, header, levels, values);
  return {
    file_offset: BigInt(start),
    meta_data: {
      type,
      encodings: dictionary ? ['PLAIN', 'RLE_DICTIONARY'] : ['PLAIN'],
      path_in_schema: [element.name],
      codec,
      num_values: BigInt(rowCount),
      total_compressed_size: BigInt(writer.offset - start),
      total_uncompressed_size: BigInt(uncompressedSize),
      data_page_offset: BigInt(dataPage),
      ...(dictionary ? { dictionary_page_offset: BigInt(start) } : {}),
      statistics: statistics(column, element, distinct?.rows),
    },
  };
}

function plainSize(column: Column, distinct: Distinct | undefined): number {
  if (column.type !== 'string') return column.count * sizeOf[column.type];
  const { numbers, rows } = distinct as Distinct;
  const sizes = rows.map((row) => 4 + column.textLength(row));
  let bytes = 0;
  for (let index = 0; index < numbers.length; index++) bytes += sizes[numbers[index] as number] as number;
  return bytes;
}

function dictionarySize(column: Column, { rows }: Distinct): number {
  const { type } = column;
  const cells =
    type === 'string'
      ? rows.reduce((sum, row) => sum + 4 + column.textLength(row), 0)
      : rows.length * sizeOf[type];
  return cells + (column.count * bitWidthOf(rows)) / 8;
}

const sizeOf = { double: 8, int: 4, date: 4, bigint: 8, timestamp: 8 } as const;

/** Bits for the number of each distinct cell. */
function bitWidthOf({ length }: Int32Array): number {
  return length < 2 ? 0 : 32 - Math.clz32(length - 1);
}

function dictionaryNumbers({ numbers, rows }: Distinct): Uint8Array {
  const bitWidth = bitWidthOf(rows);
  const bytes = runLengths(numbers, bitWidth, 1);
  bytes[0] = bitWidth;
  return bytes;
}

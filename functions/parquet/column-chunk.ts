import { zstdCompressSync } from 'node:zlib';
import type { ColumnChunk, DecodedArray, SchemaElement } from 'hyparquet';
import type { ByteWriter } from 'hyparquet-writer';
import { writeDataPageV2 } from 'hyparquet-writer/src/datapage.js';
import { writeDictionaryPage } from 'hyparquet-writer/src/dictionary.js';
import type { Column } from './column.ts';
import { type Distinct, distinctNumbers, distinctTexts } from './distinct.ts';
import { statistics } from './statistics.ts';

/** A column of fewer bytes is not compressed: starting zstd costs more than it saves. */
const smallBytes = 256;

/**
 * Zstandard at its default level: smaller than Snappy, and in JavaScript faster. Athena reads it:
 * https://docs.aws.amazon.com/athena/latest/ug/compression-formats.html
 */
const compressors = { ZSTD: (bytes: Uint8Array): Uint8Array => zstdCompressSync(bytes) };

/**
 * Writes one column of a row group and returns its metadata for the footer. Uses hyparquet-writer's pages but not its
 * `ParquetWriter`, which reads every value some ten times. Here the distinct cells are found once, for the dictionary and
 * for the statistics.
 */
export function writeColumnChunk(
  writer: ByteWriter,
  column: Column,
  schemaPath: [root: SchemaElement, element: SchemaElement],
): ColumnChunk {
  const [, element] = schemaPath;
  const { type } = element;
  if (!type) throw new Error(`The column "${element.name}" has no physical type.`);

  const distinct = column.type === 'string' ? distinctTexts(column) : distinctNumbers(column);
  const plainBytes = plainSize(column, distinct);
  const dictionaryBytes = distinct ? dictionarySize(column, distinct) : Number.POSITIVE_INFINITY;
  // Some readers refuse an empty dictionary.
  const dictionary = column.count > 0 && 2 * dictionaryBytes <= plainBytes ? distinct : undefined;

  const start = writer.offset;
  const settings = {
    columnName: element.name,
    element,
    schemaPath,
    codec: Math.min(plainBytes, dictionaryBytes) < smallBytes ? 'UNCOMPRESSED' : 'ZSTD',
    compressors,
    // Only ParquetWriter uses these.
    stats: false,
    pageSize: 0,
    columnIndex: false,
    offsetIndex: false,
  } as const;
  let uncompressedSize = 0;
  if (dictionary) uncompressedSize += writeDictionaryPage(writer, settings, column.cells(dictionary.rows));
  const dataPage = writer.offset;
  uncompressedSize += writeDataPageV2({
    writer,
    column: settings,
    encoding: dictionary ? 'RLE_DICTIONARY' : 'PLAIN',
    pageData: {
      values: dictionary ? withNulls(dictionary.numbers, column) : column.allCells(),
      definitionLevels: column.present as unknown as number[],
      repetitionLevels: [],
      maxDefinitionLevel: 1,
    },
  });
  return {
    file_offset: BigInt(start),
    meta_data: {
      type,
      encodings: dictionary ? ['PLAIN', 'RLE_DICTIONARY'] : ['PLAIN'],
      path_in_schema: [element.name],
      codec: settings.codec,
      num_values: BigInt(column.present.length),
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
  const sizes = distinct ? textSizes(column, distinct) : [];
  let bytes = 0;
  for (let row = 0; row < column.present.length; row++) {
    if (column.present[row]) bytes += sizes[distinct?.numbers[row] as number] as number;
  }
  return bytes;
}

function dictionarySize(column: Column, distinct: Distinct): number {
  const size = distinct.rows.length;
  const bitsPerNumber = size < 2 ? 0 : 32 - Math.clz32(size - 1);
  const cells =
    column.type === 'string'
      ? textSizes(column, distinct).reduce((sum, size) => sum + size, 0)
      : size * sizeOf[column.type];
  return cells + (column.count * bitsPerNumber) / 8;
}

const sizeOf = { double: 8, int: 4, date: 4, bigint: 8, timestamp: 8 } as const;

function textSizes(column: Column, { rows }: Distinct): number[] {
  return column.cells(rows).map((text) => 4 + (text as Uint8Array).length);
}

function withNulls(numbers: Int32Array, { present, count }: Column): DecodedArray {
  if (count === present.length) return numbers;
  const values = new Array<number | null>(present.length).fill(null);
  for (let row = 0; row < present.length; row++) if (present[row]) values[row] = numbers[row] as number;
  return values;
}

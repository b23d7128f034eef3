import type { ColumnChunk, ColumnMetaData, ParquetType, Statistics } from 'hyparquet';

export interface ByteRange {
  startByte: number;
  endByte: number;
}

/** Where a column of a row group is in its file. */
export function chunkRange({ meta_data }: ColumnChunk): ByteRange {
  const startByte = Number(meta_data?.dictionary_page_offset ?? meta_data?.data_page_offset);
  return { startByte, endByte: startByte + Number(meta_data?.total_compressed_size) };
}

/**
 * The same column at another place of another file, with what convert writes of it and nothing else. Its pages are judged
 * when they are copied.
 * @throws {Error} when readers could not read it there
 */
export function movedChunk({ meta_data }: ColumnChunk, to: number): ColumnChunk {
  const { type, path_in_schema, codec, num_values, statistics = {}, ...column } = meta_data as ColumnMetaData;
  if (codec === 'SNAPPY') throw new Error('convert does not compress with SNAPPY');
  const { dictionary_page_offset, data_page_offset } = column;
  const start = BigInt(to);
  return {
    file_offset: start,
    meta_data: {
      type,
      encodings: dictionary_page_offset === undefined ? ['PLAIN'] : ['PLAIN', 'RLE_DICTIONARY'],
      path_in_schema,
      codec,
      num_values,
      total_compressed_size: column.total_compressed_size,
      total_uncompressed_size: column.total_uncompressed_size,
      data_page_offset: start + data_page_offset - (dictionary_page_offset ?? data_page_offset),
      ...(dictionary_page_offset !== undefined && { dictionary_page_offset: start }),
      statistics: movedStatistics(type, statistics),
    },
  };
}

const boundTypes: Partial<Record<ParquetType, string>> = {
  INT32: 'number',
  INT64: 'bigint',
  DOUBLE: 'number',
};

function movedStatistics(type: ParquetType, statistics: Statistics): Statistics {
  const { null_count, min_value, max_value, is_min_value_exact, is_max_value_exact } = statistics;
  if (null_count === undefined) throw new Error('a column does not tell how many nulls it has');
  for (const bound of [min_value, max_value]) {
    const isSound = bound instanceof Uint8Array ? type === 'BYTE_ARRAY' : typeof bound === boundTypes[type];
    if (bound !== undefined && !isSound) throw new Error('a bound is not of the type of its column');
  }
  for (const flag of [is_min_value_exact, is_max_value_exact])
    if (flag !== undefined && typeof flag !== 'boolean') throw new Error('a bound is damaged');
  const moved = { null_count, min_value, max_value, is_min_value_exact, is_max_value_exact };
  return Object.fromEntries(Object.entries(moved).filter(([, value]) => value !== undefined));
}

/** Ranges that follow each other as one. */
export function joinedRanges(ranges: readonly ByteRange[]): ByteRange[] {
  const joined: ByteRange[] = [];
  for (const { startByte, endByte } of ranges) {
    const last = joined.at(-1);
    if (last?.endByte === startByte) last.endByte = endByte;
    else joined.push({ startByte, endByte });
  }
  return joined;
}

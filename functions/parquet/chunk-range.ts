import type { ColumnChunk } from 'hyparquet';

export interface ByteRange {
  startByte: number;
  endByte: number;
}

/** Where a column of a row group is in its file. */
export function chunkRange({ meta_data }: ColumnChunk): ByteRange {
  const startByte = Number(meta_data?.dictionary_page_offset ?? meta_data?.data_page_offset);
  return { startByte, endByte: startByte + Number(meta_data?.total_compressed_size) };
}

/** The same column at another place of another file. */
export function movedChunk(chunk: ColumnChunk, to: number): ColumnChunk {
  const shift = BigInt(to - chunkRange(chunk).startByte);
  const { file_offset, meta_data } = chunk;
  const dictionary = meta_data?.dictionary_page_offset;
  return {
    ...chunk,
    file_offset: file_offset + shift,
    ...(meta_data && {
      meta_data: {
        ...meta_data,
        data_page_offset: meta_data.data_page_offset + shift,
        ...(dictionary !== undefined && { dictionary_page_offset: dictionary + shift }),
      },
    }),
  };
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

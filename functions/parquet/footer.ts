import { type FileMetaData, parquetMetadata } from 'hyparquet';
import { saying } from './chunk-pages.ts';
import { chunkRange } from './chunk-range.ts';

/** Bounds as they are in the footer, not as JavaScript's strings and dates, so that they can be taken over. */
const parsers = {
  // A copy, as a view would keep the footer in memory.
  stringFromBytes: (bytes: Uint8Array) => bytes.slice(),
  timestampFromMilliseconds: (milliseconds: bigint) => milliseconds,
  dateFromDays: (days: number) => days,
};

const codecs = ['UNCOMPRESSED', 'SNAPPY', 'ZSTD'];

/**
 * Reads a footer, and judges it: whatever is read by it is inside of the file, and no row is lost.
 * @param start where it begins in the file
 * @param bytes the file's from there on
 * @throws {Error} when convert has not written it so
 */
export function readFooter(bytes: ArrayBuffer, start: number): FileMetaData {
  const metadata = saying('its footer is damaged', () =>
    parquetMetadata(bytes, { parsers, geoparquet: false }),
  );
  const { schema, num_rows, row_groups } = metadata;
  const [root, ...leaves] = schema;
  const names = new Set(leaves.map(({ name }) => name));
  if (!names.has('raw_key')) throw new Error('it has no raw_key');
  if (root?.num_children !== leaves.length || names.size !== leaves.length || !leaves.every(isLeaf))
    throw new Error('its columns are nested or damaged');

  let rows = 0n;
  let end = 4;
  for (const { columns, num_rows: count } of row_groups) {
    if (typeof count !== 'bigint' || count <= 0n)
      throw new Error('a row group has an impossible number of rows');
    rows += count;
    if (columns.length !== leaves.length) throw new Error('a row group does not have all columns');
    for (const [number, chunk] of columns.entries()) {
      const { type, name } = leaves[number] as (typeof leaves)[number];
      const column = chunk.meta_data;
      const what = `the column "${name}" of a row group`;
      if (column?.path_in_schema.length !== 1 || column.path_in_schema[0] !== name || column.type !== type)
        throw new Error(`${what} is another column`);
      if (column.num_values !== count) throw new Error(`${what} has another number of rows`);
      if (!codecs.includes(column.codec)) throw new Error(`${what} is packed as convert does not pack`);
      const { startByte, endByte } = chunkRange(chunk);
      const { total_compressed_size, total_uncompressed_size, data_page_offset } = column;
      const { dictionary_page_offset = 0n } = column;
      const sizes = [
        total_compressed_size,
        total_uncompressed_size,
        data_page_offset,
        dictionary_page_offset,
      ];
      if (!sizes.every((size) => typeof size === 'bigint' && size >= 0n) || chunk.file_path !== undefined)
        throw new Error(`${what} has no place`);
      // In the order of the file, so that none can be taken for another one.
      if (!(startByte >= end && endByte > startByte && endByte <= start))
        throw new Error(`${what} is in a wrong place`);
      end = endByte;
    }
  }
  if (rows !== num_rows)
    throw new Error(`its row groups have ${rows} rows, and its footer tells another number`);
  return metadata;
}

function isLeaf({ name, type, num_children }: FileMetaData['schema'][number]): boolean {
  return Boolean(name && type && !num_children);
}

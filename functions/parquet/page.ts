import { zstdCompressSync } from 'node:zlib';
import type { PageHeader } from 'hyparquet';
import type { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';

/**
 * Writes a page: its header, levels, which are never compressed, and values. Zstandard is at its default level: smaller
 * than Snappy, and in JavaScript faster. Athena reads it:
 * https://docs.aws.amazon.com/athena/latest/ug/compression-formats.html
 * @returns its size before compression
 */
export function writePage(
  writer: ByteWriter,
  codec: 'ZSTD' | 'UNCOMPRESSED',
  header: Omit<PageHeader, 'uncompressed_page_size' | 'compressed_page_size'>,
  levels: Uint8Array,
  values: Uint8Array,
): number {
  // Room for all of it: by default, zlib works in pieces of 16 KiB.
  const chunkSize = values.length + 1024;
  const compressed = codec === 'ZSTD' ? zstdCompressSync(values, { chunkSize }) : values;
  const start = writer.offset;
  const size = levels.length + values.length;
  writePageHeader(writer, {
    ...header,
    uncompressed_page_size: size,
    compressed_page_size: levels.length + compressed.length,
  });
  const headerSize = writer.offset - start;
  writer.appendBytes(levels);
  writer.appendBytes(compressed);
  return headerSize + size;
}

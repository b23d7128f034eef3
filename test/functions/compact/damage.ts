import { type FileMetaData, parquetMetadata } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import { partOf } from './merged.ts';

/** With texts that are written once, texts of their own, and nulls. */
export const fortyRows = partOf([
  Array.from({ length: 40 }, (_, row) => ({
    int: row % 3,
    string: `${'Oslo'.repeat(9)}${row}`,
    double: row / 3,
    rescued: row % 5 ? `text ${row % 2}` : null,
  })),
]);

export function flipped(file: Uint8Array, at: number, bit: number): Uint8Array {
  const copy = Buffer.from(file);
  copy[at] = (copy[at] ?? 0) ^ (1 << bit);
  return copy;
}

/** The file with another footer. */
export function rewritten(file: Uint8Array, change: (metadata: FileMetaData) => void): Uint8Array {
  const metadata = parquetMetadata(new Uint8Array(file).buffer);
  const pages = file.subarray(0, file.length - metadata.metadata_length - 8);
  for (const { columns } of metadata.row_groups)
    for (const { meta_data } of columns) delete meta_data?.statistics;
  change(metadata);
  const writer = new ByteWriter();
  writeMetadata(writer, metadata);
  return Buffer.concat([pages, writer.getBytes(), Buffer.from('PAR1')]);
}

import { zstdDecompressSync } from 'node:zlib';
import { expect } from '@jest/globals';
import { type FileMetaData, parquetMetadata, parquetReadObjects } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { ByteWriter } from 'hyparquet-writer';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import { everyTypeDay, large, merged, type PartFile, partOf } from './merged.ts';

/** With texts that are written once, texts of their own, and nulls. */
const rows = Array.from({ length: 40 }, (_, row) => ({
  int: row % 3,
  string: `${'Oslo'.repeat(9)}${row}`,
  double: row / 3,
  rescued: row % 5 ? `text ${row % 2}` : null,
}));
export const fortyRows = partOf([rows]);

export const wholeParts: [string, PartFile][] = [
  ['rows that are written anew', fortyRows],
  ['a row group that is taken over', partOf([large(rows.slice(1, 4))])],
];

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

/** Where the pages are, without their headers, by their columns. Nothing but their cells tells that these are right. */
function bodiesOf(file: Uint8Array) {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  return (footerOf(file).row_groups[0]?.columns ?? []).flatMap(({ meta_data, file_offset }) => {
    const bodies: { column: string | undefined; start: number; end: number }[] = [];
    const end = Number(file_offset) + Number(meta_data?.total_compressed_size);
    for (const reader = { view, offset: Number(file_offset) }; reader.offset < end; ) {
      const { compressed_page_size } = parquetHeader(reader);
      const start = reader.offset;
      reader.offset += compressed_page_size;
      bodies.push({ column: meta_data?.path_in_schema[0], start, end: reader.offset });
    }
    return bodies;
  });
}

function footerOf(file: Uint8Array): FileMetaData {
  return parquetMetadata(new Uint8Array(file).buffer);
}

/** Without the bounds, which no cell confirms when they are taken over. */
function boundless(file: Uint8Array) {
  const { row_groups, ...metadata } = footerOf(file);
  const columns = row_groups.map((group) => ({
    ...group,
    columns: group.columns.map(({ meta_data, ...chunk }) => ({
      ...chunk,
      meta_data: { ...meta_data, statistics: { null_count: meta_data?.statistics?.null_count } },
    })),
  }));
  return { ...metadata, metadata_length: 0, columns };
}

/**
 * Changes each so many-th bit of a part, merges it, and expects that it is refused, or that the file is the same. With a
 * changed bit in a page's cells, the other columns are the same.
 * @returns how many of them were refused
 */
export async function refusedOf(part: PartFile, step: number): Promise<number> {
  const whole = (await merged(everyTypeDay, [part, fortyRows])).file;
  const bodies = bodiesOf(part.file);
  const isLarge = footerOf(whole).row_groups.length > 1;
  let refused = 0;
  for (let change = 0; change < part.file.length * 8; change += step) {
    const [at, bit] = [Math.floor(change / 8), change % 8];
    const body = bodies.find(({ start, end }) => start <= at && at < end);
    const changed = { ...part, file: flipped(part.file, at, bit) };
    const found = await merged(everyTypeDay, [changed, fortyRows]).catch((error: unknown) => error as Error);
    if (found instanceof Error) {
      expect([at, bit, found]).toMatchObject([
        at,
        bit,
        { code: expect.stringMatching(/^(not-parquet|changed-type)$/) },
      ]);
      expect(found.message).not.toMatch(/undefined|NaN|bounds of|BigInt|Invalid/);
      refused += 1;
    } else if (Buffer.compare(found.file, whole) === 0) {
      // The rows are right.
    } else if (isLarge && footerOf(found.file).row_groups.length > 1) {
      expect([at, bit, boundless(found.file)]).toEqual([at, bit, boundless(whole)]);
    } else {
      expect([at, bit, await others(found.file, body?.column)]).toEqual([
        at,
        bit,
        await others(whole, body?.column),
      ]);
    }
  }
  return refused;
}

/** The cells of all columns but one. */
async function others(file: Uint8Array, column: string | undefined) {
  const rows = await parquetReadObjects({
    file: new Uint8Array(file).buffer,
    compressors: { ZSTD: (bytes) => zstdDecompressSync(bytes) },
  });
  return rows.map((row) => ({ ...row, [column ?? '']: undefined }));
}

import type { AsyncBuffer } from 'hyparquet';
import { mergedParts } from '../../../functions/compact/merge.ts';
import type { Table } from '../../../shared/dataset.ts';
import type { TableDay } from '../../../shared/keys.ts';
import { everyType, everyTypeTable } from '../convert/converted.ts';
import { parquetOf } from '../parquet/filters.ts';

export interface PartFile {
  readonly key: string;
  readonly file: Uint8Array;
}

export const everyTypeDay: TableDay = { dataset: everyType, table: everyTypeTable, day: '2026-11-22' };

export type Row = Readonly<Record<string, unknown>>;

/** So long a text makes a row group large, so that it is taken over as it is. */
export const largeText = 'x'.repeat(8 * 1024 * 1024);

/** What convert would write of these row groups. */
export function partOf(
  groups: readonly (readonly Row[])[],
  table: Table = everyTypeTable,
  key = 'part',
): PartFile {
  return { key, file: Buffer.concat([...parquetOf(groups, table)]) };
}

/** The rows as a large row group. */
export function large(rows: readonly Row[]): Row[] {
  return rows.map((row, index) => (index === 0 ? { ...row, rescued: largeText } : row));
}

/** The file that parts become, and how many rows it has. */
export async function merged(
  of: TableDay,
  parts: readonly PartFile[],
  read: Read = inMemory,
  partsDigest = 'd1985d',
) {
  const partsBytes = parts.reduce((sum, { file }) => sum + file.length, 0);
  const merging = mergedParts(of, opened(parts, read), { partsDigest, partsBytes });
  const pieces: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await merging.next();
    if (done) return { file: Buffer.concat(pieces), ...value };
    pieces.push(value);
  }
}

type Read = (file: Uint8Array) => AsyncBuffer;

async function* opened(parts: readonly PartFile[], read: Read) {
  for (const { key, file } of parts) yield { key, file: read(file) };
}

/** As the objects of S3 are read. */
export function inMemory(bytes: Uint8Array): AsyncBuffer {
  const { buffer } = new Uint8Array(bytes);
  return { byteLength: buffer.byteLength, slice: async (start, end) => buffer.slice(start, end) };
}

import { createHash, type Hash } from 'node:crypto';
import type { ParsedKey } from '../../shared/keys.ts';
import { ParquetFile } from '../parquet/parquet-file.ts';
import { Table } from '../rows/table.ts';
import type { RawObject } from './raw-object.ts';
import { readRecords } from './read-records.ts';

export interface Counts {
  readonly rows: number;
  /** Values that found no column, over all rows. */
  readonly rescuedFields: number;
}

/**
 * The pure part of converting: the bytes of one raw object in, those of its Parquet file out, a piece at a time. What is
 * in memory does not grow with the object: the rows of one row group, and for each of them an entry in the footer.
 * @throws {PermanentError} when no further try can succeed
 */
export async function* conversion(
  { key, dataset }: ParsedKey,
  { body, fetchedAt }: Pick<RawObject, 'body' | 'fetchedAt'>,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, Counts, undefined> {
  const file = new ParquetFile(dataset);
  const table = new Table(dataset, { rawKey: key, fetchedAt }, (group) => file.add(group));
  const sha256 = createHash('sha256');
  for await (const _ of readRecords(hashed(body, sha256), table, dataset, signal)) {
    const bytes = file.take();
    if (bytes.length > 0) yield bytes;
  }
  file.finish({ rawKey: key, rawSha256: sha256.digest('hex') });
  yield file.take();
  return { rows: table.rowCount, rescuedFields: table.rescuedFields };
}

async function* hashed(pieces: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    hash.update(piece);
    yield piece;
  }
}

import { createHash, type Hash } from 'node:crypto';
import type { Dataset } from '../../shared/dataset.ts';
import type { ParsedKey } from '../../shared/keys.ts';
import { ParquetFile } from '../parquet/parquet-file.ts';
import { KnownShapes } from '../reader/known-shapes.ts';
import { plainBytes } from '../reader/plain-bytes.ts';
import { RecordReader } from '../reader/record-reader.ts';
import { fieldTree } from '../rows/field-tree.ts';
import { Table } from '../rows/table.ts';
import type { RawObject } from './raw-object.ts';

export interface Counts {
  readonly rows: number;
  readonly rescuedFields: number;
}

/**
 * The pure part of converting: the bytes of a raw object in, the bytes of its Parquet file out. Holds one row group at a
 * time, so memory does not grow with the object.
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

/**
 * Reads a raw object's records into a table. Yields after each piece, so that the caller can pass on full row groups.
 * @param signal aborted when the function's time is nearly over
 * @throws {PermanentError} when no further try can succeed
 */
export async function* readRecords(
  body: AsyncIterable<Uint8Array>,
  table: Table,
  dataset: Dataset,
  signal?: AbortSignal,
): AsyncGenerator<void, void, undefined> {
  const reader = new RecordReader(table, new KnownShapes(fieldTree(dataset)));
  let bytes = 0;
  try {
    for await (const piece of plainBytes(body)) {
      signal?.throwIfAborted();
      reader.push(piece);
      bytes += piece.length;
      yield;
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
    const megabytes = (bytes / 1e6).toFixed(1);
    throw new Error(
      `The function ran out of time and stopped, after ${megabytes} MB of text and ${table.rowCount} rows.`,
      { cause: error },
    );
  }
  reader.end();
  table.end();
}

async function* hashed(pieces: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    hash.update(piece);
    yield piece;
  }
}

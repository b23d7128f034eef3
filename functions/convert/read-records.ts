import type { Dataset } from '../../shared/dataset.ts';
import { KnownShapes } from '../reader/known-shapes.ts';
import { plainBytes } from '../reader/plain-bytes.ts';
import { RecordReader } from '../reader/record-reader.ts';
import { fieldTree } from '../rows/field-tree.ts';
import type { Table } from '../rows/table.ts';

/**
 * Reads a raw object's records into a table, and pauses after each piece for whoever takes on what is full.
 * @param signal aborted when the time is nearly over
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
      `The function stopped itself as its time ran out, after ${megabytes} MB of text and ${table.rowCount} rows.`,
      { cause: error },
    );
  }
  reader.end();
  table.end();
}

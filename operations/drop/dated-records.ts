import { createReadStream } from 'node:fs';
import { answerShapes } from '../../functions/reader/answer-shapes.ts';
import { unpacked } from '../../functions/reader/plain-bytes.ts';
import { RecordReader } from '../../functions/reader/record-reader.ts';
import { DatedRows, type Observed } from '../../functions/rows/dated-rows.ts';
import type { Dataset } from '../../shared/dataset.ts';

/**
 * Reads a file as convert reads it, and calls back with each record's bytes: a view, to be used at once.
 * @throws {PermanentError} what convert refuses
 */
export async function forEachRecord(
  file: string,
  dataset: Dataset,
  onRecord: (bytes: Uint8Array, observed: Observed) => void,
  signal: AbortSignal,
): Promise<void> {
  const rows = new DatedRows(dataset);
  const reader = new RecordReader(rows, answerShapes(rows), undefined, (bytes) =>
    onRecord(withoutSpace(bytes), rows.take()),
  );
  for await (const piece of unpacked(createReadStream(file))) {
    signal.throwIfAborted();
    reader.push(piece);
  }
  reader.end();
}

/** Without what stands between a record and the end of its line. */
function withoutSpace(record: Uint8Array): Uint8Array {
  return record.subarray(0, record.findLastIndex((byte) => byte > 0x20) + 1);
}

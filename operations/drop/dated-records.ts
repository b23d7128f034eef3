import { createReadStream } from 'node:fs';
import { KnownShapes } from '../../functions/reader/known-shapes.ts';
import { unpacked } from '../../functions/reader/plain-bytes.ts';
import { RecordReader } from '../../functions/reader/record-reader.ts';
import { fieldTree } from '../../functions/rows/field-tree.ts';
import { Table } from '../../functions/rows/table.ts';
import type { Dataset } from '../../shared/dataset.ts';

/** Instants of a record's first and last observation, in milliseconds; the first is beyond the last when it has none. */
export interface Observed {
  readonly first: number;
  readonly last: number;
}

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
  const reader = new RecordReader(rows, new KnownShapes(fieldTree(dataset)), undefined, (bytes) =>
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

const nothing: Observed = { first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY };

/** Convert's rows, of which nothing is kept but when the latest ones were observed. */
class DatedRows extends Table {
  readonly #dayColumn: number;
  #observed = nothing;

  constructor(dataset: Dataset) {
    super(dataset, { rawKey: '', fetchedAt: null }, () => {});
    this.#dayColumn = this.group.columns.findIndex(({ column }) => column === dataset.dayColumn);
  }

  override commitRow(): void {
    const { capacity, rowCount, present, bigints } = this.group;
    const at = this.#dayColumn * capacity + rowCount;
    if (present[at]) {
      const instant = Number(bigints[at]);
      const { first, last } = this.#observed;
      this.#observed = { first: Math.min(first, instant), last: Math.max(last, instant) };
    }
    super.commitRow();
  }

  /** Of the rows since the last call. */
  take(): Observed {
    const observed = this.#observed;
    this.#observed = nothing;
    return observed;
  }
}

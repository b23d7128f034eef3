import { createReadStream } from 'node:fs';
import { answerShapes } from '../../functions/reader/answer-shapes.ts';
import { unpacked } from '../../functions/reader/plain-bytes.ts';
import { RecordReader } from '../../functions/reader/record-reader.ts';
import { AnswerRows } from '../../functions/rows/answer-rows.ts';
import { observedIn } from '../../functions/rows/observed.ts';
import type { RowGroup } from '../../functions/rows/row-group.ts';
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

const nothing: Observed = { first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY };

/** Convert's rows, of which nothing is kept but when the latest ones were observed. */
class DatedRows extends AnswerRows {
  #observed = nothing;
  #isSeen = true;

  constructor(dataset: Dataset) {
    super(dataset, { rawKey: '', fetchedAt: null }, () => {});
  }

  override begin(): void {
    this.#see();
    super.begin();
    this.#isSeen = false;
  }

  /** Of the rows since the last call. */
  take(): Observed {
    this.#see();
    const observed = this.#observed;
    this.#observed = nothing;
    return observed;
  }

  #see(): void {
    if (this.#isSeen) return;
    this.#isSeen = true;
    for (const instant of observedIn(this.groups[0] as RowGroup, this.dataset, this.startOfAnswer(0))) {
      const { first, last } = this.#observed;
      this.#observed = { first: Math.min(first, instant), last: Math.max(last, instant) };
    }
  }
}

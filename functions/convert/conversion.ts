import { crc32 } from 'node:zlib';
import type { ParsedKey } from '../../shared/keys.ts';
import { ParquetFile } from '../parquet/parquet-file.ts';
import { answerShapes } from '../reader/answer-shapes.ts';
import { plainBytes } from '../reader/plain-bytes.ts';
import { RecordReader } from '../reader/record-reader.ts';
import { AnswerRows } from '../rows/answer-rows.ts';
import { Expectations, type Unexpected } from '../rows/expectations.ts';
import type { RawObject } from './raw-object.ts';

export interface Counts {
  /** By table. */
  readonly rows: readonly number[];
  readonly rescuedFields: number;
  readonly unexpected: readonly Unexpected[];
}

/**
 * The pure part of converting: the bytes of a raw object in, the bytes of its Parquet files out, by table. Holds one row
 * group of each, so memory does not grow with the object.
 * @throws {PermanentError} when no further try can succeed
 */
export async function* conversion(
  { key, dataset }: ParsedKey,
  { body, fetchedAt }: Pick<RawObject, 'body' | 'fetchedAt'>,
  signal?: AbortSignal,
): AsyncGenerator<readonly Uint8Array[], Counts, undefined> {
  const files = dataset.tables.map((table) => new ParquetFile(dataset, table));
  const expectations = new Expectations(dataset);
  const rows = new AnswerRows(dataset, { rawKey: key, fetchedAt }, (group, table) => {
    expectations.check(group, table, files[table]?.add(group) ?? []);
  });
  const raw = { crc32: 0, length: 0 };
  for await (const _ of readRecords(checked(body, raw), rows, signal)) yield files.map((file) => file.take());
  const lineage = {
    raw_key: key,
    raw_crc32: raw.crc32.toString(16).padStart(8, '0'),
    raw_length: String(raw.length),
  };
  for (const file of files) file.finish(lineage);
  yield files.map((file) => file.take());
  return {
    rows: rows.rowCounts,
    rescuedFields: rows.rescuedFields,
    unexpected: expectations.unexpected,
  };
}

/**
 * Reads the rows of a raw object. Yields after each piece, so that the caller can pass on full row groups.
 * @param signal aborted when the function's time is nearly over
 * @throws {PermanentError} when no further try can succeed
 */
export async function* readRecords(
  body: AsyncIterable<Uint8Array>,
  rows: AnswerRows,
  signal?: AbortSignal,
): AsyncGenerator<void, void, undefined> {
  const reader = new RecordReader(rows, answerShapes(rows));
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
      `The function ran out of time and stopped, after ${megabytes} MB of text and ${rows.answerCount} records.`,
      { cause: error },
    );
  }
  reader.end();
  rows.end();
}

/** @param sums of the raw object's bytes, as they pass. They tell contents apart; nobody has to trust them. */
async function* checked(
  pieces: AsyncIterable<Uint8Array>,
  sums: { crc32: number; length: number },
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    sums.crc32 = crc32(piece, sums.crc32);
    sums.length += piece.length;
    yield piece;
  }
}

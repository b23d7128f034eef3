import type { S3Client } from '@aws-sdk/client-s3';
import { readRaw } from '../../functions/convert/raw-object.ts';
import { answerShapes } from '../../functions/reader/answer-shapes.ts';
import { unpacked } from '../../functions/reader/plain-bytes.ts';
import { RecordReader } from '../../functions/reader/record-reader.ts';
import type { Dataset } from '../../shared/dataset.ts';
import { givenUpPrefix, parsedKey } from '../../shared/keys.ts';
import { type Fit, type Sought, SoughtRows } from './sought-rows.ts';

/** The record of a raw object that a row came from: its line, where each record is a line. */
export interface RawRecord {
  readonly key: string;
  /** From 1. */
  readonly line: number;
  readonly lines: number;
  /** 64 KB at most: of a longer record, what is around the row's time. */
  readonly text: string;
}

/** Bytes. */
export const longestText = 64 * 1024;

/**
 * Finds a row's record as convert reads the object, packed or not, a piece at a time.
 * @returns undefined when there is no such object, or no record in it for the place
 * @throws {PermanentError} when the object is not what it was when the row was made of it
 */
export async function rawRecord(
  { s3, bucket }: { readonly s3: S3Client; readonly bucket: string },
  key: string,
  sought: Sought,
  signal: AbortSignal,
): Promise<RawRecord | undefined> {
  const dataset = parsedKey(key)?.dataset;
  const object =
    (await readRaw(s3, bucket, key, signal)) ?? (await readRaw(s3, bucket, givenUpPrefix + key, signal));
  if (!dataset || !object) return undefined;
  const search = new Search(dataset, sought);
  try {
    for await (const piece of unpacked(object.body)) search.push(piece);
    search.end();
  } catch (error) {
    // What follows a record that was found does not matter.
    if (signal.aborted || !search.found) throw error;
  }
  return search.found && { key, ...search.found, lines: search.lines };
}

class Search {
  readonly #sought: Sought;
  readonly #reader: RecordReader;
  found: Pick<RawRecord, 'line' | 'text'> | undefined;
  #fit: Fit = 'none';
  lines = 0;

  constructor(dataset: Dataset, sought: Sought) {
    const rows = new SoughtRows(dataset, sought);
    this.#sought = sought;
    this.#reader = new RecordReader(rows, answerShapes(rows), undefined, (bytes) =>
      this.#see(bytes, rows.take()),
    );
  }

  push(piece: Uint8Array): void {
    this.#reader.push(piece);
  }

  end(): void {
    this.#reader.end();
  }

  /** The first record with the place is the one, unless a later one has the time, too. */
  #see(bytes: Uint8Array, fit: Fit): void {
    this.lines += 1;
    if (fit === 'none' || fit === this.#fit || this.#fit === 'exact') return;
    this.#fit = fit;
    this.found = { line: this.lines, text: excerpt(bytes, this.#sought.at) };
  }
}

function excerpt(record: Uint8Array, at: Date | undefined): string {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  if (bytes.length <= longestText) return bytes.toString().trim();
  const place = at
    ? Math.max(bytes.indexOf(String(at.getTime() / 1000)), bytes.indexOf(at.toISOString().slice(0, 10)))
    : 0;
  let start = Math.min(Math.max(0, place - longestText / 2), bytes.length - longestText);
  let end = start + longestText;
  // Not amid a character.
  while (isContinuation(bytes[start])) start += 1;
  while (isContinuation(bytes[end])) end -= 1;
  return bytes.toString('utf8', start, end);
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

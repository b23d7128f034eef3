import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { longestSpan } from '../../functions/convert/file-object.ts';
import type { Dataset } from '../../shared/dataset.ts';
import { PermanentError } from '../../shared/errors.ts';
import { type Day, dayOf, filedKey, parseRawKey } from '../../shared/keys.ts';
import { forEachRecord } from './dated-records.ts';
import { DayPieces } from './day-pieces.ts';

/** How a file goes into raw. */
export interface DropPlan {
  readonly file: string;
  readonly dataset: Dataset;
  /** Its own name below the dataset's prefix. */
  readonly key: string;
  /** The days that it is split by; none when it goes as it is. */
  readonly days: readonly Day[];
}

/**
 * What is to be done with a file. One that cannot be read goes as it is: convert then says what is wrong with it.
 * @throws {Error} when it has to be split, and a record does not say its day
 */
export async function planDrop(file: string, dataset: Dataset, signal: AbortSignal): Promise<DropPlan> {
  const plan = { file, dataset, key: `${dataset.name}/${basename(file)}` };
  const days = new Set<Day>();
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let records = 0;
  let undated: number | undefined;
  try {
    await forEachRecord(
      file,
      dataset,
      (_, observed) => {
        records += 1;
        first = Math.min(first, observed.first);
        last = Math.max(last, observed.last);
        if (observed.first > observed.last) undated ??= records;
        else days.add(dayOf(new Date(observed.first)));
      },
      signal,
    );
  } catch (error) {
    if (error instanceof PermanentError) return { ...plan, days: [] };
    throw error;
  }
  if (last - first <= longestSpan) return { ...plan, days: [] };
  if (undated !== undefined) {
    throw new Error(
      `${file} has observations of ${days.size} days, and record ${undated} has no usable ${dataset.dayColumn}: which day it is of cannot be known. Take it out, or put it into a file of its own below ${dataset.name}/dt=YYYY-MM-DD/.`,
    );
  }
  return { ...plan, days: [...days].sort() };
}

/** Keys of the objects that a plan makes. */
export function plannedKeys({ key, days }: DropPlan): string[] {
  return days.length === 0 ? [key] : days.map((day) => filedKey(parseRawKey(key), day));
}

/**
 * Puts a file into raw, as it is or split by day: between records, whose bytes stay. Interrupted, it does no harm to
 * drop the file again: its objects have the same keys and the same bytes.
 */
export async function dropFile(
  { file, dataset, key, days }: DropPlan,
  { s3, bucket, signal }: { readonly s3: S3Client; readonly bucket: string; readonly signal: AbortSignal },
): Promise<void> {
  if (days.length === 0) return upload(s3, bucket, key, file, signal);
  const pieces = new DayPieces();
  try {
    await forEachRecord(
      file,
      dataset,
      (bytes, { first }) => pieces.add(dayOf(new Date(first)), bytes),
      signal,
    );
    const parsed = parseRawKey(key);
    for (const [day, piece] of pieces.end()) await upload(s3, bucket, filedKey(parsed, day), piece, signal);
  } finally {
    pieces.remove();
  }
}

async function upload(
  client: S3Client,
  Bucket: string,
  Key: string,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const upload = new Upload({ client, params: { Bucket, Key, Body: createReadStream(file) } });
  const abort = () => upload.abort();
  signal.addEventListener('abort', abort);
  try {
    await upload.done();
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

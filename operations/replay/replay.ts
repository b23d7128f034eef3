import type { ListedObject } from '../../shared/listing.ts';
import { objectEvent } from '../../shared/s3-event.ts';
import { batchSize } from '../../shared/send-messages.ts';
import type { Checkpoint } from './checkpoint.ts';
import { Pace } from './pace.ts';
import { compareRawKeys } from './raw-selection.ts';

export type ReplayedObject = Pick<ListedObject, 'key' | 'size'>;

export interface ReplaySource {
  /** The raw bucket. */
  readonly bucket: string;
  /** Raw objects in the order of `compareRawKeys`, those after a key if one is given. */
  readonly objects: (after?: string) => AsyncIterable<ReplayedObject>;
  readonly checkpoint: Pick<Checkpoint, 'read' | 'save' | 'remove'>;
  /** Ends the work after the batch under way. */
  readonly signal: AbortSignal;
}

/** What a replay is about to do. */
export interface Survey {
  /** Objects of the selection. */
  readonly listed: number;
  /** Of these, how many an earlier run has sent already. */
  readonly skipped: number;
  /** The first keys to be sent, ten at most. */
  readonly first: readonly string[];
}

export interface Replayed {
  /** Messages of this run. */
  readonly sent: number;
  /** The last key that was sent, when the run was stopped before its end. */
  readonly stoppedAfter: string | undefined;
}

const shownKeys = 10;

/** Counts before anything is sent. A listing is cheap beside the sending. */
export async function survey({ objects, checkpoint, signal }: ReplaySource): Promise<Survey> {
  const lastKey = checkpoint.read()?.lastKey;
  const first: string[] = [];
  let listed = 0;
  let skipped = 0;
  for await (const { key } of objects()) {
    signal.throwIfAborted();
    listed += 1;
    if (lastKey !== undefined && compareRawKeys(key, lastKey) <= 0) skipped += 1;
    else if (first.length < shownKeys) first.push(key);
  }
  return { listed, skipped, first };
}

/**
 * Sends the selected objects to the queue, beginning after the checkpoint, and keeps the checkpoint after each batch.
 * What lands below the last key meanwhile has an event of its own.
 */
export async function replay({
  bucket,
  objects,
  checkpoint,
  signal,
  enqueue,
  rate,
  onSent = () => {},
}: ReplaySource & {
  /** Takes up to ten of them. */
  readonly enqueue: (events: readonly string[]) => Promise<void>;
  /** Messages per second */
  readonly rate: number;
  readonly onSent?: (messages: number) => void;
}): Promise<Replayed> {
  const before = checkpoint.read();
  const pace = new Pace(rate);
  let lastKey = before?.lastKey;
  let sent = 0;
  for await (const batch of batches(objects(lastKey))) {
    await pace.turn(batch.length, signal);
    if (signal.aborted) return { sent, stoppedAfter: lastKey ?? '' };
    await enqueue(batch.map((object) => objectEvent({ bucket, ...object })));
    sent += batch.length;
    lastKey = batch.at(-1)?.key ?? '';
    checkpoint.save({ lastKey, sent: (before?.sent ?? 0) + sent });
    onSent(batch.length);
  }
  checkpoint.remove();
  return { sent, stoppedAfter: undefined };
}

async function* batches(objects: AsyncIterable<ReplayedObject>): AsyncGenerator<ReplayedObject[]> {
  let batch: ReplayedObject[] = [];
  for await (const object of objects) {
    batch.push(object);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

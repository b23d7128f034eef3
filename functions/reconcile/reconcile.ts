import {
  DeleteObjectCommand,
  HeadObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { Dataset } from '../../shared/dataset.ts';
import { type DeadLetters, keysIn } from '../../shared/dead-letters.ts';
import { PermanentError } from '../../shared/errors.ts';
import { type ParsedKey, parseRawKey, rawEtagMetadata } from '../../shared/keys.ts';
import { isFolderMarker, type ListedObject, listObjects } from '../../shared/listing.ts';
import { rawEvent } from '../../shared/s3-event.ts';
import { batchSize } from '../../shared/send-messages.ts';
import { CuratedDays } from './curated-days.ts';

/**
 * How a raw object stands:
 * - `current`: its curated object was made of it
 * - `missing`: it has no curated object
 * - `stale`: it is newer than its curated object
 * - `dead`: missing or stale, and waiting in the dead-letter queue for somebody
 * - `young`: missing or stale, and so new that its event may still be on its way
 *
 * A curated object whose raw object is gone is `orphaned`.
 */
export type Standing = 'current' | 'missing' | 'stale' | 'dead' | 'young' | 'orphaned';

/** Standings that somebody may want to see the keys of. */
export type Notable = Extract<Standing, 'missing' | 'stale' | 'dead' | 'orphaned'>;

export interface ReconcileOptions {
  readonly s3: Pick<S3Client, 'send'>;
  readonly raw: string;
  readonly curated: string;
  readonly datasets: readonly Dataset[];
  /** Sends up to ten events of missing and stale objects; undefined to send nothing. */
  readonly enqueue: ((events: readonly string[]) => Promise<void>) | undefined;
  readonly deadKeys: ReadonlySet<string>;
  readonly now: Date;
  /** Removes orphaned objects. @default false */
  readonly prune?: boolean | undefined;
  /** Milliseconds for which an event may be on its way. @default 30 minutes */
  readonly grace?: number | undefined;
  /** Messages to send at most, and orphaned objects to remove. @default 10 000 */
  readonly limit?: number | undefined;
  /** Objects to ask for one by one at most. @default 10 000 */
  readonly maxComparisons?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Reconciliation {
  readonly counts: Readonly<Record<Standing, number>>;
  readonly enqueued: number;
  /** Missing and stale ones beyond the limit: for the next run. */
  readonly left: number;
  /** Orphaned objects that were removed. */
  readonly pruned: number;
  /** Objects that would have had to be asked for beyond the bound, and were taken for current. */
  readonly uncompared: number;
  /** The first keys of each, 20 at most. */
  readonly first: Readonly<Record<Notable, readonly string[]>>;
}

export const defaultGrace = 30 * 60_000;
export const defaultLimit = 10_000;
const shownKeys = 20;

/**
 * Milliseconds after which an object is not asked for any more: a replacement has a time of its own, and the runs of the
 * days since have found it.
 */
const comparedFor = 7 * 86_400_000;

/**
 * Raw keys that wait in the dead-letter queue.
 * @returns `complete` is false when there may be more letters than were looked at
 */
export function deadKeysIn(
  deadLetters: DeadLetters,
  limit = 5_000,
): Promise<{ readonly keys: ReadonlySet<string>; readonly complete: boolean }> {
  return deadLetters.hold({ seconds: 120, limit }, async ({ letters }) => ({
    keys: new Set(letters.flatMap(({ body }) => keysIn(body))),
    complete: letters.length < limit,
  }));
}

/**
 * Finds raw objects whose events were lost, and has them converted. It compares the two listings, and holds no more than
 * a day of them in memory. A single object is asked for only where their times do not tell which is newer.
 */
export async function reconcile(options: ReconcileOptions): Promise<Reconciliation> {
  const { s3, raw, curated, datasets, enqueue, deadKeys, now, prune = false, signal } = options;
  const { grace = defaultGrace, limit = defaultLimit, maxComparisons = 10_000 } = options;
  const counts = { current: 0, missing: 0, stale: 0, dead: 0, young: 0, orphaned: 0 };
  const first: Record<Notable, string[]> = { missing: [], stale: [], dead: [], orphaned: [] };
  const bodies: string[] = [];
  const orphans: ListedObject[] = [];
  let [enqueued, pruned, comparisons, uncompared] = [0, 0, 0, 0];
  const isYoung = ({ lastModified }: ListedObject) => lastModified.getTime() > now.getTime() - grace;

  const flush = async () => {
    const batch = bodies.splice(0);
    await enqueue?.(batch);
    enqueued += batch.length;
  };
  const note = (standing: Notable, key: string) => {
    counts[standing] += 1;
    if (first[standing].length < shownKeys) first[standing].push(key);
  };
  const isCurrent = async (object: ListedObject, made: ListedObject): Promise<boolean> => {
    if (made.lastModified < object.lastModified) return false;
    if (timesTell(object, made) || object.lastModified.getTime() < now.getTime() - comparedFor) return true;
    if (comparisons === maxComparisons) {
      uncompared += 1;
      return true;
    }
    comparisons += 1;
    const head = await s3.send(new HeadObjectCommand({ Bucket: curated, Key: made.key }));
    return head.Metadata?.[rawEtagMetadata] === object.etag;
  };
  const judge = async (object: ListedObject, made: ListedObject | undefined) => {
    signal?.throwIfAborted();
    if (made && (await isCurrent(object, made))) counts.current += 1;
    else if (deadKeys.has(object.key)) note('dead', object.key);
    else if (isYoung(object)) counts.young += 1;
    else {
      note(made ? 'stale' : 'missing', object.key);
      if (!enqueue || enqueued + bodies.length >= limit) return;
      bodies.push(rawEvent({ bucket: raw, ...object }));
      if (bodies.length === batchSize) await flush();
    }
  };

  for (const dataset of datasets) {
    const prefix = `${dataset.name}/`;
    const days = new CuratedDays(dataset, listObjects(s3, curated, { prefix }), (object) => {
      // A young one's raw object may have landed after its page of the listing.
      if (isYoung(object)) return;
      note('orphaned', object.key);
      if (prune && orphans.length < limit) orphans.push(object);
    });
    for await (const object of listObjects(s3, raw, { prefix })) {
      if (isFolderMarker(object)) continue;
      const parsed = parsedKey(object.key);
      const day = parsed?.day;
      await judge(object, parsed && day !== undefined ? await days.objectOf({ ...parsed, day }) : undefined);
    }
    await days.end();
  }
  if (bodies.length > 0) await flush();
  for (const orphan of orphans) {
    signal?.throwIfAborted();
    if (await remove(s3, curated, orphan)) pruned += 1;
  }
  const left = enqueue ? counts.missing + counts.stale - enqueued : 0;
  return { counts, enqueued, left, pruned, uncompared, first };
}

/** Whether the times of a listing, which are whole seconds, say that an object was made of the raw one as it is. */
function timesTell(raw: ListedObject, made: ListedObject): boolean {
  const seconds = ({ lastModified }: ListedObject) => Math.floor(lastModified.getTime() / 1000);
  // A multipart upload, whose ETag has a dash, is listed with the time when it began.
  return seconds(made) > seconds(raw) && !raw.etag.includes('-');
}

/** @returns false when it was written, or removed, since it was listed */
async function remove(s3: Pick<S3Client, 'send'>, bucket: string, { key, etag }: ListedObject) {
  try {
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, IfMatch: `"${etag}"` }));
    return true;
  } catch (error) {
    const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
    if (status !== undefined && [404, 409, 412].includes(status)) return false;
    throw error;
  }
}

/** Undefined for a `dt=` folder that is no date: nothing is curated of it, and convert says so in a dead letter. */
function parsedKey(key: string): ParsedKey | undefined {
  try {
    return parseRawKey(key);
  } catch (error) {
    if (error instanceof PermanentError) return undefined;
    throw error;
  }
}

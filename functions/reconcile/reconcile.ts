import type { S3Client } from '@aws-sdk/client-s3';
import type { Dataset } from '../../shared/dataset.ts';
import { PermanentError } from '../../shared/errors.ts';
import { type ParsedKey, parseRawKey } from '../../shared/keys.ts';
import { isFolderMarker, type ListedObject, listObjects } from '../../shared/listing.ts';
import { rawEvent } from '../../shared/s3-event.ts';
import { batchSize, type ConvertQueue } from '../../shared/send-messages.ts';
import { CuratedDays } from './curated-days.ts';

/**
 * How a raw object stands:
 * - `current`: its curated object is as new as it is, as far as the listings' whole seconds tell
 * - `missing`: it has no curated object
 * - `stale`: it is newer than its curated object
 * - `dead`: missing or stale, and waiting in the dead-letter queue for somebody
 * - `young`: missing or stale, and so new that its event may still be on its way
 */
export type Standing = 'current' | 'missing' | 'stale' | 'dead' | 'young';

/** Standings that somebody may want to see the keys of. */
export type Notable = Extract<Standing, 'missing' | 'stale' | 'dead'>;

export interface ReconcileOptions {
  readonly s3: Pick<S3Client, 'send'>;
  readonly raw: string;
  readonly curated: string;
  readonly datasets: readonly Dataset[];
  /** Where missing and stale objects are enqueued; undefined to enqueue nothing. */
  readonly queue: Pick<ConvertQueue, 'send'> | undefined;
  readonly deadKeys: ReadonlySet<string>;
  readonly now: Date;
  /** Milliseconds for which an event may be on its way. @default 30 minutes */
  readonly grace?: number | undefined;
  /** Messages to send at most. @default 10 000 */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Reconciliation {
  readonly counts: Readonly<Record<Standing, number>>;
  readonly enqueued: number;
  /** Missing and stale ones beyond the limit: for the next run. */
  readonly left: number;
  /** The first keys of each, 20 at most. */
  readonly first: Readonly<Record<Notable, readonly string[]>>;
}

export const defaultGrace = 30 * 60_000;
export const defaultLimit = 10_000;
const shownKeys = 20;

/**
 * Finds raw objects whose events were lost, and has them converted. It compares the two listings and asks for no single
 * object; no more than a day is held in memory, and what was dropped without a `dt=` folder.
 */
export async function reconcile(options: ReconcileOptions): Promise<Reconciliation> {
  const { s3, raw, curated, datasets, queue, deadKeys, now, signal } = options;
  const { grace = defaultGrace, limit = defaultLimit } = options;
  const counts = { current: 0, missing: 0, stale: 0, dead: 0, young: 0 };
  const first: Record<Notable, string[]> = { missing: [], stale: [], dead: [] };
  const bodies: string[] = [];
  let enqueued = 0;

  const flush = async () => {
    const batch = bodies.splice(0);
    await queue?.send(batch);
    enqueued += batch.length;
  };
  const judge = async (object: ListedObject, writtenAt: Date | undefined) => {
    signal?.throwIfAborted();
    const standing = standingOf(object, writtenAt, { deadKeys, youngFrom: now.getTime() - grace });
    counts[standing] += 1;
    if (standing === 'current' || standing === 'young') return;
    if (first[standing].length < shownKeys) first[standing].push(object.key);
    if (standing === 'dead' || !queue || enqueued + bodies.length >= limit) return;
    bodies.push(rawEvent({ bucket: raw, ...object }));
    if (bodies.length === batchSize) await flush();
  };

  for (const dataset of datasets) {
    const prefix = `${dataset.name}/`;
    const days = new CuratedDays(dataset, listObjects(s3, curated, { prefix }));
    const undated: { object: ListedObject; rawKey: ParsedKey }[] = [];
    for await (const object of listObjects(s3, raw, { prefix })) {
      if (isFolderMarker(object)) continue;
      const rawKey = parsed(object.key);
      if (!rawKey) await judge(object, undefined);
      else if (rawKey.day === undefined) undated.push({ object, rawKey });
      else await judge(object, await days.writtenAt({ ...rawKey, day: rawKey.day }));
    }
    for (const { object, rawKey } of undated) await judge(object, await days.writtenUndated(rawKey));
  }
  if (bodies.length > 0) await flush();
  const left = queue ? counts.missing + counts.stale - enqueued : 0;
  return { counts, enqueued, left, first };
}

function standingOf(
  { key, lastModified }: ListedObject,
  writtenAt: Date | undefined,
  { deadKeys, youngFrom }: { readonly deadKeys: ReadonlySet<string>; readonly youngFrom: number },
): Standing {
  if (writtenAt && writtenAt >= lastModified) return 'current';
  if (deadKeys.has(key)) return 'dead';
  if (lastModified.getTime() > youngFrom) return 'young';
  return writtenAt ? 'stale' : 'missing';
}

/** Undefined for a `dt=` folder that is no date: nothing is curated of it, and convert says so in a dead letter. */
function parsed(key: string): ParsedKey | undefined {
  try {
    return parseRawKey(key);
  } catch (error) {
    if (error instanceof PermanentError) return undefined;
    throw error;
  }
}

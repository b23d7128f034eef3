import { DeleteObjectCommand, type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { Dataset } from '../../shared/dataset.ts';
import { headObject } from '../../shared/head-object.ts';
import { parsedKey } from '../../shared/keys.ts';
import { isFolderMarker, type ListedObject, listObjects } from '../../shared/listing.ts';
import { objectMetadata } from '../../shared/object-metadata.ts';
import { objectEvent } from '../../shared/s3-event.ts';
import { CuratedDays } from './curated-days.ts';
import { limits } from './limits.ts';
import { Outbox } from './outbox.ts';

/**
 * - `current`: the curated objects were made of the raw object as it is, one for each table
 * - `missing`: the raw object lacks a curated object
 * - `stale`: the raw object is newer than a curated object
 * - `dead`: missing or stale, and in the dead-letter queue
 * - `young`: missing or stale, but its event may still be on its way
 * - `orphaned`: the curated object has no raw object
 */
type Status = 'current' | 'missing' | 'stale' | 'dead' | 'young' | 'orphaned';

export type Notable = Exclude<Status, 'current' | 'young'>;

export interface ReconcileObjectsOptions {
  readonly s3: Pick<S3Client, 'send'>;
  readonly raw: string;
  readonly curated: string;
  readonly datasets: readonly Dataset[];
  /** Sends up to ten events; undefined to send nothing. */
  readonly enqueue: ((events: readonly string[]) => Promise<void>) | undefined;
  readonly deadKeys: ReadonlySet<string>;
  readonly now: Date;
  readonly prune?: boolean | undefined;
  /** These default to functions/reconcile/limits.ts. */
  readonly grace?: number | undefined;
  readonly limit?: number | undefined;
  readonly maxComparisons?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ReconciledObjects {
  readonly counts: Readonly<Record<Status, number>>;
  readonly enqueued: number;
  /** Missing and stale objects beyond the limit. The next run enqueues them. */
  readonly left: number;
  readonly pruned: number;
  /** Objects that were counted as current without the comparison that they needed, beyond the limit. */
  readonly uncompared: number;
  readonly first: Readonly<Record<Notable, readonly string[]>>;
}

/**
 * Finds raw objects whose events were lost and has them converted. It compares the listings of both buckets, and reads the
 * metadata of a curated object only when the times do not say which of the two is newer.
 */
export async function reconcileObjects(options: ReconcileObjectsOptions): Promise<ReconciledObjects> {
  const { s3, raw, curated, datasets, enqueue, deadKeys, now, prune = false, signal } = options;
  const { grace = limits.grace, limit = limits.actions, maxComparisons = limits.comparisons } = options;
  const counts = { current: 0, missing: 0, stale: 0, dead: 0, young: 0, orphaned: 0 };
  const first: Record<Notable, string[]> = { missing: [], stale: [], dead: [], orphaned: [] };
  const outbox = new Outbox(enqueue, limit);
  const orphans: ListedObject[] = [];
  let [pruned, comparisons, uncompared] = [0, 0, 0];
  const isYoung = ({ lastModified }: ListedObject) => lastModified.getTime() > now.getTime() - grace;

  const note = (status: Notable, key: string) => {
    counts[status] += 1;
    if (first[status].length < limits.shownKeys) first[status].push(key);
  };
  const compared = async (object: ListedObject, made: ListedObject) => {
    if (made.lastModified < object.lastModified) return 'stale';
    if (timesTell(object, made) || object.lastModified.getTime() < now.getTime() - limits.comparedFor)
      return 'current';
    if (comparisons === maxComparisons) {
      uncompared += 1;
      return 'current';
    }
    comparisons += 1;
    const head = await headObject(s3, curated, made.key);
    if (!head) return 'missing';
    return head.Metadata?.[objectMetadata.rawEtag] === object.etag ? 'current' : 'stale';
  };
  const statusOf = async (object: ListedObject, made: readonly (ListedObject | undefined)[]) => {
    const there = made.filter((each) => each !== undefined);
    if (there.length === 0 || there.length < made.length) return 'missing';
    for (const each of there) {
      const status = await compared(object, each);
      if (status !== 'current') return status;
    }
    return 'current';
  };
  const judge = async (object: ListedObject, made: readonly (ListedObject | undefined)[]) => {
    signal?.throwIfAborted();
    const status = await statusOf(object, made);
    if (status === 'current') counts.current += 1;
    else if (deadKeys.has(object.key)) note('dead', object.key);
    else if (isYoung(object)) counts.young += 1;
    else {
      note(status, object.key);
      await outbox.add(objectEvent({ bucket: raw, ...object }));
    }
  };

  const onOrphan = (object: ListedObject) => {
    // The raw object of a young one may have landed after its page was listed.
    if (isYoung(object)) return;
    note('orphaned', object.key);
    if (prune && orphans.length < limit) orphans.push(object);
  };
  for (const { name, tables } of datasets) {
    const days = tables.map(
      (table) => new CuratedDays(table, listObjects(s3, curated, { prefix: `${table.name}/` }), onOrphan),
    );
    for await (const object of listObjects(s3, raw, { prefix: `${name}/` })) {
      if (isFolderMarker(object)) continue;
      // Convert sends a dead letter for a `dt=` folder that is not a date.
      const parsed = parsedKey(object.key);
      const day = parsed?.day;
      const dated = parsed && day !== undefined ? { ...parsed, day } : undefined;
      await judge(object, dated ? await Promise.all(days.map((of) => of.objectOf(dated))) : []);
    }
    for (const of of days) await of.end();
  }
  await outbox.flush();
  for (const orphan of orphans) {
    signal?.throwIfAborted();
    if (await remove(s3, curated, orphan)) pruned += 1;
  }
  const left = enqueue ? counts.missing + counts.stale - outbox.sent : 0;
  return { counts, enqueued: outbox.sent, left, pruned, uncompared, first };
}

/** Whether the listed times, whole seconds on AWS, prove that `made` was made of the raw object as it is. */
function timesTell(raw: ListedObject, made: ListedObject): boolean {
  const seconds = ({ lastModified }: ListedObject) => Math.floor(lastModified.getTime() / 1000);
  // A multipart upload, whose ETag has a dash, is listed with the time at which it began.
  return seconds(made) > seconds(raw) && !raw.etag.includes('-');
}

/** @returns false when the object was written or deleted since it was listed */
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

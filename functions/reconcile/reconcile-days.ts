import { pMapIterable } from 'p-map';
import { headObject } from '../../shared/head-object.ts';
import { dayPrefix } from '../../shared/keys.ts';
import { listObjects } from '../../shared/listing.ts';
import { isMadeOf } from '../../shared/parts.ts';
import { objectEvent } from '../../shared/s3-event.ts';
import { limits } from './limits.ts';
import { Outbox } from './outbox.ts';
import type { ReconcileObjectsOptions } from './reconcile-objects.ts';
import { type ListedDay, tableDays } from './table-days.ts';

/**
 * - `current`: the compacted object was made of the day's parts as they are
 * - `missing`: the day has parts, and no compacted object
 * - `stale`: the compacted object was made of other parts
 * - `orphaned`: the day has no parts left: compact deletes its object
 * - `dead`: none of these is current, and the day is in the dead-letter queue
 * - `young`: the same, but an event may still be on its way
 * - `foreign`: compact did not write this object
 */
type Status = 'current' | 'missing' | 'stale' | 'orphaned' | 'dead' | 'young' | 'foreign';

export type NotableDay = Exclude<Status, 'current' | 'young'>;

export interface ReconcileDaysOptions
  extends Omit<ReconcileObjectsOptions, 'raw' | 'deadKeys' | 'prune' | 'maxComparisons'> {
  readonly compacted: string;
  /** Prefixes of days. */
  readonly deadDays: ReadonlySet<string>;
}

export interface ReconciledDays {
  readonly counts: Readonly<Record<Status, number>>;
  readonly enqueued: number;
  /** Days beyond the limit. The next run enqueues them. */
  readonly left: number;
  /** Prefixes of days; of what is foreign, keys. */
  readonly first: Readonly<Record<NotableDay, readonly string[]>>;
}

/**
 * Finds days whose events were lost and has them compacted. It compares the listings of both buckets, and reads the metadata
 * of each compacted object: a listing does not tell what that was made of.
 */
export async function reconcileDays(options: ReconcileDaysOptions): Promise<ReconciledDays> {
  const { s3, curated, compacted, datasets, enqueue, deadDays, now, signal } = options;
  const { grace = limits.grace, limit = limits.actions } = options;
  const counts = { current: 0, missing: 0, stale: 0, orphaned: 0, dead: 0, young: 0, foreign: 0 };
  const first: Record<NotableDay, string[]> = { missing: [], stale: [], orphaned: [], dead: [], foreign: [] };
  const outbox = new Outbox(enqueue, limit);
  const note = (status: Status, key: string) => {
    counts[status] += 1;
    if (status === 'current' || status === 'young') return;
    if (first[status].length < limits.shownKeys) first[status].push(key);
  };
  const statusOf = async ({ digest, compacted: made, changedAt, ...of }: ListedDay): Promise<Status> => {
    const head = made && digest !== undefined ? await headObject(s3, compacted, made.key) : undefined;
    if (digest !== undefined && isMadeOf(head, digest)) return 'current';
    if (deadDays.has(dayPrefix(of))) return 'dead';
    if (changedAt > now.getTime() - grace) return 'young';
    if (digest === undefined) return 'orphaned';
    return head ? 'stale' : 'missing';
  };

  for (const dataset of datasets) {
    for (const table of dataset.tables) {
      const prefix = `${table.name}/`;
      const days = tableDays({
        dataset,
        table,
        curated: listObjects(s3, curated, { prefix }),
        compacted: listObjects(s3, compacted, { prefix }),
        onForeign: ({ key }) => note('foreign', key),
      });
      const judged = pMapIterable(days, async (day) => [dayPrefix(day), await statusOf(day)] as const, {
        concurrency: limits.comparisonsAtOnce,
      });
      for await (const [key, status] of judged) {
        signal?.throwIfAborted();
        note(status, key);
        if (status === 'missing' || status === 'stale' || status === 'orphaned')
          await outbox.add(objectEvent({ bucket: curated, key, size: 0 }));
      }
    }
  }
  await outbox.flush();
  const stale = staleDays(counts);
  return { counts, enqueued: outbox.sent, left: enqueue ? stale - outbox.sent : 0, first };
}

/** How many days compact has to work on. */
export function staleDays({ missing, stale, orphaned }: ReconciledDays['counts']): number {
  return missing + stale + orphaned;
}

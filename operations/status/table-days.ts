import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import type { Dataset } from '../../shared/dataset.ts';
import { daysBetween } from '../../shared/days.ts';
import { headObject } from '../../shared/head-object.ts';
import {
  compactedKey,
  curatedKey,
  type DatedKey,
  type Day,
  dayPrefix,
  type TableDay,
} from '../../shared/keys.ts';
import type { ListedObject } from '../../shared/listing.ts';
import { hasRowsOf, listParts, partsDigest } from '../../shared/parts.ts';
import type { Observed } from '../observed.ts';
import { concurrency } from './stored-objects.ts';

/** A day of a table. */
export interface DayContent {
  /** The curated objects, by key. */
  readonly parts: ReadonlyMap<string, ListedObject>;
  /** What compact last made of them; undefined when there is nothing. */
  readonly compacted: HeadObjectCommandOutput | undefined;
  /**
   * Whether the table has the rows of a part as it is now. It may say so early by one compaction: for a part that was written
   * while compact made the day without it.
   */
  has(part: ListedObject): boolean;
}

/** Takes one listing, and one HEAD if there is anything. */
export async function lookAtDay(
  observed: Pick<Observed, 's3' | 'outputs'>,
  of: TableDay,
): Promise<DayContent> {
  return contentOf(observed, of, await listParts(observed.s3, observed.outputs.CuratedBucketName, of));
}

/** The same for parts that were listed. */
export async function contentOf(
  { s3, outputs }: Pick<Observed, 's3' | 'outputs'>,
  of: TableDay,
  parts: readonly ListedObject[],
): Promise<DayContent> {
  const compacted =
    parts.length > 0 ? await headObject(s3, outputs.CompactedBucketName, compactedKey(of)) : undefined;
  const hasAll = hasRowsOf(compacted, partsDigest(of, parts));
  const compactedAt = compacted?.LastModified?.getTime() ?? 0;
  return {
    parts: new Map(parts.map((part) => [part.key, part])),
    compacted,
    has: ({ lastModified }) => hasAll || lastModified.getTime() < compactedAt,
  };
}

export type LookAtDay = (of: TableDay) => Promise<DayContent>;

/** The same, once for each day. */
export function lookingOnce(observed: Pick<Observed, 's3' | 'outputs'>): LookAtDay {
  const looked = new Map<string, Promise<DayContent>>();
  return (of) => {
    const found = looked.get(dayPrefix(of)) ?? lookAtDay(observed, of);
    looked.set(dayPrefix(of), found);
    return found;
  };
}

/** By their prefixes, the days of all tables of a dataset, both days included. */
export async function lookAtDays(
  observed: Pick<Observed, 's3' | 'outputs'>,
  dataset: Dataset,
  from: Day,
  to: Day,
): Promise<ReadonlyMap<string, DayContent>> {
  const all = [...daysBetween(from, to)].flatMap((day) =>
    dataset.tables.map((table) => ({ dataset, table, day })),
  );
  const looked = await pMap(all, async (of) => [dayPrefix(of), await lookAtDay(observed, of)] as const, {
    concurrency,
  });
  return new Map(looked);
}

/** By the days' prefixes, what they have. */
export type ContentByDay = ReadonlyMap<string, Pick<DayContent, 'parts' | 'has'>>;

/** How far a raw object has come in all its tables. */
export type Progress = 'landed' | 'converted' | 'compacted';

/** @returns its curated objects, too, the first table's first */
export function progressOf(
  days: ContentByDay,
  parsed: DatedKey,
): { readonly state: Progress; readonly parts: readonly ListedObject[] } {
  const { tables } = parsed.dataset;
  const found = tables.flatMap((table) => {
    const content = days.get(dayPrefix({ table, day: parsed.day }));
    const part = content?.parts.get(curatedKey(parsed, table));
    return content && part ? [{ part, isInTable: content.has(part) }] : [];
  });
  const parts = found.map(({ part }) => part);
  if (found.length < tables.length) return { state: 'landed', parts };
  return { state: found.every(({ isInTable }) => isInTable) ? 'compacted' : 'converted', parts };
}

import type { S3Client } from '@aws-sdk/client-s3';
import type { Dataset } from '../../shared/dataset.ts';
import { daysBetween } from '../../shared/days.ts';
import { type Day, placeDayKey } from '../../shared/keys.ts';
import { selectedObjects } from '../replay/raw-selection.ts';
import type { BackfillRequest } from './request.ts';

/** A day, and the places that lack it. */
export interface MissingDay {
  readonly day: Day;
  readonly places: readonly string[];
}

/** What a backfill is about to do. */
export interface BackfillPlan {
  /** Oldest first. Days that lack every place share one list, so that ten years of a thousand places fit into memory. */
  readonly missing: readonly MissingDay[];
  /** Calls of the API: one for each place and day that is missing. */
  readonly calls: number;
  /** Places' days that are there already. */
  readonly there: number;
  /** Days that are there for every place. */
  readonly daysThere: number;
}

/** Finds what is missing, by one listing of the days. */
export async function planBackfill(
  s3: Pick<S3Client, 'send'>,
  bucket: string,
  {
    dataset,
    from,
    to,
    places,
  }: Pick<BackfillRequest, 'dataset' | 'from' | 'to'> & {
    readonly places: readonly string[];
  },
  signal?: AbortSignal,
): Promise<BackfillPlan> {
  const byName = placesByName(dataset, places);
  const all = [...byName.values()];
  const missing: MissingDay[] = [];
  let calls = 0;
  let days = 0;
  const objects = selectedObjects(s3, bucket, { datasets: [dataset], from, to });
  let object = await objects.next();
  for (const day of daysBetween(from, to)) {
    days += 1;
    const folder = `${dataset.name}/dt=${day}/`;
    const there = new Set<string>();
    for (; !object.done && object.value.key.startsWith(folder); object = await objects.next()) {
      signal?.throwIfAborted();
      const place = byName.get(object.value.key.slice(folder.length));
      if (place !== undefined) there.add(place);
    }
    const left = there.size === 0 ? all : all.filter((place) => !there.has(place));
    calls += left.length;
    if (left.length > 0) missing.push({ day, places: left });
  }
  return { missing, calls, there: days * all.length - calls, daysThere: days - missing.length };
}

/** The raw objects of a day that are there now, of these places. */
export async function landedOf(
  s3: Pick<S3Client, 'send'>,
  bucket: string,
  dataset: Dataset,
  { day, places }: MissingDay,
): Promise<string[]> {
  const { missing } = await planBackfill(s3, bucket, { dataset, from: day, to: day, places });
  const lacking = new Set(missing[0]?.places);
  return places.filter((place) => !lacking.has(place)).map((place) => placeDayKey(dataset, day, place));
}

/** Places by the name that their objects have in the folder of a day. */
export function placesByName(dataset: Dataset, places: readonly string[]): ReadonlyMap<string, string> {
  const nameOf = (place: string) => placeDayKey(dataset, dataset.firstDay, place).split('/').at(-1) ?? '';
  return new Map(places.map((place) => [nameOf(place), place]));
}

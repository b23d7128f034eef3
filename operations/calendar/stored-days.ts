import pMap from 'p-map';
import type { Dataset, Table } from '../../shared/dataset.ts';
import { addDays } from '../../shared/days.ts';
import { compactedKey, type Day, dayPrefix } from '../../shared/keys.ts';
import { isFolderMarker, type ListedObject, listObjects } from '../../shared/listing.ts';
import type { Observed } from '../observed.ts';
import { concurrency, type StoredObject, stored } from '../status/stored-objects.ts';
import { type ContentByDay, contentOf } from '../status/table-days.ts';

export interface StoredDays {
  readonly raw: readonly StoredObject[];
  readonly content: ContentByDay;
  /** Keys of the compacted objects of the first table, by day. */
  readonly compacted: ReadonlyMap<Day, string>;
}

/** The objects of a prefix between two keys, in S3's order. */
export type List = (
  bucket: string,
  where: { readonly prefix: string; readonly startAfter: string; readonly before: string },
) => readonly ListedObject[] | Promise<readonly ListedObject[]>;

async function listIn(
  s3: Observed['s3'],
  ...[bucket, { before, ...where }]: Parameters<List>
): Promise<readonly ListedObject[]> {
  const listed: ListedObject[] = [];
  for await (const object of listObjects(s3, bucket, where)) {
    if (object.key >= before) break;
    listed.push(object);
  }
  return listed;
}

/**
 * What is stored of a dataset's days, both included, by one listing for each prefix. A day takes a request of its own only
 * while it has parts that are younger than its compacted object.
 * @param list @default asks S3
 */
export async function storedDays(
  observed: Pick<Observed, 's3' | 'outputs'>,
  dataset: Dataset,
  from: Day,
  to: Day,
  list: List = (...where) => listIn(observed.s3, ...where),
): Promise<StoredDays> {
  const { RawBucketName, CuratedBucketName, CompactedBucketName } = observed.outputs;
  const byDay = (bucket: string, name: string) => objectsByDay(list, bucket, name, from, to);
  const [raw, ...tables] = await Promise.all([
    byDay(RawBucketName, dataset.name),
    ...dataset.tables.map(async (table) => {
      const [parts, compacted] = await Promise.all([
        byDay(CuratedBucketName, table.name),
        byDay(CompactedBucketName, table.name),
      ]);
      const made = (day: Day) =>
        compacted.get(day)?.find(({ key }) => key === compactedKey({ table, day }))?.lastModified;
      return { table, parts, made };
    }),
  ]);
  const content = await pMap(
    tables.flatMap(({ table, parts, made }) =>
      [...parts].map(([day, listed]) => ({ table, day, listed, madeAt: made(day) })),
    ),
    async ({ table, day, listed, madeAt }) =>
      [
        dayPrefix({ table, day }),
        await contentOfDay(observed, { dataset, table, day }, listed, madeAt),
      ] as const,
    { concurrency },
  );
  const [first] = tables;
  return {
    raw: [...raw.values()].flat().map(stored),
    content: new Map(content),
    compacted: new Map(
      [...(first?.parts.keys() ?? [])].flatMap((day) =>
        first?.made(day) ? [[day, compactedKey({ table: first.table, day })] as const] : [],
      ),
    ),
  };
}

async function objectsByDay(
  list: List,
  bucket: string,
  name: string,
  from: Day,
  to: Day,
): Promise<ReadonlyMap<Day, readonly ListedObject[]>> {
  const prefix = `${name}/dt=`;
  const days = new Map<Day, ListedObject[]>();
  const before = `${prefix}${addDays(to, 1)}`;
  for (const object of await list(bucket, { prefix, startAfter: `${prefix}${from}`, before })) {
    if (isFolderMarker(object)) continue;
    const day = object.key.slice(prefix.length, prefix.length + 10);
    const objects = days.get(day);
    if (objects) objects.push(object);
    else days.set(day, [object]);
  }
  return days;
}

async function contentOfDay(
  observed: Pick<Observed, 's3' | 'outputs'>,
  of: { readonly dataset: Dataset; readonly table: Table; readonly day: Day },
  parts: readonly ListedObject[],
  madeAt: Date | undefined,
) {
  const isOlder = ({ lastModified }: ListedObject) => madeAt !== undefined && lastModified < madeAt;
  if (madeAt && !parts.every(isOlder)) return contentOf(observed, of, parts);
  return { parts: new Map(parts.map((part) => [part.key, part])), has: isOlder };
}

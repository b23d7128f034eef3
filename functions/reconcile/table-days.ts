import type { Dataset, Table } from '../../shared/dataset.ts';
import { compactedKey, type Day, parsedDay, type TableDay } from '../../shared/keys.ts';
import { isFolderMarker, type ListedObject } from '../../shared/listing.ts';
import { partsDigest } from '../../shared/parts.ts';

/** A day of a table, as the two listings have it. */
export interface ListedDay extends TableDay {
  /** Of its parts; undefined when there are none. */
  readonly digest: string | undefined;
  readonly compacted: ListedObject | undefined;
  /** When the latest of these objects was written. */
  readonly changedAt: number;
}

interface TableListings {
  readonly dataset: Dataset;
  readonly table: Table;
  /** Both of this table, in S3's order. */
  readonly curated: AsyncIterable<ListedObject>;
  readonly compacted: AsyncIterable<ListedObject>;
  /** Told of what compact did not write. */
  readonly onForeign: (object: ListedObject) => void;
}

/** The days of a table that have parts or a compacted object, oldest first. Holds the parts of one day in memory. */
export async function* tableDays(listings: TableListings): AsyncGenerator<ListedDay, void, undefined> {
  const { dataset, table } = listings;
  const parts = byDay(table, listings.curated);
  const made = byDay(table, ownObjects(listings));
  let [nextParts, nextMade] = [await parts.next(), await made.next()];
  for (;;) {
    const days = [nextParts, nextMade].flatMap(({ value }) => value?.day ?? []);
    const [day] = days.sort();
    if (day === undefined) return;
    const of = { dataset, table, day };
    const listed = nextParts.value?.day === day ? nextParts.value.objects : [];
    const [compacted] = nextMade.value?.day === day ? nextMade.value.objects : [];
    const times = [...listed, ...(compacted ? [compacted] : [])].map((each) => each.lastModified.getTime());
    const digest = listed.length > 0 ? partsDigest(of, listed) : undefined;
    yield { ...of, digest, compacted, changedAt: times.reduce((a, b) => Math.max(a, b)) };
    if (listed.length > 0) nextParts = await parts.next();
    if (compacted) nextMade = await made.next();
  }
}

async function* ownObjects({ table, compacted, onForeign }: TableListings) {
  for await (const object of compacted) {
    const day = dayIn(table, object.key);
    if (day !== undefined && object.key === compactedKey({ table, day })) yield object;
    else if (!isFolderMarker(object)) onForeign(object);
  }
}

/** What is in no day's folder is left out: convert did not write it. */
async function* byDay(table: Table, objects: AsyncIterable<ListedObject>) {
  let current: { readonly day: Day; readonly objects: ListedObject[] } | undefined;
  for await (const object of objects) {
    const day = dayIn(table, object.key);
    if (day === undefined || isFolderMarker(object)) continue;
    if (day === current?.day) {
      current.objects.push(object);
      continue;
    }
    if (current) yield current;
    current = { day, objects: [object] };
  }
  if (current) yield current;
}

/** The day whose folder a key of a table is in; undefined when it is in none. */
export function dayIn({ name }: Table, key: string): Day | undefined {
  const of = parsedDay(key);
  return of?.table.name === name ? of.day : undefined;
}

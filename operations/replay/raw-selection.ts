import type { S3Client } from '@aws-sdk/client-s3';
import { compareBytes } from '../../shared/byte-order.ts';
import type { Dataset } from '../../shared/dataset.ts';
import { datasetNames, datasets } from '../../shared/datasets.ts';
import { type Day, isDay } from '../../shared/keys.ts';
import { isFolderMarker, type ListedObject, listObjects } from '../../shared/listing.ts';

/** Which raw objects of some datasets: those of some days, those under a prefix, or all. */
export interface RawSelection {
  /** In the order of the index. */
  readonly datasets: readonly Dataset[];
  /** Both included. With either, only what stands in a `dt=` folder is selected. */
  readonly from?: Day | undefined;
  readonly to?: Day | undefined;
  /** Instead of days. */
  readonly prefix?: string | undefined;
}

/** As it was typed. */
export interface SelectionArguments {
  /** @default that of the prefix, or all */
  readonly dataset?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly prefix?: string | undefined;
}

/** The selection, or everything that is wrong with it. */
export function parseSelection(typed: SelectionArguments): RawSelection | { readonly problems: string[] } {
  const { from, to, prefix } = typed;
  const problems: string[] = [];
  const named = datasets.filter(({ name }) => typed.dataset === undefined || name === typed.dataset);
  const selected = named.filter((dataset) => prefix === undefined || isOf(dataset, prefix));
  if (named.length === 0)
    problems.push(`--dataset: expected one of ${datasetNames.join(', ')}, got "${typed.dataset}"`);
  for (const [option, day] of Object.entries({ '--from': from, '--to': to })) {
    if (day !== undefined && !isDay(day))
      problems.push(`${option}: expected a day that exists, such as 2026-11-22, got "${day}"`);
  }
  if (from !== undefined && to !== undefined && isDay(from) && isDay(to) && from > to)
    problems.push(`--from, --to: expected the first day not to come after the last, got ${from} and ${to}`);
  if (prefix !== undefined && (from !== undefined || to !== undefined))
    problems.push('--prefix: expected a prefix or days, got both');
  if (named.length > 0 && selected.length === 0) {
    const names = named.map(({ name }) => `${name}/`);
    problems.push(`--prefix: expected it to begin with ${names.join(' or ')}, got "${prefix}"`);
  }
  return problems.length === 0 ? { datasets: selected, from, to, prefix } : { problems };
}

function isOf({ name }: Dataset, key: string): boolean {
  return key.startsWith(`${name}/`);
}

/** For a person: `weatherapi/current, 2026-11-01 to 2026-11-30`. */
export function describeSelection({ datasets: selected, from, to, prefix }: RawSelection): string {
  const name = selected.length === 1 ? selected[0]?.name : 'all datasets';
  if (prefix !== undefined) return `everything under ${prefix}`;
  if (from === undefined && to === undefined) return `everything of ${name}`;
  if (from === to) return `${name}, ${from}`;
  return [name, from && `from ${from}`, to && `to ${to}`].filter(Boolean).join(' ');
}

/** The order in which objects are selected: that of their datasets, and within one S3's own. */
export function compareRawKeys(a: string, b: string): number {
  const rank = (key: string) => datasets.findIndex((dataset) => isOf(dataset, key));
  return rank(a) - rank(b) || compareBytes(a, b);
}

/**
 * Takes a selection up after any key: leaves out the datasets before that of the key, and begins the others anew.
 * @param objectsOf one dataset's objects in the order of their keys, those after a key if one is given
 */
export async function* datasetByDataset<T>(
  { datasets: selected }: Pick<RawSelection, 'datasets'>,
  after: string | undefined,
  objectsOf: (dataset: Dataset, after: string | undefined) => AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  const reached = after === undefined ? 0 : selected.findIndex((dataset) => isOf(dataset, after));
  for (const [index, dataset] of selected.entries())
    if (index >= reached) yield* objectsOf(dataset, index === reached ? after : undefined);
}

/** The selected objects. A listing can be taken up after any key. */
export function selectedObjects(
  s3: Pick<S3Client, 'send'>,
  bucket: string,
  selection: RawSelection,
  after?: string,
): AsyncGenerator<ListedObject, void, undefined> {
  return datasetByDataset(selection, after, (dataset, key) =>
    objectsOfDataset(s3, bucket, dataset, selection, key),
  );
}

/** Days are one range of keys: one listing finds them all, however many there are. */
async function* objectsOfDataset(
  s3: Pick<S3Client, 'send'>,
  bucket: string,
  dataset: Dataset,
  { from, to, prefix }: RawSelection,
  after: string | undefined,
): AsyncGenerator<ListedObject, void, undefined> {
  const byDay = from !== undefined || to !== undefined;
  const days = `${dataset.name}/dt=`;
  const within = { prefix: byDay ? days : (prefix ?? `${dataset.name}/`) };
  const startAfter = after ?? (from === undefined ? undefined : `${days}${from}`);
  for await (const object of listObjects(s3, bucket, { ...within, startAfter })) {
    if (byDay) {
      const day = object.key.slice(days.length).split('/', 1)[0] ?? '';
      if (to !== undefined && day.slice(0, to.length) > to) return;
      if (!isDay(day) || !object.key.startsWith(`${days}${day}/`)) continue;
    }
    if (!isFolderMarker(object)) yield object;
  }
}

import type { S3Client } from '@aws-sdk/client-s3';
import type { Dataset } from '../../shared/dataset.ts';
import { datasetNamed, datasetNames, datasets } from '../../shared/datasets.ts';
import { type Day, isDay } from '../../shared/keys.ts';
import { isFolderMarker, type ListedObject, listObjects } from '../../shared/listing.ts';

/** Which raw objects: those of some days, those under a prefix, or all of a dataset. */
export interface RawSelection {
  readonly dataset: Dataset;
  /** UTC days, both included. With either, only what stands in a `dt=` folder is selected. */
  readonly from?: Day | undefined;
  readonly to?: Day | undefined;
  /** Instead of days. */
  readonly prefix?: string | undefined;
}

/** As it was typed. */
export interface SelectionArguments {
  /** @default that of the prefix, or the first one */
  readonly dataset?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly prefix?: string | undefined;
}

/** The selection, or everything that is wrong with it. */
export function parseSelection(typed: SelectionArguments): RawSelection | { readonly problems: string[] } {
  const { from, to, prefix } = typed;
  const problems: string[] = [];
  const ofPrefix = datasets.find(({ name }) => prefix?.startsWith(`${name}/`));
  const dataset = typed.dataset === undefined ? (ofPrefix ?? datasets[0]) : datasetNamed(typed.dataset);
  if (!dataset)
    problems.push(`--dataset: expected one of ${datasetNames.join(', ')}, got "${typed.dataset}"`);
  for (const [option, day] of Object.entries({ '--from': from, '--to': to })) {
    if (day !== undefined && !isDay(day))
      problems.push(`${option}: expected a day that exists, such as 2026-11-22, got "${day}"`);
  }
  if (from !== undefined && to !== undefined && isDay(from) && isDay(to) && from > to)
    problems.push(`--from, --to: expected the first day not to come after the last, got ${from} and ${to}`);
  if (prefix !== undefined && (from !== undefined || to !== undefined))
    problems.push('--prefix: expected a prefix or days, got both');
  if (prefix !== undefined && dataset && !prefix.startsWith(`${dataset.name}/`)) {
    const names = typed.dataset === undefined ? datasetNames : [dataset.name];
    problems.push(
      `--prefix: expected it to begin with ${names.map((name) => `${name}/`).join(' or ')}, got "${prefix}"`,
    );
  }
  return dataset && problems.length === 0 ? { dataset, from, to, prefix } : { problems };
}

/** For a person: `weatherapi/current, 2026-11-01 to 2026-11-30`. */
export function describeSelection({ dataset, from, to, prefix }: RawSelection): string {
  if (prefix !== undefined) return `everything under ${prefix}`;
  if (from === undefined && to === undefined) return `everything of ${dataset.name}`;
  if (from === to) return `${dataset.name}, ${from}`;
  return [dataset.name, from && `from ${from}`, to && `to ${to}`].filter(Boolean).join(' ');
}

/**
 * The selected objects in the order of their keys, which is S3's own, so that a listing can be taken up after any key.
 * Days are one range of keys: one listing finds them all, however many there are.
 */
export async function* selectedObjects(
  s3: Pick<S3Client, 'send'>,
  bucket: string,
  { dataset, from, to, prefix }: RawSelection,
  after?: string,
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

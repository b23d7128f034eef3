import { createHash } from 'node:crypto';
import type { Dataset } from './dataset.ts';
import { datasetNames, datasets } from './datasets.ts';
import { PermanentError } from './errors.ts';

/** A UTC day, `2026-11-22`. */
export type Day = string;

/**
 * The raw key of a scheduled run: `weatherapi/current/dt=2026-11-22/20261122T050000Z.json`, in UTC.
 * A run's identity is the time it was scheduled for, so a run that happens twice lands on one key.
 * @param list digest of its list of places, when another list has landed for that time
 */
export function rawKey(dataset: Dataset, scheduledTime: Date, list?: string): string {
  const iso = scheduledTime.toISOString();
  const own = list === undefined ? '' : `.${list.slice(0, 12)}`;
  return `${dataset.name}/dt=${iso.slice(0, 10)}/${iso.slice(0, 19).replaceAll(/[-:]/g, '')}Z${own}.json`;
}

/** When the run was scheduled that an object's key names; undefined for an object that is not of a run. */
export function runTime(key: string): Date | undefined {
  const [, year, month, day, hours, minutes, seconds, list] =
    /\/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z(?:\.([0-9a-f]{12}))?\.json$/.exec(key) ?? [];
  const time = new Date(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
  const isRun =
    !Number.isNaN(time.getTime()) && datasets.some((dataset) => rawKey(dataset, time, list) === key);
  return isRun ? time : undefined;
}

/** The UTC day of an instant. */
export function dayOf(instant: Date): Day {
  return instant.toISOString().slice(0, 10);
}

/** What a raw key says: its dataset, and its day when it stands in a `dt=` folder. */
export interface ParsedKey {
  readonly key: string;
  readonly dataset: Dataset;
  readonly day: Day | undefined;
}

/** The key of an object that can be converted as it is. */
export interface DatedKey extends ParsedKey {
  readonly day: Day;
}

/** Where a raw object goes that somebody gave up. Nothing looks there: its event is acknowledged, and that is all. */
export const givenUpPrefix = 'given-up/';

/** In a curated object's metadata: the ETag of the raw object that it was made of, without quotes. */
export const rawEtagMetadata = 'raw-etag';

/** @throws {PermanentError} `unknown-dataset` when no dataset has this prefix, or its `dt=` folder is no date. */
export function parseRawKey(key: string): ParsedKey {
  const dataset = datasets.find(({ name }) => key.startsWith(`${name}/`));
  if (!dataset) {
    throw new PermanentError(
      'unknown-dataset',
      `"${key}" is under no dataset's prefix. Put the file under one of: ${datasetNames.map((name) => `${name}/`).join(', ')}`,
    );
  }
  const day = /^dt=([^/]*)\//.exec(key.slice(dataset.name.length + 1))?.[1];
  if (day !== undefined && !isDay(day)) {
    throw new PermanentError(
      'unknown-dataset',
      `"${key}" stands in a dt= folder that is no date. Expected dt=YYYY-MM-DD, such as dt=2026-11-22.`,
    );
  }
  return { key, dataset, day };
}

/**
 * Where the rows of a dated raw object go. Curated mirrors raw: `…/dt=2026-11-22/20261122T050000Z.json` becomes
 * `…/dt=2026-11-22/20261122T050000Z.parquet`. Any other raw key (in a folder below, or with a name that does not end in
 * `.json` or that Athena would hide or choke on) keeps a readable part of its name and gets a digest of the key; so does
 * one that looks as if it had a digest already. Thus two raw objects never share a curated object.
 */
export function curatedKey(parsed: DatedKey): string {
  const folder = folderOf(parsed, parsed.day);
  return parsed.key.startsWith(folder) && isMirrored(parsed.key.slice(folder.length))
    ? parsed.key.replace(/\.json$/, '.parquet')
    : `${folder}${digestedName(parsed.key)}.parquet`;
}

/** Where a file that was dropped without a `dt=` folder is filed, once its day is known. */
export function filedKey(parsed: ParsedKey, day: Day): string {
  return `${folderOf(parsed, day)}${digestedName(parsed.key)}.json`;
}

function folderOf({ dataset }: ParsedKey, day: Day): string {
  return `${dataset.name}/dt=${day}/`;
}

/** What is readable of a key's name, and 12 hexadecimal digits of the SHA-256 of the whole key. */
function digestedName(key: string): string {
  const readable = key
    .slice(key.lastIndexOf('/') + 1)
    .replace(/\.json$/, '')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '')
    .slice(0, 80);
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 12);
  return `${readable || 'file'}.${digest}`;
}

function isMirrored(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}\.json$/.test(name) && !/\.[0-9a-f]{12}\.json$/.test(name);
}

/** Whether a text is a day that exists, such as `2026-11-22`. */
export function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(date.getTime()) && dayOf(date) === text;
}

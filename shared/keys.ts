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
 * Where a raw object's rows go. Curated mirrors raw: `…/dt=2026-11-22/20261122T050000Z.json` becomes
 * `…/dt=2026-11-22/20261122T050000Z.parquet`. Any other raw key (no `dt=` folder, folders below it, a name that
 * does not end in `.json` or that Athena would hide or choke on) keeps a readable part of its name and gets 12
 * hexadecimal digits of the key's SHA-256; so does one that looks as if it had them already. Thus two raw objects
 * never share a curated object.
 */
export function curatedKey({ key, dataset, day }: ParsedKey & { readonly day: Day }): string {
  const folder = `${dataset.name}/dt=${day}/`;
  if (key.startsWith(folder) && isMirrored(key.slice(folder.length))) {
    return key.replace(/\.json$/, '.parquet');
  }
  const name = key.slice(key.lastIndexOf('/') + 1);
  const readable = name
    .replace(/\.json$/, '')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '')
    .slice(0, 80);
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 12);
  return `${folder}${readable || 'file'}.${digest}.parquet`;
}

function isMirrored(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}\.json$/.test(name) && !/\.[0-9a-f]{12}\.json$/.test(name);
}

/** Whether a text is a day that exists, such as `2026-11-22`. */
export function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(date.getTime()) && dayOf(date) === text;
}

import { createHash } from 'node:crypto';
import type { Dataset, Table } from './dataset.ts';
import { datasetNames, datasets } from './datasets.ts';
import { PermanentError } from './errors.ts';

/** A UTC day, `2026-11-22`. */
export type Day = string;

/**
 * `weatherapi/current/dt=2026-11-22/20261122T050000Z.json`, in UTC. The scheduled time identifies a run, so a run that
 * happens twice lands under one key.
 * @param list digest of the run's list of places, if another list has landed for that time
 */
export function rawKey(dataset: Dataset, scheduledTime: Date, list?: string): string {
  const iso = scheduledTime.toISOString();
  const own = list === undefined ? '' : `.${list.slice(0, 12)}`;
  return `${dataset.name}/dt=${iso.slice(0, 10)}/${iso.slice(0, 19).replaceAll(/[-:]/g, '')}Z${own}.json`;
}

/**
 * `weatherapi/history/dt=2026-11-21/Oslo.43152cc97f45.json`: a local day of one place. It lands under the same key whoever
 * asks for it.
 */
export function placeDayKey({ name }: Dataset, day: Day, place: string): string {
  return `${name}/dt=${day}/${digestedName(place)}.json`;
}

/** When the run was scheduled that an object's key names; undefined for an object that is not of a run. */
export function runTime(key: string): Date | undefined {
  const [, year, month, day, hours, minutes, seconds, list] =
    /\/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z(?:\.([0-9a-f]{12}))?\.json$/.exec(key) ?? [];
  const time = new Date(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
  const isRun =
    !Number.isNaN(time.getTime()) &&
    datasets.some((dataset) => dataset.identity === 'time' && rawKey(dataset, time, list) === key);
  return isRun ? time : undefined;
}

export function dayOf(instant: Date): Day {
  return instant.toISOString().slice(0, 10);
}

export interface ParsedKey {
  readonly key: string;
  readonly dataset: Dataset;
  /** Undefined when the key has no `dt=` folder. */
  readonly day: Day | undefined;
}

export interface DatedKey extends ParsedKey {
  readonly day: Day;
}

/** Where an operator moves raw objects to give them up. Convert and reconcile ignore them. */
export const givenUpPrefix = 'given-up/';

/** @throws {PermanentError} `unknown-dataset` when no dataset has this prefix, or the `dt=` folder is not a date */
export function parseRawKey(key: string): ParsedKey {
  const dataset = datasets.find(({ name }) => key.startsWith(`${name}/`));
  if (!dataset) {
    throw new PermanentError(
      'unknown-dataset',
      `"${key}" is not under the prefix of a dataset. Put the file under one of: ${datasetNames.map((name) => `${name}/`).join(', ')}`,
    );
  }
  const day = /^dt=([^/]*)\//.exec(key.slice(dataset.name.length + 1))?.[1];
  if (day !== undefined && !isDay(day)) {
    throw new PermanentError(
      'unknown-dataset',
      `"${key}" is in a dt= folder that is not a date. Expected dt=YYYY-MM-DD, such as dt=2026-11-22.`,
    );
  }
  return { key, dataset, day };
}

/**
 * Each table of curated mirrors raw: `…/current/dt=2026-11-22/20261122T050000Z.json` becomes
 * `…/current/dt=2026-11-22/20261122T050000Z.parquet`. Any other name (in a subfolder, without `.json`, or one that Athena
 * hides or refuses) keeps a readable part and gets a digest of the raw key. So does a name that looks as if it had a digest,
 * so two raw objects never share a curated object.
 */
export function curatedKey(parsed: DatedKey, table: Table): string {
  const { key, day } = parsed;
  const folder = folderOf(parsed, day);
  const name = key.slice(folder.length);
  const isKept = key.startsWith(folder) && isMirrored(name);
  return `${table.name}/dt=${day}/${isKept ? name.replace(/\.json$/, '') : digestedName(key)}.parquet`;
}

/** A day of a table: what compact makes one object of. */
export interface TableDay {
  readonly dataset: Dataset;
  readonly table: Table;
  readonly day: Day;
}

/** `weatherapi/current/dt=2026-11-22/`: where its parts are in curated, and its one object in compacted. */
export function dayPrefix({ table, day }: Pick<TableDay, 'table' | 'day'>): string {
  return `${table.name}/dt=${day}/`;
}

export function compactedKey(of: Pick<TableDay, 'table' | 'day'>): string {
  return `${dayPrefix(of)}day.parquet`;
}

/**
 * The day that a curated key, or the prefix of a day, belongs to.
 * @throws {PermanentError} `unknown-table` when no table has this prefix, or the `dt=` folder is not a date
 */
export function tableDayOf(curatedKey: string): TableDay {
  for (const dataset of datasets) {
    const table = dataset.tables.find(({ name }) => curatedKey.startsWith(`${name}/dt=`));
    const day = table && /^([^/]*)\//.exec(curatedKey.slice(`${table.name}/dt=`.length))?.[1];
    if (table && day !== undefined && isDay(day)) return { dataset, table, day };
  }
  throw new PermanentError(
    'unknown-table',
    `"${curatedKey}" is not under a day of a table. Nothing but convert should write to curated: remove the object. Then: npx tdf dead-letters redrive`,
  );
}

/** Undefined where `tableDayOf` throws. */
export function parsedDay(curatedKey: string): TableDay | undefined {
  return orUndefined(() => tableDayOf(curatedKey));
}

/** The curated objects of a raw object, one per table of its dataset. */
export function curatedKeys(parsed: DatedKey): string[] {
  return parsed.dataset.tables.map((table) => curatedKey(parsed, table));
}

/** The same for a raw key; empty when its dataset or its day is not known. */
export function curatedKeysOf(rawKey: string): readonly string[] {
  const parsed = parsedKey(rawKey);
  return parsed?.day === undefined ? [] : curatedKeys({ ...parsed, day: parsed.day });
}

/** Undefined when its dataset is not known, or its `dt=` folder is not a date. */
export function parsedKey(rawKey: string): ParsedKey | undefined {
  return orUndefined(() => parseRawKey(rawKey));
}

function orUndefined<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof PermanentError) return undefined;
    throw error;
  }
}

/** The new key of a file that was dropped without a `dt=` folder. */
export function filedKey(parsed: ParsedKey, day: Day): string {
  return `${folderOf(parsed, day)}${digestedName(parsed.key)}.json`;
}

function folderOf({ dataset }: ParsedKey, day: Day): string {
  return `${dataset.name}/dt=${day}/`;
}

/** A readable part of the name, and 12 digits of the SHA-256 of the whole key. */
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

/** Whether the text is an existing day, such as `2026-11-22`. */
export function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(date.getTime()) && dayOf(date) === text;
}

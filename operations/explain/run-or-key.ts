import type { Dataset } from '../../shared/dataset.ts';
import { datasets } from '../../shared/datasets.ts';
import { type Day, dayOf, givenUpPrefix, isDay, parsedKey, rawKey, runTime } from '../../shared/keys.ts';
import { compactedDay } from '../compact-lines.ts';
import type { LogQuery, MemberIs } from '../logs.ts';

/** What somebody asks about: a run, by its time, or a raw object. */
export type RunOrKey = { readonly time: Date } | { readonly key: string };

/** @throws {Error} when it is neither */
export function parseRunOrKey(text: string): RunOrKey {
  // As `npm start` or a listing prints it, too: with the bucket, or as a path in the state directory.
  const key = text.replace(/^(s3:\/\/[^/]+\/|(.*\/)?s3\/raw\/|raw\/)/, '');
  if (/[/.]/.test(key)) return { key: key.startsWith(givenUpPrefix) ? key.slice(givenUpPrefix.length) : key };
  const time = new Date(
    `${/^[\d-]+T\d\d(Z|$)/.test(text) ? text.replace(/Z?$/, ':00') : text.replace(/Z$/, '')}Z`,
  );
  if (
    !/^\d{4}-\d\d-\d\dT\d\d(:\d\d){0,2}Z?$/.test(text) ||
    Number.isNaN(time.getTime()) ||
    !isDay(text.slice(0, 10))
  )
    throw new Error(
      `Expected the time of a run such as 2026-11-22T05:00Z (UTC), or the key of a raw object such as ${rawKey(datasets[0] as Dataset, new Date('2026-11-22T05:00Z'))}, got "${text}".`,
    );
  return { time };
}

/** The beginnings of the keys that the runs of a time land, for any places. */
export function runPrefixes(time: Date, identity: Dataset['identity'] = 'time'): string[] {
  return datasets
    .filter((dataset) => dataset.identity === identity)
    .map((dataset) => plannedKey(dataset, time).replace(/json$/, ''));
}

/** The days that the runs of a time land objects in. */
export function plannedDays(time: Date, identity: Dataset['identity']): { dataset: Dataset; day: Day }[] {
  return datasets
    .filter((dataset) => dataset.identity === identity)
    .map((dataset) => ({ dataset, day: plannedDay(dataset, time) }));
}

export function compactedDays(days: readonly { readonly dataset: Dataset; readonly day: Day }[]): MemberIs[] {
  return days.flatMap(({ dataset: { tables }, day }) => tables.map((table) => compactedDay({ table, day })));
}

function plannedDay({ identity }: Dataset, time: Date): Day {
  return dayOf(identity === 'time' ? time : new Date(time.getTime() - days));
}

/** The key that a run lands, or the folder if each place is an object of its own. */
export function plannedKey(dataset: Dataset, time: Date): string {
  if (dataset.identity === 'time') return rawKey(dataset, time);
  return `${dataset.name}/dt=${plannedDay(dataset, time)}/`;
}

const days = 86_400_000;

/** The lines about it: those of fetch name the run, those of convert the object, those of compact the table and day. */
export function linesAbout(what: RunOrKey, now: Date): Required<Pick<LogQuery, 'since' | 'any'>> {
  const time = 'time' in what ? what.time : runTime(what.key);
  const { dataset, day } = ('key' in what && parsedKey(what.key)) || {};
  return {
    // A file that was dropped tells no time: as far back as its dead letter would be kept.
    since: time ?? new Date(now.getTime() - 14 * days),
    any: [
      ...(time ? [{ member: 'scheduledTime', text: time.toISOString() }] : []),
      ...(dataset?.identity === 'place-and-day' && day !== undefined ? [{ member: 'day', text: day }] : []),
      ...('key' in what
        ? [{ member: 'rawKey', text: what.key }]
        : runPrefixes(what.time).map((text) => ({ member: 'rawKey', text, isPrefix: true }))),
      ...('key' in what
        ? compactedDays(dataset && day !== undefined ? [{ dataset, day }] : [])
        : compactedDays(plannedDays(what.time, 'time'))),
    ],
  };
}

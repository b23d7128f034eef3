import type { Unexpected } from '../../functions/rows/expectations.ts';
import { tableName } from '../../shared/dataset.ts';
import { parsedKey, runTime } from '../../shared/keys.ts';
import { type RunEnd, runEnded, runStarted } from '../../shared/run-log.ts';
import { counted } from '../counted.ts';
import type { LogLine } from '../logs.ts';
import { placesWithout, type RunStory, runIn } from './run-story.ts';

/** In the order in which the data flows. */
const stations = [
  'fetch',
  'raw',
  'convert',
  'curated',
  'compact',
  'compacted',
  'dead letter',
  'reconcile',
] as const;

export interface StoryEvent {
  readonly at: Date;
  readonly where: (typeof stations)[number];
  readonly what: string;
  readonly isTrouble: boolean;
}

/** The oldest first; within a second, which is as exact as S3 is, in the order in which the data flows. */
export function inOrder(events: readonly StoryEvent[]): StoryEvent[] {
  const second = ({ at }: StoryEvent) => Math.floor(at.getTime() / 1000);
  return events.toSorted(
    (a, b) => second(a) - second(b) || stations.indexOf(a.where) - stations.indexOf(b.where),
  );
}

export function event(
  at: Date | undefined,
  where: StoryEvent['where'],
  what: string,
  isTrouble = false,
): StoryEvent {
  return { at: at ?? new Date(0), where, what, isTrouble };
}

/** Whether a log line is about an object: its run, its conversion, or a day of a table that it belongs to. */
export function isAbout(
  key: string,
  { function: where, members }: LogLine,
  isOfRun: (run: Pick<RunStory, 'dataset' | 'day' | 'time'>) => boolean,
): boolean {
  if (where === 'reconcile' || '_aws' in members) return false;
  if (where === 'convert') return members.rawKey === key;
  if (where === 'compact') {
    const { dataset, day } = parsedKey(key) ?? {};
    return members.day === day && dataset?.tables.some(({ name }) => name === members.table) === true;
  }
  // If a run was for several lists of places, each list has an object of its own.
  const { keys = [] } = members as Partial<RunEnd>;
  return isOfRun(runIn(members)) && (!runTime(key) || keys.length === 0 || keys.includes(key));
}

/** What a log line tells. */
export function eventOf({ function: where, at, members }: LogLine): StoryEvent {
  const isTrouble = members.level === 'WARN' || members.level === 'ERROR';
  const what = whatHappened(String(members.message), members);
  return event(at, where, where === 'compact' ? `${nameOf(members)}: ${what}` : what, isTrouble);
}

function nameOf({ table }: LogLine['members']): string {
  return tableName({ name: String(table) });
}

function whatHappened(message: string, members: Readonly<Record<string, unknown>>): string {
  const { tables, rescuedFields, unexpected, parts, rows, receiveCount, error, code, reason } = members;
  if (message === runStarted) return `began for ${counted(Number(members.places), 'place')}`;
  if (message === runEnded) {
    const end = members as unknown as RunEnd;
    const why = placesWithout(end);
    const what =
      end.outcome === 'landed'
        ? `added ${counted(end.fetched, 'place')}, so that raw has ${end.places}`
        : `ended without data (${end.outcome})`;
    return [what, why].filter(Boolean).join('; ');
  }
  if (isFiled(members)) return `filed as ${members.key}`;
  if (Array.isArray(tables))
    return [
      `converted: ${tables.map(rowsOfTable).join(', ')}; ${counted(Number(rescuedFields), 'value')} rescued`,
      ...((unexpected ?? []) as readonly Unexpected[]).map(notAsExpected),
    ].join('; ');
  if (rows !== undefined && parts !== undefined)
    return `compacted: ${counted(Number(rows), 'row')} of ${counted(Number(parts), 'object')}`;
  if (error !== undefined) {
    const { name, message: why } = error as { name: string; message: string };
    return `try ${receiveCount} failed, and is tried again: ${name}: ${why}`;
  }
  return code === undefined ? message : `gave up: ${code}: ${reason}`;
}

/** Where convert last moved an object without a day. */
export function filedAs(lines: readonly LogLine[], key: string): string | undefined {
  const filed = lines.findLast(({ members }) => members.rawKey === key && isFiled(members));
  return filed && String(filed.members.key);
}

function isFiled({ message, key, rawKey: from }: Readonly<Record<string, unknown>>): boolean {
  return String(message).startsWith('Filed') && key !== undefined && from !== undefined;
}

function notAsExpected({ column, count: times, example }: Unexpected): string {
  return `${counted(times, 'value')} of ${column} not as expected, such as ${JSON.stringify(example)}`;
}

/** "72 rows in weatherapi_forecast_hour" */
function rowsOfTable({ key, rows }: { readonly key: string; readonly rows: number }): string {
  return `${counted(rows, 'row')} in ${tableName({ name: key.replace(/\/dt=.*/s, '') })}`;
}

import type { Readable } from 'node:stream';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import type { Unexpected } from '../../functions/rows/expectations.ts';
import { tableName } from '../../shared/dataset.ts';
import { datasets } from '../../shared/datasets.ts';
import { type DeadLetter, DeadLetters } from '../../shared/dead-letters.ts';
import { expectedRuns } from '../../shared/expected-runs.ts';
import { headObject } from '../../shared/head-object.ts';
import { curatedKeysOf, givenUpPrefix, parsedKey, rawKey, runTime } from '../../shared/keys.ts';
import { listObjects, unquoted } from '../../shared/listing.ts';
import { objectMetadata } from '../../shared/object-metadata.ts';
import { schedulesIn } from '../../shared/outputs.ts';
import { type RunEnd, runEnded, runStarted } from '../../shared/run-log.ts';
import { counted } from '../counted.ts';
import type { LogLine } from '../logs.ts';
import type { Observed } from '../observed.ts';
import { depthOf } from '../status/queue-depth.ts';
import { type RunState, whyNothingLanded } from '../status/run-status.ts';
import { type Fault, faultIn } from './fault.ts';
import { linesAbout, plannedKey, type RunOrKey, runPrefixes } from './run-or-key.ts';
import { placesWithout, type RunStory, runIn, storiesIn } from './run-story.ts';

/**
 * How it is with a raw object. `dead`: convert gave it up. `given-up`: somebody did. `waiting`: for its event, or for
 * convert. `lost`: nothing waits, so its event never came. `gone`: it is not there. `filed`: convert moved it. Of a run that landed nothing it is as
 * `tdf status` has it; `upcoming`: it is not due yet.
 */
export type ObjectState =
  | 'converted'
  | 'waiting'
  | 'lost'
  | 'dead'
  | 'given-up'
  | 'gone'
  | 'filed'
  | 'upcoming'
  | Exclude<RunState, 'landed'>;

/** In the order in which the data flows. */
const stations = ['fetch', 'raw', 'convert', 'curated', 'dead letter'] as const;

export interface StoryEvent {
  readonly at: Date;
  readonly where: (typeof stations)[number];
  readonly what: string;
  readonly isTrouble: boolean;
}

/** What happened to one raw object. */
export interface Story {
  readonly key: string;
  readonly state: ObjectState;
  /** The oldest first. */
  readonly events: readonly StoryEvent[];
  readonly deadLetter: DeadLetter | null;
  /** What the dead letter is about, when that can be shown. */
  readonly fault: Fault | null;
  /** The curated objects that there are. */
  readonly curatedKeys: readonly string[];
  /** Places of its run that fail each time until somebody acts. */
  readonly failedPlaces: readonly string[];
}

/** The stories of a raw object, or of all raw objects that the runs of a time landed, in every dataset. */
export async function explain(observed: Observed, what: RunOrKey, now: Date): Promise<Story[]> {
  const { since, any } = linesAbout(what, now);
  // If each place is an object of its own, `keysOf` knows which belong to the run.
  const days = 'time' in what ? runPrefixes(what.time, 'place-and-day') : [];
  const ofDays = days.map((text) => ({ member: 'rawKey', text, isPrefix: true }));
  const lines = await Array.fromAsync(
    observed.logs.lines({ functions: ['fetch', 'convert'], since, any: [...any, ...ofDays] }),
  );
  const letters = await new DeadLetters(observed.sqs, observed.outputs.DeadLetterQueueUrl).list();
  const stories: Story[] = [];
  for (const key of await keysOf(observed, what, storiesIn(lines)))
    stories.push(await storyOf(observed, key, { lines, letters, now }));
  // A dropped file may have been filed under its day, where its story goes on.
  const [first] = stories;
  const filed = first?.state === 'filed' ? filedAs(lines, first.key) : undefined;
  return filed === undefined ? stories : [...stories, ...(await explain(observed, { key: filed }, now))];
}

async function keysOf(
  { s3, outputs }: Observed,
  what: RunOrKey,
  stories: readonly RunStory[],
): Promise<Iterable<string>> {
  if ('key' in what) return [what.key];
  const { time } = what;
  const keys = new Set<string>();
  for (const prefix of runPrefixes(time)) {
    for await (const { key } of listObjects(s3, outputs.RawBucketName, { prefix }))
      if (runTime(key)) keys.add(key);
  }
  for (const { end } of stories) for (const key of end?.keys ?? []) keys.add(key);
  // For a run that landed nothing, what it should have landed.
  const schedules = schedulesIn(outputs);
  for (const dataset of datasets) {
    const { expression } = schedules.get(dataset.name) ?? {};
    const hasRun =
      (expression !== undefined && expectedRuns(expression, time, time).length > 0) ||
      stories.some((story) => story.dataset === dataset.name);
    if (hasRun && ![...keys].some((key) => key.startsWith(`${dataset.name}/`)))
      keys.add(plannedKey(dataset, time));
  }
  const [first] = datasets;
  return keys.size === 0 && first ? [rawKey(first, time)] : keys;
}

async function storyOf(
  { s3, sqs, outputs, deployedAt }: Observed,
  key: string,
  { lines, letters, now }: { lines: readonly LogLine[]; letters: readonly DeadLetter[]; now: Date },
): Promise<Story> {
  const deadLetter = letters.findLast((letter) => letter.key === key) ?? null;
  const raw = await headObject(s3, outputs.RawBucketName, key);
  const parsed = parsedKey(key);
  const targets = curatedKeysOf(key);
  const curated = await pMap(targets, (target) => headObject(s3, outputs.CuratedBucketName, target));
  const isMadeOfRaw = (object: (typeof curated)[number]) =>
    raw !== undefined && object?.Metadata?.[objectMetadata.rawEtag] === unquoted(raw.ETag ?? '');
  const isCurrent = targets.length > 0 && curated.every(isMadeOfRaw);

  const time = runTime(key);
  const isOfRun = ({ dataset, day, time: scheduled }: Pick<RunStory, 'dataset' | 'day' | 'time'>) =>
    dataset === parsed?.dataset.name &&
    (time ? scheduled.getTime() === time.getTime() : day !== undefined && day === parsed.day);
  const run = storiesIn(lines).findLast(isOfRun);
  const end = run?.end;

  const state = async (): Promise<ObjectState> => {
    if (!raw && filedAs(lines, key) !== undefined) return 'filed';
    if (deadLetter) return 'dead';
    if (!raw) {
      if (await headObject(s3, outputs.RawBucketName, givenUpPrefix + key)) return 'given-up';
      const scheduled = time ?? run?.time;
      if (!scheduled || end?.outcome === 'landed') return 'gone';
      if (scheduled > now && !run) return 'upcoming';
      const known = { now, deployedAt, story: run, isLogKnown: true };
      return whyNothingLanded({ from: scheduled, to: scheduled }, known).state;
    }
    if (isCurrent) return 'converted';
    const { waiting, inFlight } = await depthOf(sqs, outputs.QueueUrl);
    return waiting + inFlight > 0 ? 'waiting' : 'lost';
  };
  const events: StoryEvent[] = lines.flatMap((line) => eventOf(line, key, isOfRun));
  if (raw) {
    const { tries } = raw.Metadata ?? {};
    const after = tries === undefined ? '' : `, after ${tries} ${tries === '1' ? 'request' : 'requests'}`;
    events.push(event(raw.LastModified, 'raw', `written: ${raw.ContentLength} bytes${after}`));
  }
  for (const [index, table] of (parsed?.dataset.tables ?? []).entries()) {
    const object = curated[index];
    if (!object) continue;
    const stale = raw && !isMadeOfRaw(object) ? ', of an earlier version of the raw object' : '';
    const what = `${tableName(table)} written: ${object.ContentLength} bytes${stale}`;
    events.push(event(object.LastModified, 'curated', what));
  }
  if (deadLetter) {
    const { sentAt, code, reason } = deadLetter;
    events.push(event(sentAt, 'dead letter', `${code}: ${reason}`, true));
  }
  return {
    key,
    state: await state(),
    events: events.sort(
      (a, b) => second(a.at) - second(b.at) || stations.indexOf(a.where) - stations.indexOf(b.where),
    ),
    deadLetter,
    fault:
      deadLetter && raw && Number(raw.LastModified) <= deadLetter.sentAt.getTime()
        ? await readFault(s3, outputs.RawBucketName, key, deadLetter.reason)
        : null,
    curatedKeys: targets.filter((_, index) => curated[index]),
    failedPlaces: raw && end?.keys.includes(key) ? end.failed.map(({ location }) => location) : [],
  };
}

/** S3 tells no more of a time. */
function second(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}

function event(
  at: Date | undefined,
  where: StoryEvent['where'],
  what: string,
  isTrouble = false,
): StoryEvent {
  return { at: at ?? new Date(0), where, what, isTrouble };
}

function eventOf(
  { function: where, at, members }: LogLine,
  key: string,
  isOfRun: (run: Pick<RunStory, 'dataset' | 'day' | 'time'>) => boolean,
): StoryEvent[] {
  if (where === 'reconcile' || '_aws' in members) return [];
  const { message, level } = members;
  if (where === 'convert' ? members.rawKey !== key : !isOfRun(runIn(members))) return [];
  // Of a run for several lists of places, each has an object of its own.
  const { keys = [] } = members as Partial<RunEnd>;
  if (runTime(key) && keys.length > 0 && !keys.includes(key)) return [];
  const isTrouble = level === 'WARN' || level === 'ERROR';
  return [event(at, where, whatHappened(String(message), members), isTrouble)];
}

function whatHappened(message: string, members: Readonly<Record<string, unknown>>): string {
  const { tables, rescuedFields, unexpected, receiveCount, error, code, reason } = members;
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
  if (error !== undefined) {
    const { name, message: why } = error as { name: string; message: string };
    return `try ${receiveCount} failed, and is tried again: ${name}: ${why}`;
  }
  return code === undefined ? message : `gave up: ${code}: ${reason}`;
}

/** Where convert last moved an object without a day. */
function filedAs(lines: readonly LogLine[], key: string): string | undefined {
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

async function readFault(s3: S3Client, Bucket: string, Key: string, reason: string): Promise<Fault | null> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  const body = Body as Readable;
  try {
    return (await faultIn(body, reason)) ?? null;
  } finally {
    body.destroy();
  }
}

import type { Readable } from 'node:stream';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { datasets } from '../../shared/datasets.ts';
import { type DeadLetter, DeadLetters } from '../../shared/dead-letters.ts';
import { headObject } from '../../shared/head-object.ts';
import { curatedKeyOf, givenUpPrefix, rawKey, runTime } from '../../shared/keys.ts';
import { listObjects, unquoted } from '../../shared/listing.ts';
import { objectMetadata } from '../../shared/object-metadata.ts';
import { type RunEnd, runEnded, runStarted } from '../../shared/run-log.ts';
import type { LogLine } from '../logs.ts';
import type { Observed } from '../observed.ts';
import { depthOf, type RunState, whyNothingLanded } from '../status.ts';
import { type Fault, faultIn } from './fault.ts';
import { linesAbout, type RunOrKey, runPrefixes } from './run-or-key.ts';
import { placesWithout, storiesIn } from './run-story.ts';

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
  readonly curatedKey: string | null;
  /** Places of its run that fail each time until somebody acts. */
  readonly failedPlaces: readonly string[];
}

/** The stories of a raw object, or of all those that a run landed: one, unless it ran for several lists of places. */
export async function explain(observed: Observed, what: RunOrKey, now: Date): Promise<Story[]> {
  const lines = await Array.fromAsync(
    observed.logs.lines({ functions: ['fetch', 'convert'], ...linesAbout(what, now) }),
  );
  const letters = await new DeadLetters(observed.sqs, observed.outputs.DeadLetterQueueUrl).list();
  const stories: Story[] = [];
  for (const key of await keysOf(observed, what))
    stories.push(await storyOf(observed, key, { lines, letters, now }));
  // A dropped file may have been filed under its day, where its story goes on.
  const [first] = stories;
  const filed = first?.state === 'filed' ? filedAs(lines, first.key) : undefined;
  return filed === undefined ? stories : [...stories, ...(await explain(observed, { key: filed }, now))];
}

async function keysOf({ s3, outputs }: Observed, what: RunOrKey): Promise<string[]> {
  if ('key' in what) return [what.key];
  const keys: string[] = [];
  for (const prefix of runPrefixes(what.time)) {
    for await (const { key } of listObjects(s3, outputs.RawBucketName, { prefix }))
      if (runTime(key)) keys.push(key);
  }
  return keys.length > 0 ? keys : datasets.slice(0, 1).map((dataset) => rawKey(dataset, what.time));
}

async function storyOf(
  { s3, sqs, outputs, deployedAt }: Observed,
  key: string,
  { lines, letters, now }: { lines: readonly LogLine[]; letters: readonly DeadLetter[]; now: Date },
): Promise<Story> {
  const deadLetter = letters.findLast((letter) => letter.key === key) ?? null;
  const raw = await headObject(s3, outputs.RawBucketName, key);
  const target = curatedKeyOf(key);
  const curated = target === undefined ? undefined : await headObject(s3, outputs.CuratedBucketName, target);
  const isCurrent =
    raw !== undefined && curated?.Metadata?.[objectMetadata.rawEtag] === unquoted(raw.ETag ?? '');

  const time = runTime(key);
  const run = storiesIn(lines).find((each) => each.time.getTime() === time?.getTime());
  const end = run?.end;

  const state = async (): Promise<ObjectState> => {
    if (!raw && filedAs(lines, key) !== undefined) return 'filed';
    if (deadLetter) return 'dead';
    if (!raw) {
      if (await headObject(s3, outputs.RawBucketName, givenUpPrefix + key)) return 'given-up';
      if (!time || end?.outcome === 'landed') return 'gone';
      if (time > now && !run) return 'upcoming';
      const known = { now, deployedAt, story: run, isLogKnown: true };
      return whyNothingLanded({ from: time, to: time }, known).state;
    }
    if (isCurrent) return 'converted';
    const { waiting, inFlight } = await depthOf(sqs, outputs.QueueUrl);
    return waiting + inFlight > 0 ? 'waiting' : 'lost';
  };
  const events: StoryEvent[] = lines.flatMap((line) => eventOf(line, key));
  if (raw) {
    const { tries } = raw.Metadata ?? {};
    const after = tries === undefined ? '' : `, after ${tries} ${tries === '1' ? 'request' : 'requests'}`;
    events.push(event(raw.LastModified, 'raw', `written: ${raw.ContentLength} bytes${after}`));
  }
  if (curated) {
    const stale = raw && !isCurrent ? ', of an earlier version of the raw object' : '';
    events.push(event(curated.LastModified, 'curated', `written: ${curated.ContentLength} bytes${stale}`));
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
    curatedKey: curated ? (target ?? null) : null,
    failedPlaces: raw && end?.key === key ? end.failed.map(({ location }) => location) : [],
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

function eventOf({ function: where, at, members }: LogLine, key: string): StoryEvent[] {
  if (where === 'reconcile' || '_aws' in members) return [];
  const { message, level } = members;
  // Of a run for several lists of places, each has an object of its own.
  const of = where === 'convert' ? members.rawKey : (members.key ?? key);
  if (of !== key) return [];
  const isTrouble = level === 'WARN' || level === 'ERROR';
  return [event(at, where, whatHappened(String(message), members), isTrouble)];
}

function whatHappened(message: string, members: Readonly<Record<string, unknown>>): string {
  const { rows, rescuedFields, receiveCount, error, code, reason } = members;
  if (message === runStarted) return `began for ${count(members.places, 'place')}`;
  if (message === runEnded) {
    const end = members as unknown as RunEnd;
    const why = placesWithout(end);
    const landed = `added ${count(end.fetched, 'place')}, so that the raw object has ${end.places}`;
    return [end.outcome === 'landed' ? landed : `ended without data (${end.outcome})`, why]
      .filter(Boolean)
      .join('; ');
  }
  if (isFiled(members)) return `filed as ${members.key}`;
  if (rows !== undefined) return `converted: ${count(rows, 'row')}, ${count(rescuedFields, 'value')} rescued`;
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

function count(number: unknown, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
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

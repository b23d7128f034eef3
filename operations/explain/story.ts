import type { Readable } from 'node:stream';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import { tableName } from '../../shared/dataset.ts';
import type { DeadLetter } from '../../shared/dead-letters.ts';
import { headObject } from '../../shared/head-object.ts';
import { curatedKeysOf, givenUpPrefix, parsedKey, runTime } from '../../shared/keys.ts';
import { unquoted } from '../../shared/listing.ts';
import { objectMetadata } from '../../shared/object-metadata.ts';
import { withoutOthersDays } from '../compact-lines.ts';
import type { LogLine } from '../logs.ts';
import type { Observed } from '../observed.ts';
import { depthOf } from '../status/queue-depth.ts';
import { type RunState, whyNothingLanded } from '../status/run-status.ts';
import type { LookAtDay } from '../status/table-days.ts';
import { type Fault, faultIn } from './fault.ts';
import { type RunStory, storiesIn } from './run-story.ts';
import { daysOf } from './story-days.ts';
import { event, eventOf, filedAs, inOrder, isAbout, type StoryEvent } from './story-events.ts';

/**
 * The state of a raw object. `compacted`: its rows are in the tables. `converted`: a day of a table waits for compact;
 * `day-dead`: compact gave it up; `day-lost`: no message waits. `waiting`: for its event, or for
 * convert; `dead`, `lost`: the same of convert. `given-up`: somebody did. `gone`: it is not there. `filed`: convert moved
 * it. `upcoming`: its run is not due yet. For a run that landed nothing, the state is that of `tdf status`.
 */
export type ObjectState =
  | 'day-dead'
  | 'day-lost'
  | 'waiting'
  | 'lost'
  | 'dead'
  | 'given-up'
  | 'gone'
  | 'filed'
  | 'upcoming'
  | Exclude<RunState, 'landed'>;

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
  /** The compacted objects that have their rows. */
  readonly compactedKeys: readonly string[];
  /** Places of its run that fail each time until somebody acts. */
  readonly failedPlaces: readonly string[];
}

/** What the stories of several objects share. */
interface StorySources {
  readonly lines: readonly LogLine[];
  readonly letters: readonly DeadLetter[];
  readonly look: LookAtDay;
  readonly now: Date;
}

export async function storyOf(
  { s3, sqs, outputs, deployedAt }: Observed,
  key: string,
  { lines, letters, look, now }: StorySources,
): Promise<Story> {
  const raw = await headObject(s3, outputs.RawBucketName, key);
  const parsed = parsedKey(key);
  const targets = curatedKeysOf(key);
  const curated = await pMap(targets, (target) => headObject(s3, outputs.CuratedBucketName, target));
  const isMadeOfRaw = (object: (typeof curated)[number]) =>
    raw !== undefined && object?.Metadata?.[objectMetadata.rawEtag] === unquoted(raw.ETag ?? '');
  const isCurrent = targets.length > 0 && curated.every(isMadeOfRaw);
  const days = parsed?.day === undefined ? [] : await daysOf(look, { ...parsed, day: parsed.day });
  const left = days.filter(({ compacted }) => !compacted).map(({ prefix }) => prefix);
  const deadLetter =
    letters.findLast((letter) => letter.key === key) ??
    letters.findLast(
      (letter) => isCurrent && letter.function === 'compact' && left.includes(letter.key ?? ''),
    ) ??
    null;

  const time = runTime(key);
  const isOfRun = ({ dataset, day, time: scheduled }: Pick<RunStory, 'dataset' | 'day' | 'time'>) =>
    dataset === parsed?.dataset.name &&
    (time ? scheduled.getTime() === time.getTime() : day !== undefined && day === parsed.day);
  const run = storiesIn(lines).findLast(isOfRun);
  const end = run?.end;

  const state = async (): Promise<ObjectState> => {
    if (!raw && filedAs(lines, key) !== undefined) return 'filed';
    if (deadLetter) return deadLetter.function === 'compact' ? 'day-dead' : 'dead';
    if (!raw) {
      if (await headObject(s3, outputs.RawBucketName, givenUpPrefix + key)) return 'given-up';
      const scheduled = time ?? run?.time;
      if (!scheduled || end?.outcome === 'landed') return 'gone';
      if (scheduled > now && !run) return 'upcoming';
      const known = { now, deployedAt, story: run, isLogKnown: true };
      return whyNothingLanded({ from: scheduled, to: scheduled }, known).state;
    }
    if (isCurrent && left.length === 0) return 'compacted';
    const { waiting, inFlight } = await depthOf(sqs, isCurrent ? outputs.CompactQueueUrl : outputs.QueueUrl);
    const waits = waiting + inFlight > 0;
    if (isCurrent) return waits ? 'converted' : 'day-lost';
    return waits ? 'waiting' : 'lost';
  };
  const own = withoutOthersDays(lines.filter((line) => isAbout(key, line, isOfRun)));
  const events: StoryEvent[] = await Array.fromAsync(own, eventOf);
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
  events.push(...days.flatMap(({ compacted }) => compacted ?? []));
  if (deadLetter) {
    const { sentAt, code, reason } = deadLetter;
    events.push(event(sentAt, 'dead letter', `${code}: ${reason}`, true));
  }
  return {
    key,
    state: await state(),
    events: inOrder(events),
    deadLetter,
    fault:
      deadLetter?.function === 'convert' && raw && Number(raw.LastModified) <= deadLetter.sentAt.getTime()
        ? await readFault(s3, outputs.RawBucketName, key, deadLetter.reason)
        : null,
    curatedKeys: targets.filter((_, index) => curated[index]),
    compactedKeys: days.filter(({ compacted }) => compacted).map((day) => day.key),
    failedPlaces: raw && end?.keys.includes(key) ? end.failed.map(({ location }) => location) : [],
  };
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

import { HeadObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import pMap from 'p-map';
import type { Dataset } from '../shared/dataset.ts';
import { type ExpectedRun, expectedRuns } from '../shared/expected-runs.ts';
import { curatedKey, dayOf, runTime } from '../shared/keys.ts';
import { objectMetadata } from '../shared/object-metadata.ts';
import type { Outputs } from '../shared/outputs.ts';
import { placesWithout, type RunStory, runStories } from './explain/run-story.ts';
import type { Logs } from './logs.ts';
import type { AlarmStatus, Observed } from './observed.ts';

/**
 * `converted`: there is a raw and a curated object. `landed`: only the raw one; its message waits, or died.
 * Nothing landed: `skipped`, for what passes by itself; `failed`, for what does not; `missing`, as fetch never began;
 * `due`, as the run may still be at it; `not-deployed`, as there was no pipeline yet.
 */
export type RunState = 'converted' | 'landed' | 'skipped' | 'failed' | 'missing' | 'due' | 'not-deployed';

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  readonly writtenAt: Date;
}

export interface RunStatus {
  /** When it was scheduled: the same instant twice for `cron`, an interval for `rate`. UTC. */
  readonly expected: ExpectedRun;
  readonly state: RunState;
  /** Why it is so, or why places are missing; null when all is well, or nobody knows. */
  readonly reason: string | null;
  readonly raw:
    | (StoredObject & {
        /** Places whose data came, and places without; null for an object that fetch did not write. */
        readonly places: number | null;
        readonly placesMissing: number | null;
        /** False when they are other places than the configured ones. */
        readonly isConfigured: boolean;
        /** Objects of the same time for other places. */
        readonly byHand: number;
      })
    | null;
  readonly curated: StoredObject | null;
}

export interface PipelineStatus {
  /** Oldest first. */
  readonly runs: readonly RunStatus[];
  /** Messages between raw and curated. SQS counts approximately. */
  readonly queue: { readonly waiting: number; readonly inFlight: number };
  readonly deadLetters: number;
  readonly alarms: readonly AlarmStatus[];
  /** What could not be looked at, and why. */
  readonly unknown: readonly string[];
  /** What somebody has to do something about; empty when all is well, or passes by itself. */
  readonly needs: readonly Need[];
}

export type Need =
  | { readonly kind: 'alarm'; readonly alarm: AlarmStatus }
  | { readonly kind: 'dead-letters'; readonly count: number }
  /** The newest run that is over, when it failed or never began: what comes next will do the same. */
  | { readonly kind: 'run'; readonly run: RunStatus };

/** A run has three tries of its own and Scheduler's, all within this time: no gap before, in milliseconds. */
const grace = 15 * 60_000;
const hour = 3_600_000;
/** Runs of which convert's log is asked: what a filter has room for. */
const askedKeys = 10;
/** Requests at the same time. */
const concurrency = 10;

/** How the runs of the last hours went: one listing a day, one HEAD a run, and what fetch and convert logged. */
export async function pipelineStatus(
  observed: Observed,
  dataset: Dataset,
  { hours, now }: { readonly hours: number; readonly now: Date },
): Promise<PipelineStatus> {
  const { s3, sqs, outputs, logs, deployedAt } = observed;
  const since = new Date(now.getTime() - hours * hour);
  const unknown: string[] = [];
  const known = <T>(what: string, work: Promise<T>, otherwise: T) =>
    work.catch((error: Error) => {
      unknown.push(`${what}: ${error.message}`);
      return otherwise;
    });
  const [raw, curated, queue, dead, stories, alarms] = await Promise.all([
    listDays(s3, outputs.RawBucketName, dataset, since, now),
    listDays(s3, outputs.CuratedBucketName, dataset, since, now),
    depthOf(sqs, outputs.QueueUrl),
    depthOf(sqs, outputs.DeadLetterQueueUrl),
    known('the log of fetch', runStories(logs, since), undefined),
    known('the alarms', observed.alarms(), []),
  ]);
  const curatedByKey = new Map(curated.map((object) => [object.key, object]));
  const landed = landedRuns(raw);

  let next = 0;
  const runs = await pMap(
    expectedRuns(outputs.ScheduleExpression, since, now).map((run) => {
      while (at(landed[next]) < run.from.getTime()) next += 1;
      const found = landed[next];
      return { run, found: at(found) <= run.to.getTime() ? found : undefined };
    }),
    async ({ run, found }): Promise<RunStatus> => {
      const story = stories?.find(({ time }) => time >= run.from && time <= run.to);
      if (!found) {
        const isLogKnown = stories !== undefined;
        const why = whyNothingLanded(run, { now, deployedAt, story, isLogKnown });
        return { expected: run, ...why, raw: null, curated: null };
      }
      const stored = await scheduledObject(s3, outputs, found.objects);
      const key = curatedKey({ key: stored.key, dataset, day: dayOf(found.time) });
      const written = curatedByKey.get(key) ?? null;
      return {
        expected: run,
        state: written ? 'converted' : 'landed',
        reason: stored.placesMissing ? (story?.end && placesWithout(story.end)) || null : null,
        raw: stored,
        curated: written,
      };
    },
    { concurrency },
  );
  const explained = await known('the log of convert', withLastWords(runs, logs, since), runs);
  const deadLetters = dead.waiting + dead.inFlight;
  return {
    runs: explained,
    queue,
    deadLetters,
    alarms,
    unknown,
    needs: needsOf(explained, alarms, deadLetters),
  };
}

function needsOf(
  runs: readonly RunStatus[],
  alarms: readonly AlarmStatus[],
  deadLetters: number,
): readonly Need[] {
  const ringing = alarms.filter(({ state }) => state === 'ALARM');
  const last = runs.findLast(({ state }) => state !== 'due');
  return [
    ...ringing.map((alarm) => ({ kind: 'alarm' as const, alarm })),
    // Unless the alarm about them says so already.
    ...(deadLetters > 0 && !ringing.some(({ name }) => name.endsWith('-DeadLetters'))
      ? [{ kind: 'dead-letters' as const, count: deadLetters }]
      : []),
    ...(last?.state === 'failed' || last?.state === 'missing' ? [{ kind: 'run' as const, run: last }] : []),
  ];
}

/** What there is to know of a run without a raw object. */
interface Unlanded {
  readonly now: Date;
  readonly deployedAt: Date;
  readonly story: RunStory | undefined;
  readonly isLogKnown: boolean;
}

export function whyNothingLanded(
  run: ExpectedRun,
  { now, deployedAt, story, isLogKnown }: Unlanded,
): { readonly state: Exclude<RunState, 'converted' | 'landed'>; readonly reason: string | null } {
  // A run of an earlier hour may have begun just now.
  const last = Math.max(run.to.getTime(), story && !story.end ? story.at.getTime() : 0);
  if (last > now.getTime() - grace) return { state: 'due', reason: null };
  if (story?.end) {
    const { outcome } = story.end;
    return {
      state: outcome === 'skipped' ? 'skipped' : 'failed',
      reason: placesWithout(story.end),
    };
  }
  if (story) return { state: 'failed', reason: 'began and did not end: time-out, memory or a crash' };
  if (run.to < deployedAt) return { state: 'not-deployed', reason: 'before the first deploy' };
  return { state: 'missing', reason: isLogKnown ? 'never started' : null };
}

/** What convert last said of each run that is not converted. */
async function withLastWords(
  runs: readonly RunStatus[],
  logs: Logs,
  since: Date,
): Promise<readonly RunStatus[]> {
  const keys = runs
    .flatMap(({ state, raw }) => (state === 'landed' && raw ? [raw.key] : []))
    .slice(-askedKeys);
  if (keys.length === 0) return runs;
  const any = keys.map((text) => ({ member: 'rawKey', text }));
  const words = new Map<string, string>();
  for await (const { members } of logs.lines({ functions: ['convert'], since, any })) {
    const { rawKey, code, reason, error } = members as {
      readonly [name: string]: string | undefined;
    } & { readonly error?: { readonly name: string; readonly message: string } };
    if (code !== undefined) words.set(String(rawKey), `${code}: ${reason}`);
    else if (error) words.set(String(rawKey), `is tried again after ${error.name}: ${error.message}`);
  }
  return runs.map((run) =>
    run.state === 'landed' ? { ...run, reason: words.get(run.raw?.key ?? '') ?? run.reason } : run,
  );
}

interface LandedRun {
  readonly time: Date;
  /** One for each list of places. */
  readonly objects: readonly StoredObject[];
}

function at(run: LandedRun | undefined): number {
  return run ? run.time.getTime() : Number.POSITIVE_INFINITY;
}

/** What runs landed, oldest first; not what was dropped beside it. */
function landedRuns(objects: readonly StoredObject[]): LandedRun[] {
  const byTime = Map.groupBy(objects, ({ key }) => runTime(key)?.getTime());
  return [...byTime]
    .flatMap(([time, landed]) => (time === undefined ? [] : [{ time: new Date(time), objects: landed }]))
    .sort((a, b) => at(a) - at(b));
}

/** The object of the schedule's run: that of the configured places, else the one that landed first. */
async function scheduledObject(
  s3: S3Client,
  { RawBucketName, PlacesList }: Outputs,
  objects: readonly StoredObject[],
): Promise<NonNullable<RunStatus['raw']>> {
  const looked = await pMap(objects, async (object) => {
    const { list, ...places } = await placesOf(s3, RawBucketName, object.key);
    return { ...object, ...places, isConfigured: list === undefined || list === PlacesList };
  });
  // The first list of a time has the shortest key.
  const rank = ({ isConfigured, key }: (typeof looked)[number]) => (isConfigured ? 0 : key.length);
  const scheduled = looked.reduce((best, other) => (rank(other) < rank(best) ? other : best));
  return { ...scheduled, byHand: objects.length - 1 };
}

/** What lies in the `dt=` folders of these days, UTC. */
async function listDays(
  client: S3Client,
  Bucket: string,
  { name }: Dataset,
  from: Date,
  to: Date,
): Promise<StoredObject[]> {
  const days: string[] = [];
  for (let day = Date.parse(dayOf(from)); day <= to.getTime(); day += 24 * hour)
    days.push(dayOf(new Date(day)));
  const listings = await pMap(
    days,
    async (day) => {
      const objects: StoredObject[] = [];
      for await (const { Contents = [] } of paginateListObjectsV2(
        { client },
        { Bucket, Prefix: `${name}/dt=${day}/` },
      )) {
        for (const { Key = '', Size = 0, LastModified = new Date(0) } of Contents) {
          objects.push({ key: Key, bytes: Size, writtenAt: LastModified });
        }
      }
      return objects;
    },
    { concurrency },
  );
  return listings.flat();
}

async function placesOf(s3: S3Client, Bucket: string, Key: string) {
  const { Metadata = {} } = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  const number = (text: string | undefined) => (text === undefined ? null : Number(text));
  return {
    places: number(Metadata[objectMetadata.places]),
    placesMissing: number(Metadata[objectMetadata.placesMissing]),
    list: Metadata[objectMetadata.placesList],
  };
}

export async function depthOf(sqs: SQSClient, QueueUrl: string) {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesDelayed',
        'ApproximateNumberOfMessagesNotVisible',
      ],
    }),
  );
  const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesDelayed } = Attributes;
  return {
    waiting: Number(ApproximateNumberOfMessages ?? 0) + Number(ApproximateNumberOfMessagesDelayed ?? 0),
    inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
  };
}

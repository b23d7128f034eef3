import { HeadObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import pMap from 'p-map';
import type { Dataset } from '../shared/dataset.ts';
import { type ExpectedRun, expectedRuns } from '../shared/expected-runs.ts';
import { curatedKey, dayOf, rawKey } from '../shared/keys.ts';
import type { Outputs } from '../shared/outputs.ts';

/**
 * `converted`: there is a raw and a curated object. `landed`: only the raw one; its message waits, or died.
 * `missing`: nothing landed. `due`: nothing landed yet, but the run may still be at it.
 */
export type RunState = 'converted' | 'landed' | 'missing' | 'due';

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  readonly writtenAt: Date;
}

export interface RunStatus {
  /** When it was scheduled: the same instant twice for `cron`, an interval for `rate`. UTC. */
  readonly expected: ExpectedRun;
  readonly state: RunState;
  readonly raw:
    | (StoredObject & {
        /** Places whose data came, and places without; null for an object that fetch did not write. */
        readonly places: number | null;
        readonly placesMissing: number | null;
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
}

/** A run has three tries of its own and Scheduler's, all within this time: no gap before, in milliseconds. */
const grace = 15 * 60_000;
const hour = 3_600_000;
/** Requests at the same time. */
const concurrency = 10;

/** How the runs of the last hours went, from what lies in the buckets: one listing a day, one HEAD a run. */
export async function pipelineStatus(
  clients: { readonly s3: S3Client; readonly sqs: SQSClient },
  outputs: Outputs,
  dataset: Dataset,
  { hours, now }: { readonly hours: number; readonly now: Date },
): Promise<PipelineStatus> {
  const since = new Date(now.getTime() - hours * hour);
  const expected = expectedRuns(outputs.ScheduleExpression, since, now);
  const [raw, curated, queue, dead] = await Promise.all([
    listDays(clients.s3, outputs.RawBucketName, dataset, since, now),
    listDays(clients.s3, outputs.CuratedBucketName, dataset, since, now),
    depthOf(clients.sqs, outputs.QueueUrl),
    depthOf(clients.sqs, outputs.DeadLetterQueueUrl),
  ]);
  const curatedByKey = new Map(curated.map((object) => [object.key, object]));
  const landed = landedRuns(raw, dataset);

  let next = 0;
  const runs = await pMap(
    expected.map((run) => {
      while (at(landed[next]) < run.from.getTime()) next += 1;
      const found = landed[next];
      return { run, found: at(found) <= run.to.getTime() ? found : undefined };
    }),
    async ({ run, found }): Promise<RunStatus> => {
      if (!found) {
        const state = run.to.getTime() > now.getTime() - grace ? 'due' : 'missing';
        return { expected: run, state, raw: null, curated: null };
      }
      const key = curatedKey({ key: found.object.key, dataset, day: dayOf(found.time) });
      const written = curatedByKey.get(key) ?? null;
      return {
        expected: run,
        state: written ? 'converted' : 'landed',
        raw: { ...found.object, ...(await placesOf(clients.s3, outputs.RawBucketName, found.object.key)) },
        curated: written,
      };
    },
    { concurrency },
  );
  return {
    runs,
    queue,
    deadLetters: dead.waiting + dead.inFlight,
  };
}

interface LandedRun {
  readonly time: Date;
  readonly object: StoredObject;
}

function at(run: LandedRun | undefined): number {
  return run ? run.time.getTime() : Number.POSITIVE_INFINITY;
}

/** The objects that runs landed, oldest first; not what was dropped beside them. */
function landedRuns(objects: readonly StoredObject[], dataset: Dataset): LandedRun[] {
  return objects
    .flatMap((object) => {
      const stamp = /\/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.json$/.exec(object.key);
      if (!stamp) return [];
      const [, year, month, day, hours, minutes, seconds] = stamp;
      const time = new Date(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
      const isRun = !Number.isNaN(time.getTime()) && rawKey(dataset, time) === object.key;
      return isRun ? [{ time, object }] : [];
    })
    .sort((a, b) => at(a) - at(b));
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
  return { places: number(Metadata.places), placesMissing: number(Metadata['places-missing']) };
}

async function depthOf(sqs: SQSClient, QueueUrl: string) {
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

import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import type { Dataset } from '../../shared/dataset.ts';
import type { ExpectedRun } from '../../shared/expected-runs.ts';
import { dayOf, runTime } from '../../shared/keys.ts';
import { objectMetadata } from '../../shared/object-metadata.ts';
import type { DatasetSchedule } from '../../shared/outputs.ts';
import { placesWithout } from '../explain/run-story.ts';
import type { Observed } from '../observed.ts';
import { type RunStatus, type Surroundings, whyNothingLanded } from './run-status.ts';
import { concurrency, listDays, type StoredObject, stored } from './stored-objects.ts';
import { lookAtDays, progressOf } from './table-days.ts';

/** The runs of a dataset in which a run is one object. Takes one listing per day, one HEAD per run, and those of `lookAtDay`. */
export async function runsByTime(
  observed: Pick<Observed, 's3' | 'outputs'>,
  dataset: Dataset,
  expected: readonly ExpectedRun[],
  schedule: DatasetSchedule,
  { now, deployedAt, stories }: Surroundings,
): Promise<RunStatus[]> {
  const [first] = expected;
  if (!first) return [];
  const { s3, outputs } = observed;
  const [from, to] = [dayOf(first.from), dayOf(now)];
  const [raw, days] = await Promise.all([
    listDays(s3, outputs.RawBucketName, dataset, from, to),
    lookAtDays(observed, dataset, from, to),
  ]);
  const runs = landedRuns(raw);

  let next = 0;
  return pMap(
    expected.map((run) => {
      while (at(runs[next]) < run.from.getTime()) next += 1;
      const found = runs[next];
      return { run, found: at(found) <= run.to.getTime() ? found : undefined };
    }),
    async ({ run, found }): Promise<RunStatus> => {
      const story = stories?.find(
        ({ dataset: name, time }) => name === dataset.name && time >= run.from && time <= run.to,
      );
      const about = { expected: run, day: null, lacking: [] };
      if (!found) {
        const isLogKnown = stories !== undefined;
        const why = whyNothingLanded(run, { now, deployedAt, story, isLogKnown });
        return { ...about, ...why, raw: null, curated: null };
      }
      const landed = await scheduledObject(s3, outputs.RawBucketName, found.objects, schedule);
      const { state, parts } = progressOf(days, { key: landed.key, dataset, day: dayOf(found.time) });
      return {
        ...about,
        state,
        reason: landed.placesMissing ? (story?.end && placesWithout(story.end)) || null : null,
        raw: landed,
        curated: parts[0] ? stored(parts[0]) : null,
      };
    },
    { concurrency },
  );
}

export interface LandedRun {
  readonly time: Date;
  /** One for each list of places. */
  readonly objects: readonly StoredObject[];
}

function at(run: LandedRun | undefined): number {
  return run ? run.time.getTime() : Number.POSITIVE_INFINITY;
}

/** What runs landed, oldest first, without dropped files. */
export function landedRuns(objects: readonly StoredObject[]): LandedRun[] {
  const byTime = Map.groupBy(objects, ({ key }) => runTime(key)?.getTime());
  return [...byTime]
    .flatMap(([time, landed]) => (time === undefined ? [] : [{ time: new Date(time), objects: landed }]))
    .sort((a, b) => at(a) - at(b));
}

/** The object of the schedule's run: that of the configured places, else the one that landed first. */
async function scheduledObject(
  s3: S3Client,
  bucket: string,
  objects: readonly StoredObject[],
  { placesList }: DatasetSchedule,
): Promise<NonNullable<RunStatus['raw']>> {
  const looked = await pMap(objects, async (object) => {
    const { list, ...places } = await placesOf(s3, bucket, object.key);
    return { ...object, ...places, isConfigured: list === undefined || list === placesList };
  });
  // The first list of a time has the shortest key.
  const rank = ({ isConfigured, key }: (typeof looked)[number]) => (isConfigured ? 0 : key.length);
  const scheduled = looked.reduce((best, other) => (rank(other) < rank(best) ? other : best));
  return { ...scheduled, byHand: objects.length - 1 };
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

import type { Dataset } from '../../shared/dataset.ts';
import { lastDayOver } from '../../shared/days.ts';
import type { ExpectedRun } from '../../shared/expected-runs.ts';
import type { Day } from '../../shared/keys.ts';
import { placesByName } from '../backfill/plan.ts';
import { placesWithout } from '../explain/run-story.ts';
import type { Observed } from '../observed.ts';
import { isOver, type RunStatus, type Surroundings, whyNothingLanded } from './run-status.ts';
import { listDays, type StoredObject, stored } from './stored-objects.ts';
import { type ContentByDay, lookAtDays, type Progress, progressOf } from './table-days.ts';

/**
 * The days that the runs of a dataset asked for, if each place's day is an object. Takes one listing per day, and those of
 * `lookAtDay`.
 * @param configured the places; undefined when nobody knows
 */
export async function runsByDay(
  observed: Pick<Observed, 's3' | 'outputs'>,
  dataset: Dataset,
  expected: readonly ExpectedRun[],
  configured: readonly string[] | undefined,
  surroundings: Surroundings,
): Promise<RunStatus[]> {
  const days = daysAskedFor(expected);
  const [from, to] = [days[0]?.[0], days.at(-1)?.[0]];
  if (from === undefined || to === undefined) return [];
  const { s3, outputs } = observed;
  const [raw, content] = await Promise.all([
    listDays(s3, outputs.RawBucketName, dataset, from, to),
    lookAtDays(observed, dataset, from, to),
  ]);
  return runsOfDays(dataset, days, configured, { raw, content }, surroundings);
}

/** If several runs ask for a day, the last one counts. */
export function daysAskedFor(
  expected: readonly ExpectedRun[],
): readonly (readonly [day: Day, run: ExpectedRun])[] {
  return [...new Map(expected.map((run) => [lastDayOver(run.to), run]))];
}

/** The same as `runsByDay`, by what is known to be stored. */
export function runsOfDays(
  dataset: Dataset,
  days: ReturnType<typeof daysAskedFor>,
  configured: readonly string[] | undefined,
  { raw, content }: { readonly raw: readonly StoredObject[]; readonly content: ContentByDay },
  { now, deployedAt, stories }: Surroundings,
): RunStatus[] {
  const places = configured && placesByName(dataset, configured);
  const rawByDay = Map.groupBy(raw, dayIn);

  return days.map(([day, run]): RunStatus => {
    const objects = rawByDay.get(day) ?? [];
    // If the configured places are unknown, every object counts as one of theirs.
    const ofPlaces = objects.filter(({ key }) => places === undefined || places.has(nameOf(key)));
    const story = stories?.findLast((each) => each.dataset === dataset.name && each.day === day);
    const isConfigured = ofPlaces.length > 0 || story?.end?.outcome !== 'landed';
    const own = isConfigured ? ofPlaces : objects;
    const names = new Set(own.map(({ key }) => nameOf(key)));
    const without = [...(places ?? [])].flatMap(([name, place]) => (names.has(name) ? [] : [place]));
    const about = { expected: run, day };
    if (own.length === 0) {
      const isLogKnown = stories !== undefined;
      const why = whyNothingLanded(run, { now, deployedAt, story, isLogKnown });
      const isLacking = why.state !== 'due' && why.state !== 'not-deployed';
      return { ...about, ...why, lacking: isLacking ? without : [], raw: null, curated: null };
    }
    const progress = own.map(({ key }) => progressOf(content, { key, dataset, day }));
    const curated = progress.flatMap(({ parts: [first] }) => (first ? [stored(first)] : []));
    const lacking = isOver(run, now) && (isConfigured || run.to >= deployedAt) ? without : [];
    return {
      ...about,
      state: leastOf(progress.map(({ state }) => state)),
      reason: lacking.length > 0 ? (story?.end && placesWithout(story.end)) || null : null,
      lacking,
      raw: {
        ...together(`${dataset.name}/dt=${day}/`, own),
        places: own.length,
        placesMissing: isConfigured ? without.length : 0,
        isConfigured,
        byHand: objects.length - own.length,
      },
      curated: curated[0] ? together(folderOf(curated[0].key), curated) : null,
    };
  });
}

function together(key: string, objects: readonly StoredObject[]): StoredObject {
  return {
    key,
    bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
    writtenAt: new Date(Math.max(...objects.map(({ writtenAt }) => writtenAt.getTime()))),
  };
}

function leastOf(states: readonly Progress[]): Progress {
  const inOrder = ['landed', 'converted', 'compacted'] as const;
  return inOrder.find((state) => states.includes(state)) ?? 'landed';
}

function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}

function dayIn({ key }: StoredObject): Day | undefined {
  return /\/dt=([^/]*)\//.exec(key)?.[1];
}

function nameOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

import type { Dataset } from '../../shared/dataset.ts';
import { lastDayOver } from '../../shared/days.ts';
import { type ExpectedRun, expectedRuns } from '../../shared/expected-runs.ts';
import { type Day, dayOf, runTime } from '../../shared/keys.ts';
import { placesWithout, type RunStory } from '../explain/run-story.ts';
import { type RunState, type Surroundings, whyNothingLanded } from '../status/run-status.ts';
import { daysAskedFor, runsOfDays } from '../status/runs-by-day.ts';
import { landedRuns } from '../status/runs-by-time.ts';
import type { StoredObject } from '../status/stored-objects.ts';
import { progressOf } from '../status/table-days.ts';
import { type CalendarRun, sentence, whyWaiting } from './calendar-run.ts';
import type { StoredDays } from './stored-days.ts';

type Run = Omit<CalendarRun, 'letterIds'>;

interface Planned {
  readonly dataset: Dataset;
  /** Undefined when nothing fetches the dataset. */
  readonly expression: string | undefined;
  /** Both included. */
  readonly from: Day;
  readonly to: Day;
}

const oneDay = 86_400_000;

/** The runs whose time is in some days, and those that landed without being planned. */
export function runsOfTimes(
  { dataset, expression, from, to }: Planned,
  stored: StoredDays,
  surroundings: Surroundings,
): Run[] {
  const landed = landedRuns(stored.raw);
  const left = new Map(landed.map((run) => [run.time.getTime(), run]));
  const stories = new Map(
    surroundings.stories?.flatMap((story) =>
      story.dataset === dataset.name ? [[story.time.getTime(), story] as const] : [],
    ),
  );
  const end = new Date(Date.parse(to) + oneDay - 1);
  const until = expression?.startsWith('rate') && surroundings.now < end ? surroundings.now : end;
  const expected = expression === undefined ? [] : expectedRuns(expression, new Date(from), until);
  const planned = expected.map((run): Run => {
    const found = inInterval(run, left);
    if (!found) return unlanded(run, inInterval(run, stories), surroundings);
    left.delete(found.time.getTime());
    return landedRun(dataset, found, inInterval(run, stories), stored);
  });
  return [...planned, ...[...left.values()].map((run) => landedRun(dataset, run, undefined, stored))];
}

/** What is stored of some days beside runs: dropped files, each by its day. */
export function droppedFiles(dataset: Dataset, stored: StoredDays): Run[] {
  return stored.raw
    .filter(({ key }) => runTime(key) === undefined)
    .map((object) => {
      const day = dayIn(object.key);
      return ofObjects(
        new Date(day),
        [object],
        progressOf(stored.content, { key: object.key, dataset, day }).state,
        false,
      );
    });
}

/** The days of a dataset in which each place's day is an object. */
export function runsOfAllDays(
  { dataset, expression, from, to }: Planned,
  stored: StoredDays,
  places: readonly string[] | undefined,
  surroundings: Surroundings,
): Run[] {
  const expected =
    expression === undefined
      ? []
      : expectedRuns(expression, new Date(from), new Date(Date.parse(to) + 3 * oneDay));
  const days = daysAskedFor(expected).filter(([day]) => day >= from && day <= to);
  const runs = runsOfDays(dataset, days, places, stored, surroundings);
  const byDay = Map.groupBy(stored.raw, ({ key }) => dayIn(key));
  const known = runs.map((run): Run => {
    const objects = byDay.get(run.day ?? '') ?? [];
    byDay.delete(run.day ?? '');
    const at = new Date(run.day ?? '');
    if (objects.length === 0) return nothing(at, run.state, run.reason);
    const own = ofObjects(at, objects, leastOf(dataset, objects, stored), true);
    if (run.lacking.length === 0) return own;
    const why = run.reason ? ` ${sentence(run.reason)}` : '';
    return { ...own, state: 'missing', reason: `${list(run.lacking)}: missing.${why}` };
  });
  const others = [...byDay].map(([day, objects]) =>
    ofObjects(new Date(day), objects, leastOf(dataset, objects, stored), true),
  );
  return [...known, ...others];
}

function leastOf(
  dataset: Dataset,
  objects: readonly StoredObject[],
  { content }: StoredDays,
): CalendarRun['state'] {
  const states = objects.map(({ key }) => progressOf(content, { key, dataset, day: dayIn(key) }).state);
  return (['landed', 'converted', 'compacted'] as const).find((state) => states.includes(state)) ?? 'none';
}

function landedRun(
  dataset: Dataset,
  { time, objects }: { readonly time: Date; readonly objects: readonly StoredObject[] },
  story: RunStory | undefined,
  stored: StoredDays,
): Run {
  // The first list of places of a time has the shortest key.
  const [first] = [...objects].sort((a, b) => a.key.length - b.key.length);
  const key = first?.key ?? '';
  const run = ofObjects(
    time,
    objects,
    progressOf(stored.content, { key, dataset, day: dayOf(time) }).state,
    true,
  );
  const without = story?.end ? placesWithout(story.end) : '';
  return without === '' ? run : { ...run, reason: `Not all places landed. ${sentence(without)}` };
}

function unlanded(run: ExpectedRun, story: RunStory | undefined, surroundings: Surroundings): Run {
  const { now, deployedAt, stories } = surroundings;
  const why = whyNothingLanded(run, { now, deployedAt, story, isLogKnown: stories !== undefined });
  return nothing(run.to, why.state, why.reason);
}

function nothing(at: Date, state: RunState, reason: string | null): Run {
  const isPlanned = state !== 'not-deployed';
  return {
    at,
    state: isPlanned ? state : 'none',
    reason: reason === null ? null : sentence(isPlanned ? reason : 'nothing landed before the first deploy'),
    rawKeys: [],
    writtenAt: null,
    isFetched: true,
  };
}

function ofObjects(
  at: Date,
  objects: readonly StoredObject[],
  state: CalendarRun['state'],
  isFetched: boolean,
): Run {
  return { at, state, reason: whyWaiting(state), ...written(objects), isFetched };
}

function written(objects: readonly StoredObject[]): Pick<Run, 'rawKeys' | 'writtenAt'> {
  const last = Math.max(...objects.map(({ writtenAt }) => writtenAt.getTime()));
  return {
    rawKeys: objects.map(({ key }) => key),
    writtenAt: objects.length > 0 ? new Date(last) : null,
  };
}

/** What has a time of a run. */
function inInterval<T>({ from, to }: ExpectedRun, byTime: ReadonlyMap<number, T>): T | undefined {
  const exact = byTime.get(to.getTime());
  if (exact || from.getTime() === to.getTime()) return exact;
  for (const [time, each] of byTime) if (time >= from.getTime() && time <= to.getTime()) return each;
  return undefined;
}

function dayIn(key: string): Day {
  return /\/dt=([^/]*)\//.exec(key)?.[1] ?? '';
}

/** "Oslo, Lagos and 3 more" */
function list(names: readonly string[]): string {
  const more = names.length - 3;
  return more > 0 ? `${names.slice(0, 3).join(', ')} and ${more} more` : names.join(', ');
}

/** Whether a day can be fetched later. */
export function isFetchable(dataset: Dataset, day: Day, now: Date): boolean {
  return day >= dataset.firstDay && day <= lastDayOver(now);
}

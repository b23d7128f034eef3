import { datasets } from '../../shared/datasets.ts';
import { expectedRuns, latestRun } from '../../shared/expected-runs.ts';
import { runTime } from '../../shared/keys.ts';
import { listObjects } from '../../shared/listing.ts';
import { type DatasetSchedule, schedulesIn } from '../../shared/outputs.ts';
import { deadLettersOf } from '../dead-letters/dead-letters-of.ts';
import type { Observed } from '../observed.ts';
import { lookingOnce } from '../status/table-days.ts';
import {
  compactedDays,
  linesAbout,
  plannedDays,
  plannedKey,
  type RunOrKey,
  runPrefixes,
} from './run-or-key.ts';
import { type RunStory, storiesIn } from './run-story.ts';
import { type Story, storyOf } from './story.ts';
import { filedAs } from './story-events.ts';

/**
 * The stories of a raw object, or of all raw objects that the runs of a time landed, in every dataset.
 * @throws {Error} when there is no run at that time
 */
export async function explain(observed: Observed, what: RunOrKey, now: Date): Promise<Story[]> {
  const { since, any } = linesAbout(what, now);
  // If each place is an object of its own, `keysOf` knows which belong to the run.
  const ofDays =
    'time' in what
      ? [
          ...runPrefixes(what.time, 'place-and-day').map((text) => ({
            member: 'rawKey',
            text,
            isPrefix: true,
          })),
          ...compactedDays(plannedDays(what.time, 'place-and-day')),
        ]
      : [];
  const lines = await Array.fromAsync(
    observed.logs.lines({ functions: ['fetch', 'convert', 'compact'], since, any: [...any, ...ofDays] }),
  );
  const letters = await deadLettersOf(observed).list();
  const stories: Story[] = [];
  const look = lookingOnce(observed);
  for (const key of await keysOf(observed, what, storiesIn(lines)))
    stories.push(await storyOf(observed, key, { lines, letters, look, now }));
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
  if (keys.size === 0) throw new Error(noRunAt(time, [...schedules.values()]));
  return keys;
}

function noRunAt(time: Date, schedules: readonly DatasetSchedule[]): string {
  const crons = schedules.map(({ expression }) => expression).filter((each) => each.startsWith('cron'));
  const later = new Date(time.getTime() + 86_400_000);
  const [before] = crons.map((each) => latestRun(each, time)).sort((a, b) => Number(b) - Number(a));
  const [after] = crons
    .flatMap((each) => expectedRuns(each, time, later).slice(0, 1))
    .map(({ from }) => from)
    .sort((a, b) => Number(a) - Number(b));
  const named = [before, after].flatMap((each) => each?.toISOString().replace(':00.000Z', 'Z') ?? []);
  const nearest = named.length > 0 ? `The nearest runs: ${named.join(', ')}` : 'tdf status lists the runs.';
  return `No schedule has a run at ${time.toISOString()}, and none landed. ${nearest}`;
}

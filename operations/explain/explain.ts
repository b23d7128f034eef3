import { datasets } from '../../shared/datasets.ts';
import { DeadLetters } from '../../shared/dead-letters.ts';
import { expectedRuns } from '../../shared/expected-runs.ts';
import { rawKey, runTime } from '../../shared/keys.ts';
import { listObjects } from '../../shared/listing.ts';
import { schedulesIn } from '../../shared/outputs.ts';
import type { Observed } from '../observed.ts';
import { linesAbout, plannedKey, type RunOrKey, runPrefixes } from './run-or-key.ts';
import { type RunStory, storiesIn } from './run-story.ts';
import { type Story, storyOf } from './story.ts';
import { filedAs } from './story-events.ts';

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

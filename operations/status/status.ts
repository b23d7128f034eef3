import type { Dataset } from '../../shared/dataset.ts';
import type { BuryingFunction } from '../../shared/dead-letters.ts';
import { expectedRuns } from '../../shared/expected-runs.ts';
import { schedulesIn } from '../../shared/outputs.ts';
import { runStories } from '../explain/run-story.ts';
import type { AlarmStatus, Observed } from '../observed.ts';
import { withLastWords } from './last-words.ts';
import { type Need, needsOf } from './needs.ts';
import { depthsOf, type QueueDepth } from './queue-depth.ts';
import type { RunStatus } from './run-status.ts';
import { runsByDay } from './runs-by-day.ts';
import { runsByTime } from './runs-by-time.ts';

export interface DatasetStatus {
  /** Its name. */
  readonly dataset: string;
  /** Oldest first. */
  readonly runs: readonly RunStatus[];
}

export interface PipelineStatus {
  /** The datasets that have a schedule. */
  readonly datasets: readonly DatasetStatus[];
  /** Messages for each function that works on what is stored. */
  readonly queues: Readonly<Record<BuryingFunction, QueueDepth & { readonly dead: number }>>;
  readonly alarms: readonly AlarmStatus[];
  /** What could not be looked at, and why. */
  readonly unknown: readonly string[];
  /** What somebody has to act on; empty when all is well or passes by itself. */
  readonly needs: readonly Need[];
}

const hour = 3_600_000;
/** Days of the last week can be fetched as well as yesterday, so status looks at them too. */
const leastHoursByDay = 7 * 24;

/** How the runs of the last hours went, by the buckets and by what the functions logged. */
export async function pipelineStatus(
  observed: Observed,
  datasets: readonly Dataset[],
  { hours, now }: { readonly hours: number; readonly now: Date },
): Promise<PipelineStatus> {
  const { sqs, outputs, logs, deployedAt } = observed;
  const unknown: string[] = [];
  const known = <T>(what: string, work: Promise<T>, otherwise: T) =>
    work.catch((error: Error) => {
      unknown.push(`${what}: ${error.message}`);
      return otherwise;
    });
  const scheduled = datasets.flatMap((dataset) => {
    const schedule = schedulesIn(outputs).get(dataset.name);
    const isByDay = dataset.identity === 'place-and-day';
    const since = new Date(now.getTime() - (isByDay ? Math.max(hours, leastHoursByDay) : hours) * hour);
    return schedule ? [{ dataset, schedule, isByDay, since }] : [];
  });
  const since = new Date(
    Math.min(now.getTime() - hours * hour, ...scheduled.map((each) => each.since.getTime())),
  );
  const stories = known('the log of fetch', runStories(logs, since), undefined);
  const [convert, compact, alarms, statuses] = await Promise.all([
    depthsOf(sqs, outputs.QueueUrl, outputs.DeadLetterQueueUrl),
    depthsOf(sqs, outputs.CompactQueueUrl, outputs.CompactDeadLetterQueueUrl),
    known('the alarms', observed.alarms(), []),
    Promise.all(
      scheduled.map(async ({ dataset, schedule, isByDay, since: from }) => {
        const surroundings = { now, deployedAt, stories: await stories };
        const expected = expectedRuns(schedule.expression, from, now);
        if (!isByDay) {
          const runs = await runsByTime(observed, dataset, expected, schedule, surroundings);
          return { dataset: dataset.name, runs };
        }
        const what = `the schedule of ${dataset.name}`;
        const input = await known(what, observed.scheduleInput(schedule.name), undefined);
        return {
          dataset: dataset.name,
          runs: await runsByDay(observed, dataset, expected, input?.locations, surroundings),
        };
      }),
    ),
  ]);
  let explained: readonly DatasetStatus[] = statuses;
  for (const name of ['convert', 'compact'] as const)
    explained = await known(`the log of ${name}`, withLastWords(explained, logs, since, name), explained);
  const queues = { convert, compact };
  return {
    datasets: explained,
    queues,
    alarms,
    unknown,
    needs: needsOf(explained, alarms, queues),
  };
}

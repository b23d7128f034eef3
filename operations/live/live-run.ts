import type { RunReport } from '../../functions/fetch/run.ts';
import type { Runtime } from '../../local/runtime.ts';
import type { Unfetched } from '../../shared/run-log.ts';
import { counted } from '../counted.ts';
import { placesWithout } from '../explain/run-story.ts';
import type { Entry } from './activities.ts';
import type { FetchTurns } from './fetch-turns.ts';
import type { Travels } from './travels.ts';

export interface LiveRunOptions {
  readonly runtime: Pick<Runtime, 'runSchedule'>;
  readonly turns: FetchTurns;
  /** Places instead of the configured ones. */
  readonly locations: readonly string[];
  readonly travels: Pick<Travels, 'follow' | 'isUnderWay'>;
}

/** Starts a schedule of fetch for a time, and tells how the run went. */
export async function liveRun(
  schedule: string,
  at: Date,
  entry: Entry,
  { runtime, turns, locations, travels }: LiveRunOptions,
): Promise<void> {
  entry.step({ text: 'Fetching.', state: 'waiting' });
  // Whoever follows its objects does so within the turn: after it, they would be taken for dropped ones.
  await turns.take(at, async () => {
    const invocation = await runtime.runSchedule(schedule, at, (event) =>
      locations.length > 0 ? { ...event, locations } : event,
    );
    if (!invocation.ok) return entry.step({ text: invocation.error.message, state: 'bad' });
    const report = invocation.response as RunReport;
    const { keys, landed, places, failed, skipped } = report;
    const without = withoutData([...failed, ...skipped]);
    if (keys.length === 0) return entry.step({ text: `Nothing landed. ${without}`.trim(), state: 'bad' });
    if (landed === 0)
      return entry.step({ text: 'It had landed already, and is kept as it was.', state: 'good' });
    const all = places + failed.length + skipped.length;
    entry.step({ text: `${places} of ${counted(all, 'place')} landed in raw.`, state: 'done' });
    if (without) entry.step({ text: `Without data: ${without}`, state: 'done' });
    // Of places that had landed before, nothing is converted again.
    travels.follow(
      entry,
      keys.filter((key) => travels.isUnderWay(key)),
    );
  });
}

function withoutData(unfetched: readonly Unfetched[]): string {
  const end = { skipped: unfetched, failed: [], reason: undefined };
  return unfetched.length === 0 ? '' : `${placesWithout(end)}.`;
}

import type { Day } from '../../shared/keys.ts';
import { type RunEnd, runEnded, runStarted } from '../../shared/run-log.ts';
import type { LogLine, Logs } from '../logs.ts';

/** What fetch logged of a run; of one that was tried again, the last try. */
export interface RunStory {
  /** Its name. */
  readonly dataset: string;
  readonly time: Date;
  /** The local day that it asked for, if its runs ask for one. */
  readonly day: Day | undefined;
  /** Of the line that says so. */
  readonly at: Date;
  readonly end: RunEnd | undefined;
}

export async function runStories(logs: Logs, since: Date): Promise<readonly RunStory[]> {
  const any = [runStarted, runEnded].map((text) => ({ member: 'message', text }));
  return storiesIn(await Array.fromAsync(logs.lines({ functions: ['fetch'], since, any })));
}

export function storiesIn(lines: readonly LogLine[]): readonly RunStory[] {
  const byRun = new Map<string, RunStory>();
  for (const { at, members } of lines) {
    if (members.message !== runStarted && members.message !== runEnded) continue;
    const run = runIn(members);
    const end = members.message === runEnded ? (members as unknown as RunEnd) : undefined;
    byRun.set(JSON.stringify(run), { ...run, at, end });
  }
  return [...byRun.values()];
}

/** The run that a line of fetch is about. */
export function runIn({
  dataset,
  scheduledTime,
  day,
}: LogLine['members']): Pick<RunStory, 'dataset' | 'time' | 'day'> {
  return {
    dataset: String(dataset),
    time: new Date(String(scheduledTime)),
    day: day === undefined ? undefined : String(day),
  };
}

/** Places that a reason names. */
const namedPlaces = 3;

/** "Oslo, Bergen, Tromsø and 5 more: HTTP 503 (after 3 tries)" for each reason. */
export function placesWithout({
  skipped,
  failed,
  reason,
}: Pick<RunEnd, 'skipped' | 'failed' | 'reason'>): string {
  if (reason !== undefined) return reason;
  const byReason = Map.groupBy([...failed, ...skipped], (place) => place.reason);
  const reasons = [...byReason].map(([why, places]) => {
    const named = places.slice(0, namedPlaces).map(({ location }) => location);
    const more = places.length - named.length;
    return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}: ${why}`;
  });
  return reasons.join('; ');
}

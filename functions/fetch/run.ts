import pMap from 'p-map';
import { rawKey } from '../../shared/keys.ts';
import type { RawBucket } from './raw-bucket.ts';
import type { RunEvent } from './run-event.ts';
import { type Answer, abortReason, type WeatherApi } from './weatherapi.ts';

/** Places asked for at the same time. The provider publishes no limit per second; this stays far below a burst. */
const concurrency = 8;

export interface Unfetched {
  readonly location: string;
  readonly reason: string;
}

/** How a run ended. */
export interface RunReport {
  /** The raw object that holds this run; undefined when there was nothing to land. */
  readonly key: string | undefined;
  /** False when the object was there before: this run happened already. */
  readonly landed: boolean;
  /** Places whose data came. */
  readonly fetched: number;
  /** Places without data this hour, for reasons that pass by themselves. */
  readonly skipped: readonly Unfetched[];
  /** Places that need somebody to mend the configuration. */
  readonly failed: readonly Unfetched[];
  /** The provider said that the month's calls are spent. */
  readonly quotaSpent: boolean;
  /** Why nothing more was asked, when the key or the plan is at fault. */
  readonly runFailure: string | undefined;
}

export interface RunDependencies {
  readonly api: Pick<WeatherApi, 'call'>;
  readonly raw: Pick<RawBucket, 'land'>;
  readonly now: () => Date;
}

/**
 * Fetches every place of a run and lands what came as one raw object: one line a place, as the provider sent it.
 * Places that failed do not lose the others; when none came, nothing is landed.
 * @param deadline ends the run: places not fetched by then are skipped
 */
export async function run(
  event: RunEvent,
  { api, raw, now }: RunDependencies,
  deadline: AbortSignal,
): Promise<RunReport> {
  const fetchedAt = now();
  /** Set when nothing else would be answered differently. What is under way by then may still bring data. */
  let stopped: string | undefined;

  const answers = await pMap(
    event.locations,
    async (location): Promise<Answer> => {
      const over = stopped ?? (deadline.aborted ? abortReason(deadline) : undefined);
      if (over) return { kind: 'retry', reason: over, tries: 0 };
      const answer = await api.call(event.dataset.endpoint, { ...event.options, q: location }, deadline);
      if (answer.kind === 'quota-spent' || answer.kind === 'run-failed' || answer.kind === 'key-refused') {
        stopped ??= `the run was stopped: ${answer.reason}`;
      }
      return answer;
    },
    { concurrency },
  );

  const lines = answers.flatMap((answer) => (answer.kind === 'data' ? [toLine(answer.body)] : []));
  const unfetched = (...kinds: Answer['kind'][]): Unfetched[] =>
    answers.flatMap((answer, index) =>
      answer.kind !== 'data' && kinds.includes(answer.kind)
        ? [{ location: event.locations[index] ?? '', reason: answer.reason }]
        : [],
    );
  const runFailure = answers.find(({ kind }) => kind === 'run-failed' || kind === 'key-refused');
  const report = {
    fetched: lines.length,
    skipped: unfetched('retry', 'quota-spent'),
    failed: unfetched('location-failed', 'run-failed', 'key-refused'),
    quotaSpent: answers.some(({ kind }) => kind === 'quota-spent'),
    runFailure: runFailure && runFailure.kind !== 'data' ? runFailure.reason : undefined,
  };
  if (lines.length === 0) return { ...report, key: undefined, landed: false };

  const key = rawKey(event.dataset, event.scheduledTime);
  const landed = await raw.land(key, `${lines.join('\n')}\n`, {
    'scheduled-time': event.scheduledTime.toISOString(),
    'fetched-at': fetchedAt.toISOString(),
    endpoint: event.dataset.endpoint,
    query: new URLSearchParams(event.options).toString(),
    tries: String(answers.reduce((sum, { tries }) => sum + tries, 0)),
    places: String(lines.length),
    'places-missing': String(event.locations.length - lines.length),
  });
  return { ...report, key, landed };
}

/** A response as one line. A line break inside a JSON text can only be pretty-printing, so a space says the same. */
function toLine(body: string): string {
  return body.replaceAll(/[\r\n]+/g, ' ').trim();
}

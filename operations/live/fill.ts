import type { RunReport } from '../../functions/fetch/run.ts';
import type { Dataset } from '../../shared/dataset.ts';
import { lastDayOver } from '../../shared/days.ts';
import { expectedRuns } from '../../shared/expected-runs.ts';
import { headObject } from '../../shared/head-object.ts';
import { type Day, dayOf, rawKey } from '../../shared/keys.ts';
import type { DatasetSchedule } from '../../shared/outputs.ts';
import { schedulesIn } from '../../shared/outputs.ts';
import { backfill } from '../backfill/backfill.ts';
import { landedOf, planBackfill } from '../backfill/plan.ts';
import { counted } from '../counted.ts';
import type { Deployed } from '../deployed.ts';
import type { Entry } from './activities.ts';
import type { FetchTurns } from './fetch-turns.ts';
import type { Live } from './live.ts';
import { shortName } from './titles.ts';
import type { Travels } from './travels.ts';

export interface FillOptions {
  readonly deployed: Deployed;
  readonly runtime: NonNullable<Deployed['runtime']>;
  readonly turns: FetchTurns;
  readonly travels: Pick<Travels, 'follow' | 'isUnderWay'>;
  readonly locations: readonly string[];
  readonly signal: AbortSignal;
}

/** The days, both included. */
export interface Span {
  readonly from: Date;
  readonly to: Date;
}

/** So many days have so many runs that more would take minutes. */
export const mostDays = 366;

/** Lands what a dataset lacks between two instants: days of the past by a backfill, or the runs of past hours. */
export async function fill(dataset: Dataset, span: Span, entry: Entry, options: FillOptions): Promise<void> {
  const schedule = schedulesIn(options.deployed.outputs).get(dataset.name);
  if (!schedule) throw new Error(`cdk.json does not configure ${dataset.name}.`);
  entry.step({ text: 'Looking for what is missing.', state: 'waiting' });
  await options.turns.holding(async () => {
    const keys =
      dataset.identity === 'place-and-day'
        ? await fillDays(dataset, schedule, span, entry, options)
        : await fillRuns(dataset, schedule, span, entry, options);
    if (keys.length === 0) return entry.step({ text: 'Nothing new landed.', state: 'good' });
    entry.step({ text: `${counted(keys.length, 'object')} landed in raw.`, state: 'done' });
    options.travels.follow(entry, keys);
  });
}

async function fillDays(
  dataset: Dataset,
  { name }: DatasetSchedule,
  { from, to }: Span,
  entry: Entry,
  { deployed, runtime, turns, signal, travels }: FillOptions,
): Promise<readonly string[]> {
  const { s3, outputs } = deployed;
  const { locations, options } = await deployed.scheduleInput(name);
  const last = lastDayOver(new Date());
  const days = { from: later(dayOf(from), dataset.firstDay), to: earlier(dayOf(to), last) };
  const places = [...new Set(locations)];
  const plan = await planBackfill(s3, outputs.RawBucketName, { dataset, ...days, places }, signal);
  let asked = 0;
  const { keys, stopped, failed, skipped } = await backfill(plan, {
    event: {
      scheduledTime: new Date().toISOString(),
      dataset: dataset.name,
      ...(options ? { options } : {}),
    },
    invoke: (event) => turns.take(undefined, () => runtime.invoke(outputs.FetchFunctionName, event)),
    landedOf: (run) => landedOf(s3, outputs.RawBucketName, dataset, run),
    maxCalls: Number.POSITIVE_INFINITY,
    rate: undefined,
    signal,
    onProgress: (more) => {
      asked += more;
      entry.step({ text: `Fetched ${asked} of ${counted(plan.calls, 'day')} of a place.`, state: 'waiting' });
    },
  });
  const [first] = [...failed, ...skipped.first];
  if (first)
    entry.step({ text: `Without data: ${first.location} on ${first.day}: ${first.reason}.`, state: 'done' });
  if (stopped)
    entry.step({ text: `Stopped at ${stopped.day}: ${stopped.reason ?? stopped.why}.`, state: 'done' });
  return keys.filter((key) => travels.isUnderWay(key));
}

/** The newest first, since somebody looks at them. */
async function fillRuns(
  dataset: Dataset,
  { name, expression }: DatasetSchedule,
  { from, to }: Span,
  entry: Entry,
  { deployed: { s3, outputs }, runtime, turns, locations, signal, travels }: FillOptions,
): Promise<readonly string[]> {
  const runs = expectedRuns(expression, from, to).reverse();
  const keys: string[] = [];
  for (const [index, { to: at }] of runs.entries()) {
    signal.throwIfAborted();
    if (await headObject(s3, outputs.RawBucketName, rawKey(dataset, at))) continue;
    const invocation = await turns.take(at, () =>
      runtime.runSchedule(name, at, (event) => (locations.length > 0 ? { ...event, locations } : event)),
    );
    if (!invocation.ok) throw new Error(invocation.error.message);
    keys.push(...(invocation.response as RunReport).keys.filter((key) => travels.isUnderWay(key)));
    if (index % 10 === 0)
      entry.step({ text: `Fetched ${index + 1} of ${counted(runs.length, 'run')}.`, state: 'waiting' });
  }
  return keys;
}

const later = (a: Day, b: Day) => (a > b ? a : b);
const earlier = (a: Day, b: Day) => (a < b ? a : b);

/** Fills the last days, dataset by dataset, each with an entry of its own. */
export async function fillLastDays(
  live: FillOptions & Pick<Live, 'activities' | 'now'> & { readonly isStandIn: boolean },
  datasets: readonly Dataset[],
  days: number,
): Promise<void> {
  const configured = schedulesIn(live.deployed.outputs);
  const to = live.now();
  const span = { from: new Date(to.getTime() - days * 86_400_000), to };
  // Days of the past first: they are few calls, and any API has them.
  const byDayFirst = datasets.toSorted((a, b) => Number(isByTime(a)) - Number(isByTime(b)));
  for (const dataset of byDayFirst.filter(({ name }) => configured.has(name))) {
    const entry = live.activities.begin(`${shortName(dataset.name)}, the last ${counted(days, 'day')}`);
    try {
      if (isByTime(dataset) && !live.isStandIn) throw new Error('WeatherAPI.com does not have past hours.');
      await fill(dataset, span, entry, live);
    } catch (error) {
      if (live.signal.aborted) return;
      entry.step({ text: error instanceof Error ? error.message : String(error), state: 'bad' });
    }
  }
}

function isByTime({ identity }: Dataset): boolean {
  return identity === 'time';
}

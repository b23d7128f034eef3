import type { RunReport } from '../../functions/fetch/run.ts';
import type { Runtime } from '../../local/runtime.ts';
import type { Dataset } from '../../shared/dataset.ts';
import { datasets } from '../../shared/datasets.ts';
import { latestRun } from '../../shared/expected-runs.ts';
import { type DatasetSchedule, schedulesIn } from '../../shared/outputs.ts';
import type { Unfetched } from '../../shared/run-log.ts';
import { counted } from '../counted.ts';
import type { Deployed } from '../deployed.ts';
import type { DropSource } from '../drop/drop-sources.ts';
import { planDrops } from '../drop/plan-drops.ts';
import { putFiles } from '../drop/put-files.ts';
import type { Step, Timed } from './steps.ts';

/** What came into raw, and what did not. */
export interface Landing {
  readonly datasets: readonly Dataset[];
  /** Raw objects that hold the runs, whether they landed now or before. Empty for files. */
  readonly keys: readonly string[];
  /** Places without data, whether that passes by itself or not. */
  readonly skipped: readonly (Unfetched & { readonly dataset: string })[];
  /** Why somebody has to act; empty when all is well. */
  readonly problems: readonly string[];
}

export interface LandingOptions {
  /** Datasets to run, or what the dropped files are. If undefined, the first configured one runs, and files say what they are. */
  readonly datasets: readonly Dataset[] | 'all' | undefined;
  /** The runs to start: each schedule's latest one at this time. */
  readonly at: Date;
  /** Files to put into raw instead of fetching. */
  readonly drop: readonly DropSource[];
  /** Places instead of the configured ones. */
  readonly locations: readonly string[];
  /** Lets things go wrong on purpose, as this number says. */
  readonly faultSeed: number | undefined;
  readonly signal: AbortSignal;
}

export async function dropFiles(
  deployed: Deployed,
  { drop, datasets: wanted, signal }: LandingOptions,
  timed: Timed,
): Promise<Landing> {
  const among = wanted === undefined || wanted === 'all' ? datasets : wanted;
  const plans = await planDrops(drop, among, { signal });
  await timed(
    'putting files into raw',
    putFiles(plans, deployed, { signal }),
    () => `put ${counted(plans.flatMap(({ keys }) => keys).length, 'object')} into raw`,
  );
  return { datasets: plans.map(({ dataset }) => dataset), keys: [], skipped: [], problems: [] };
}

/** Starts the datasets' schedules, one after the other. The clock is the stand-in's. */
export async function fetchRuns(
  { outputs }: Deployed,
  runtime: Runtime,
  options: LandingOptions,
  timed: Timed,
  clock: { now: Date },
): Promise<Landing> {
  const started = schedulesToStart(schedulesIn(outputs), options);
  const keys: string[] = [];
  const skipped: Landing['skipped'][number][] = [];
  const problems: string[] = [];
  for (const [dataset, { name, expression }] of started) {
    clock.now = latestRun(expression, options.at);
    const report = await timed(
      `fetching ${dataset.name}`,
      fetchOnce(runtime, name, clock.now, options),
      (fetched) => describeFetch(dataset, fetched),
    );
    if (report instanceof Error) {
      problems.push(report.message);
      continue;
    }
    const without = [...report.skipped, ...report.failed];
    keys.push(...report.keys);
    skipped.push(...without.map((place) => ({ dataset: dataset.name, ...place })));
    problems.push(...report.failed.map(({ location, reason }) => `${location}: ${reason}`));
  }
  return { datasets: started.map(([dataset]) => dataset), keys, skipped, problems };
}

/** @throws {Error} when one of the datasets is not configured */
function schedulesToStart(
  schedules: ReadonlyMap<string, DatasetSchedule>,
  { datasets: wanted }: LandingOptions,
): [Dataset, DatasetSchedule][] {
  const configured = datasets.filter(({ name }) => schedules.has(name));
  const chosen = wanted === 'all' ? configured : (wanted ?? configured.slice(0, 1));
  const missing = chosen.filter((dataset) => !configured.includes(dataset)).map(({ name }) => name);
  if (missing.length > 0) {
    throw new Error(
      `cdk.json does not configure ${missing.join(', ')}. Add under datasets: ${missing.map((name) => `"${name}": {}`).join(', ')}`,
    );
  }
  return chosen.map((dataset) => [dataset, schedules.get(dataset.name) as DatasetSchedule]);
}

/** Starts a schedule once. A run that fails as a whole is an answer here: its message says what to do. */
async function fetchOnce(
  runtime: Runtime,
  schedule: string,
  at: Date,
  { locations, faultSeed, signal }: LandingOptions,
): Promise<RunReport | Error> {
  const start = () =>
    runtime.runSchedule(schedule, at, (event) => (locations.length > 0 ? { ...event, locations } : event));
  const stop = () => runtime.crash('fetch-function'); // It may wait for a minute.
  signal.addEventListener('abort', stop, { once: true });
  let invocation = await start();
  // Lambda tries a failed run again. Here that is worth it only for faults on purpose: real trouble would be the same again.
  const retries = faultSeed === undefined ? 0 : 2;
  for (let retry = 0; retry < retries && !invocation.ok && !signal.aborted; retry++)
    invocation = await start();
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted(); // Whoever stopped it wants no report.
  return invocation.ok ? (invocation.response as RunReport) : new Error(invocation.error.message);
}

function describeFetch({ name }: Dataset, report: RunReport | Error): string | Step {
  if (report instanceof Error) return { text: `fetch of ${name} failed`, ok: false };
  const { fetched, keys, landed, failed } = report;
  if (keys.length === 0) {
    const text = `fetched nothing of ${name}`;
    return { text: failed.length > 0 ? text : `${text}: the run is skipped`, ok: false };
  }
  const text =
    landed > 0
      ? `fetched ${name} of ${counted(fetched, 'place')}`
      : `this run of ${name} had landed already, and is kept (another: --at)`;
  return { text, ok: failed.length === 0 };
}

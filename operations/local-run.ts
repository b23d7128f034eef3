import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pMap from 'p-map';
import type { RunReport } from '../functions/fetch/run.ts';
import type { AlarmReport } from '../local/alarms/evaluate.ts';
import { lockState, StateInUseError, type StateLock } from '../local/aws/state-lock.ts';
import { type FaultKind, seededFaults } from '../local/faults/seeded-faults.ts';
import { type Runtime, startRuntime } from '../local/runtime.ts';
import { synthesize } from '../local/synthesize.ts';
import { readTemplate } from '../local/template.ts';
import { startWeatherApi } from '../local/weatherapi/server.ts';
import { type Dataset, type Table, tableName } from '../shared/dataset.ts';
import { datasets } from '../shared/datasets.ts';
import { latestRun } from '../shared/expected-runs.ts';
import { curatedKeys, parseRawKey } from '../shared/keys.ts';
import { type DatasetSchedule, schedulesIn } from '../shared/outputs.ts';
import { type Deployed, deployedLocally } from './deployed.ts';
import { planDrops, putFiles } from './drop/drop-files.ts';
import type { DropSource } from './drop/drop-sources.ts';
import { type Outcome, watchOutcome } from './outcome.ts';
import { type ParquetRow, sampleParquet } from './query/parquet-rows.ts';

/** A part of a run. */
export interface Step {
  /** What was done, or what failed. */
  readonly text: string;
  readonly ok: boolean;
}

export interface LocalRunOptions {
  readonly stateDir: string;
  /** Datasets to run, or what the dropped files are. Left out, the first one that is configured runs, and files say what they are. */
  readonly datasets: readonly Dataset[] | 'all' | undefined;
  /** The runs to start: each schedule's latest one at this time. */
  readonly at: Date;
  /** Files to put into raw instead of fetching. */
  readonly drop: readonly DropSource[];
  /** Places instead of the configured ones. */
  readonly locations: readonly string[];
  /** A WeatherAPI-compatible base URL; left out, the real one with a key and the stand-in without. */
  readonly apiUrl: string | undefined;
  readonly apiKey: string | undefined;
  /** Lets things go wrong on purpose, as this number says. */
  readonly faultSeed: number | undefined;
  /** Wait for another run to give the state directory free, instead of failing. */
  readonly wait: boolean;
  /** Rows of each table to read, of however many there are. */
  readonly maxRows: number;
  /** Told of each thing that goes wrong on purpose. */
  readonly onFault: (fault: string) => void;
  readonly signal: AbortSignal;
  /** Told what is waited for, as long as it is. */
  readonly onWait: (wait: string) => void;
  /** Told what begins, and then how it went, and how many milliseconds it took. */
  readonly onBegin: (doing: string) => void;
  readonly onStep: (step: Step, milliseconds: number) => void;
}

/** The first rows of a table, and how many there are. */
export interface TableSample {
  /** As in a query. */
  readonly table: string;
  readonly rows: readonly ParquetRow[];
  readonly rowCount: number;
}

export interface LocalRun {
  /** Keys of the raw and the curated objects. */
  readonly raw: readonly string[];
  readonly curated: readonly string[];
  readonly tables: readonly TableSample[];
  readonly deadLetters: readonly { readonly key: string | null; readonly reason: string }[];
  /** Places without data, whether that passes by itself or not. */
  readonly skipped: readonly {
    readonly dataset: string;
    readonly location: string;
    readonly reason: string;
  }[];
  /** What each alarm of the template says of the metrics that this run emitted. */
  readonly alarms: readonly AlarmReport[];
  /** Files on disk, in the order of the keys. */
  readonly files: { readonly raw: readonly string[]; readonly curated: readonly string[] };
  /** Why somebody has to act; empty when all is well. */
  readonly problems: readonly string[];
}

/** What one run does not get over by itself, but a day's: by reconcile, or once somebody has looked. */
const notToday: ReadonlySet<FaultKind> = new Set([
  'S3: event lost',
  'S3: event before the object is visible',
  'S3: access denied, more often than a message is tried',
]);

/** Not a secret: the stand-in's own. */
const standInKey = 'stand-in';

/** Runs the pipeline once on this computer, from the synthesized template and its bundles. */
export async function runLocally(options: LocalRunOptions): Promise<LocalRun> {
  const { stateDir, signal, onBegin, onStep, apiUrl, apiKey } = options;
  const timed: Timed = async (doing, work, describe) => {
    const start = performance.now();
    onBegin(doing);
    const result = await work;
    const step = describe(result);
    onStep(typeof step === 'string' ? { text: step, ok: true } : step, performance.now() - start);
    return result;
  };

  const lock = await lockWhenFree(options);
  const clock = { now: options.at };
  let standIn: Awaited<ReturnType<typeof startWeatherApi>> | undefined;
  try {
    const assembly = join(stateDir, 'cdk.out');
    await timed('synthesizing the stack', synthesize(resolve(assembly), signal), (isNew) =>
      isNew ? `synthesized the stack into ${assembly}` : `the stack is as it was in ${assembly}`,
    );
    if (!apiUrl && !apiKey) standIn = await startWeatherApi({ key: standInKey, now: () => clock.now });
    const url = apiUrl ?? standIn?.url;
    const template = await readTemplate(resolve(assembly));
    const runtime = await timed(
      'starting S3, SQS and the functions',
      startRuntime({
        template,
        stateDir,
        lock,
        environment: url ? { WEATHERAPI_URL: url } : {},
        retryDelay: 1,
        onLog: (line) => {
          const [, wait] = /"message":"(Waiting for WeatherAPI[^"]*)"/.exec(line) ?? [];
          if (wait !== undefined) options.onWait(wait);
        },
        ...(options.faultSeed === undefined ? {} : { faults: faultsOf(options.faultSeed, options) }),
      }),
      ({ emulator }) => `started S3, SQS and the functions on ${new URL(emulator.endpoint).host}`,
    );
    const deployed = deployedLocally(runtime);
    try {
      return await runOnce(deployed, runtime, options, { timed, clock });
    } finally {
      await deployed.close();
    }
  } finally {
    await standIn?.close();
    lock.release();
  }
}

/** Milliseconds between two looks at whether the state directory is free. */
const lockPause = 200;

async function lockWhenFree({ stateDir, wait, signal, onWait }: LocalRunOptions): Promise<StateLock> {
  for (let said = false; ; said = true) {
    try {
      return lockState(stateDir);
    } catch (error) {
      if (!(error instanceof StateInUseError)) throw error;
      if (!wait) {
        throw new Error(
          `The state directory ${stateDir} is in use by ${error.holder}. Wait for it with --wait, or give this run a directory of its own: --state DIR`,
          { cause: error },
        );
      }
      if (!said) onWait(`${stateDir} is in use by ${error.holder}: waiting for it to end`);
    }
    await delay(lockPause, undefined, { signal });
  }
}

function faultsOf(seed: number, { onFault }: LocalRunOptions) {
  return seededFaults(seed, { without: notToday, onFault: (kind, where) => onFault(`${kind} (${where})`) });
}

type Timed = <T>(doing: string, work: Promise<T>, describe: (result: T) => string | Step) => Promise<T>;

interface RunTools {
  readonly timed: Timed;
  /** The stand-in's. */
  readonly clock: { now: Date };
}

async function runOnce(
  deployed: Deployed,
  runtime: Runtime,
  options: LocalRunOptions,
  { timed, clock }: RunTools,
): Promise<LocalRun> {
  const { emulator } = runtime;
  const { outputs } = deployed;
  const { signal } = options;
  emulator.secrets.set(outputs.ApiKeySecretName, options.apiKey ?? standInKey);

  const raw = new Set<string>();
  emulator.onObjectCreated(({ bucket, key }) => {
    if (bucket === outputs.RawBucketName) raw.add(key);
  });
  const watch = await watchOutcome(deployed, signal);

  const about = new Set<Dataset>();
  const problems: string[] = [];
  const skipped: LocalRun['skipped'][number][] = [];
  const before: string[] = [];
  if (options.drop.length > 0) {
    const among = Array.isArray(options.datasets) ? options.datasets : datasets;
    const plans = await planDrops(options.drop, among, { signal });
    for (const plan of plans) about.add(plan.dataset);
    await timed(
      'putting files into raw',
      putFiles(plans, deployed, { signal }),
      () => `put ${count(plans.flatMap(({ keys }) => keys).length, 'object')} into raw`,
    );
  } else {
    for (const [dataset, { name, expression }] of schedulesToStart(deployed, options)) {
      about.add(dataset);
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
      skipped.push(
        ...[...report.skipped, ...report.failed].map((place) => ({ dataset: dataset.name, ...place })),
      );
      problems.push(...report.failed.map(({ location, reason }) => `${location}: ${reason}`));
      // Not converted anew: show what the first run of this time made.
      for (const key of report.keys.filter((each) => !raw.has(each))) {
        const { day, ...parsed } = parseRawKey(key);
        if (day !== undefined) before.push(...curatedKeys({ ...parsed, day }));
        raw.add(key);
      }
    }
  }
  const { converted, dead } = await timed('converting', watch.settled([], signal), describeConverted);
  // Convert may have filed it elsewhere, and not have converted it yet.
  const isThere = (bucket: string) => (key: string) => existsSync(emulator.pathOf(bucket, key));
  const curated = [...new Set([...converted.flat(), ...before])].sort();
  const keptRaw = [...raw].filter(isThere(outputs.RawBucketName)).sort();
  const keptCurated = curated.filter(isThere(outputs.CuratedBucketName));
  const pathsOf = (bucket: string, keys: readonly string[]) =>
    keys.map((key) => shortest(emulator.pathOf(bucket, key)));
  const tables = await timed(
    'reading the rows',
    pMap(
      datasets.filter((dataset) => about.has(dataset)).flatMap((dataset) => dataset.tables),
      (table) =>
        sampleTable(table, keptCurated, (key) => emulator.pathOf(outputs.CuratedBucketName, key), options),
      { concurrency: 1 },
    ),
    (read) =>
      `counted ${count(
        read.reduce((sum, { rowCount }) => sum + rowCount, 0),
        'row',
      )} with DuckDB`,
  );
  const deadLetters = dead.map(({ key, reason }) => ({ key, reason }));
  return {
    raw: keptRaw,
    curated,
    tables,
    deadLetters,
    skipped,
    alarms: await runtime.alarms(),
    files: {
      raw: pathsOf(outputs.RawBucketName, keptRaw),
      curated: pathsOf(outputs.CuratedBucketName, keptCurated),
    },
    problems: [...problems, ...deadLetters.map(({ key, reason }) => `${key ?? '(no key)'}: ${reason}`)],
  };
}

/** @throws {Error} when one of the datasets is not configured */
function schedulesToStart(
  { outputs }: Deployed,
  { datasets: wanted }: LocalRunOptions,
): [Dataset, DatasetSchedule][] {
  const schedules = schedulesIn(outputs);
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

async function sampleTable(
  table: Table,
  keys: readonly string[],
  pathOf: (key: string) => string,
  { maxRows }: LocalRunOptions,
): Promise<TableSample> {
  const own = keys.filter((key) => key.startsWith(`${table.name}/`));
  const { rows, count: rowCount } = await sampleParquet(own.map(pathOf), maxRows);
  return { table: tableName(table), rows, rowCount };
}

/** Starts a schedule once. A run that fails as a whole is an answer here: its message says what to do. */
async function fetchOnce(
  runtime: Runtime,
  schedule: string,
  at: Date,
  { locations, faultSeed, signal }: LocalRunOptions,
): Promise<RunReport | Error> {
  const start = () =>
    runtime.runSchedule(schedule, at, (event) => (locations.length > 0 ? { ...event, locations } : event));
  const stop = () => runtime.crash('fetch-function'); // It may wait for a minute.
  signal.addEventListener('abort', stop, { once: true });
  let invocation = await start();
  // Lambda tries a run again; here only what was broken on purpose, as a real trouble would be the same again.
  for (
    let retries = faultSeed === undefined ? 0 : 2;
    retries > 0 && !invocation.ok && !signal.aborted;
    retries--
  )
    invocation = await start();
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted(); // Who stopped it wants no report.
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
      ? `fetched ${name} of ${count(fetched, 'place')}`
      : `this run of ${name} had landed already, and is kept (another: --at)`;
  return { text, ok: failed.length === 0 };
}

function describeConverted({ converted, dead }: Outcome): Step {
  const text = `converted ${count(converted.length, 'object')}`;
  return { text: dead.length > 0 ? `${text}; ${dead.length} died` : text, ok: dead.length === 0 };
}

/** A path as one would type it from here. */
function shortest(path: string): string {
  const fromHere = relative('.', path);
  return fromHere.startsWith('..') ? path : fromHere;
}

/** "1 row", "2 rows" */
function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

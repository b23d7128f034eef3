import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunReport } from '../functions/fetch/run.ts';
import type { AlarmReport } from '../local/alarms/evaluate.ts';
import { lockState, StateInUseError, type StateLock } from '../local/aws/state-lock.ts';
import { type FaultKind, seededFaults } from '../local/faults/seeded-faults.ts';
import { type Runtime, startRuntime } from '../local/runtime.ts';
import { synthesize } from '../local/synthesize.ts';
import { readTemplate } from '../local/template.ts';
import { startWeatherApi } from '../local/weatherapi/server.ts';
import { weatherapiCurrent } from '../shared/datasets/weatherapi-current.ts';
import { latestRun } from '../shared/expected-runs.ts';
import { curatedKey, parseRawKey } from '../shared/keys.ts';
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
  /** The run to start: the schedule's latest one at this time. */
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
  /** Rows to read, of however many there are. */
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

export interface LocalRun {
  /** Keys of the raw and the curated objects. */
  readonly raw: readonly string[];
  readonly curated: readonly string[];
  /** The first rows, and how many there are. */
  readonly rows: readonly ParquetRow[];
  readonly rowCount: number;
  readonly deadLetters: readonly { readonly key: string | null; readonly reason: string }[];
  /** Places without data, whether that passes by itself or not. */
  readonly skipped: readonly { readonly location: string; readonly reason: string }[];
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
  let [now, standIn]: [Date, Awaited<ReturnType<typeof startWeatherApi>> | undefined] = [
    options.at,
    undefined,
  ];
  try {
    const assembly = join(stateDir, 'cdk.out');
    await timed('synthesizing the stack', synthesize(resolve(assembly), signal), (isNew) =>
      isNew ? `synthesized the stack into ${assembly}` : `the stack is as it was in ${assembly}`,
    );
    if (!apiUrl && !apiKey) standIn = await startWeatherApi({ key: standInKey, now: () => now });
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
      now = latestRun(deployed.outputs.ScheduleExpression, options.at);
      return await runOnce(deployed, runtime, { ...options, at: now }, timed);
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

async function runOnce(
  deployed: Deployed,
  runtime: Runtime,
  options: LocalRunOptions,
  timed: Timed,
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

  const problems: string[] = [];
  const skipped: LocalRun['skipped'][number][] = [];
  const before: string[] = [];
  if (options.drop.length > 0) {
    const plans = await planDrops(options.drop, weatherapiCurrent, { signal });
    await timed(
      'putting files into raw',
      putFiles(plans, deployed, { signal }),
      () => `put ${count(plans.flatMap(({ keys }) => keys).length, 'object')} into raw`,
    );
  } else {
    const report = await timed('fetching', fetchOnce(runtime, options), describeFetch);
    if (report instanceof Error) problems.push(report.message);
    else {
      if (report.key) raw.add(report.key);
      skipped.push(...report.skipped, ...report.failed);
      problems.push(...report.failed.map(({ location, reason }) => `${location}: ${reason}`));
      // Nothing new to convert: show what this hour's first run made.
      if (report.key && !report.landed) {
        const parsed = parseRawKey(report.key);
        if (parsed.day) before.push(curatedKey({ ...parsed, day: parsed.day }));
      }
    }
  }
  const { converted, dead } = await timed('converting', watch.settled([], signal), describeConverted);
  const curated = [...new Set([...converted, ...before])];
  const pathsOf = (bucket: string, keys: readonly string[]) =>
    keys.map((key) => shortest(emulator.pathOf(bucket, key)));
  // Convert may have filed it elsewhere, and not have converted it yet.
  const isThere = (bucket: string) => (key: string) => existsSync(emulator.pathOf(bucket, key));
  const kept = [...raw].filter(isThere(outputs.RawBucketName)).sort();
  const files = {
    raw: pathsOf(outputs.RawBucketName, kept),
    curated: pathsOf(outputs.CuratedBucketName, curated.filter(isThere(outputs.CuratedBucketName))),
  };
  const { rows, count: rowCount } = await timed(
    'reading the rows',
    sampleParquet(files.curated, options.maxRows),
    (read) => `counted ${count(read.count, 'row')} with DuckDB`,
  );
  const deadLetters = dead.map(({ key, reason }) => ({ key, reason }));
  return {
    raw: kept,
    curated,
    rows,
    rowCount,
    deadLetters,
    skipped,
    alarms: await runtime.alarms(),
    files,
    problems: [...problems, ...deadLetters.map(({ key, reason }) => `${key ?? '(no key)'}: ${reason}`)],
  };
}

/** Starts the stack's schedule once. A run that fails as a whole is an answer here: its message says what to do. */
async function fetchOnce(
  runtime: Runtime,
  { at, locations, faultSeed, signal }: LocalRunOptions,
): Promise<RunReport | Error> {
  const start = () =>
    runtime.runSchedule('fetch-function', at, (event) =>
      locations.length > 0 ? { ...event, locations } : event,
    );
  signal.addEventListener('abort', () => runtime.crash('fetch-function'), { once: true }); // It may wait for a minute.
  let invocation = await start();
  // Lambda tries a run again; here only what was broken on purpose, as a real trouble would be the same again.
  for (
    let retries = faultSeed === undefined ? 0 : 2;
    retries > 0 && !invocation.ok && !signal.aborted;
    retries--
  )
    invocation = await start();
  signal.throwIfAborted(); // Who stopped it wants no report.
  return invocation.ok ? (invocation.response as RunReport) : new Error(invocation.error.message);
}

function describeFetch(report: RunReport | Error): string | Step {
  if (report instanceof Error) return { text: 'fetch failed', ok: false };
  const { fetched, key, landed, failed } = report;
  if (!key) {
    const text = failed.length > 0 ? 'fetched nothing' : 'fetched nothing: the hour is skipped';
    return { text, ok: false };
  }
  const text = landed
    ? `fetched ${count(fetched, 'place')}`
    : 'this run had landed already, and is kept (another: --at)';
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

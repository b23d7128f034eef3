import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import type { RunReport } from '../functions/fetch/run.ts';
import type { AlarmReport } from '../local/alarms/evaluate.ts';
import { type FaultKind, seededFaults } from '../local/faults/seeded-faults.ts';
import { type Runtime, startRuntime } from '../local/runtime.ts';
import { synthesize } from '../local/synthesize.ts';
import { readTemplate } from '../local/template.ts';
import { startWeatherApi } from '../local/weatherapi/server.ts';
import { weatherapiCurrent } from '../shared/datasets/weatherapi-current.ts';
import { curatedKey, parseRawKey } from '../shared/keys.ts';
import type { Outputs } from '../shared/outputs.ts';
import { type DropPlan, dropFile, planDrop, plannedKeys } from './drop/drop-files.ts';
import { type ParquetRow, readParquet } from './query/parquet-rows.ts';

export interface LocalRunOptions {
  readonly stateDir: string;
  /** The hour to fetch for. */
  readonly at: Date;
  /** Files to put into raw instead of fetching. */
  readonly drop: readonly string[];
  /** Places instead of the configured ones. */
  readonly locations: readonly string[];
  /** A WeatherAPI-compatible base URL; left out, the real one with a key and the stand-in without. */
  readonly apiUrl: string | undefined;
  readonly apiKey: string | undefined;
  /** Lets things go wrong on purpose, as this number says. */
  readonly faultSeed: number | undefined;
  /** Told of each thing that does. */
  readonly onFault: (fault: string) => void;
  readonly signal: AbortSignal;
  /** Told what fetch waits for, as long as it does. */
  readonly onWait: (wait: string) => void;
  /** Told of each finished step, with what it took in milliseconds. */
  readonly onStep: (step: string, milliseconds: number) => void;
}

/** What a run left behind; also the form of `--json`. */
export interface LocalRunResult {
  /** Keys of the raw objects. */
  readonly raw: readonly string[];
  /** Keys of the curated objects. */
  readonly curated: readonly string[];
  readonly rows: readonly ParquetRow[];
  readonly deadLetters: readonly { readonly key: string; readonly reason: string }[];
  /** Places without data, whether that passes by itself or not. */
  readonly skipped: readonly { readonly location: string; readonly reason: string }[];
}

export interface LocalRun {
  readonly result: LocalRunResult;
  /** What each alarm of the template says of the metrics that this run emitted. */
  readonly alarms: readonly AlarmReport[];
  /** Files on disk, in the order of the result's keys. */
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
  const { stateDir, signal, onStep } = options;
  const timed = async <T>(work: Promise<T>, describe: (result: T) => string): Promise<T> => {
    const start = performance.now();
    const result = await work;
    onStep(describe(result), performance.now() - start);
    return result;
  };

  const assembly = join(stateDir, 'cdk.out');
  await timed(synthesize(resolve(assembly), signal), () => `synthesized the stack into ${assembly}`);
  const standIn =
    options.apiUrl || options.apiKey
      ? undefined
      : await startWeatherApi({ key: standInKey, now: () => options.at });
  try {
    const template = await readTemplate(resolve(assembly));
    const apiUrl = options.apiUrl ?? standIn?.url;
    const runtime = await timed(
      startRuntime({
        template,
        stateDir,
        environment: apiUrl ? { WEATHERAPI_URL: apiUrl } : {},
        retryDelay: 1,
        onLog: (line) => {
          const [, wait] = /"message":"(Waiting for WeatherAPI[^"]*)"/.exec(line) ?? [];
          if (wait !== undefined) options.onWait(wait);
        },
        ...(options.faultSeed === undefined ? {} : { faults: faultsOf(options.faultSeed, options) }),
      }),
      ({ emulator }) => `started S3, SQS and the functions on ${new URL(emulator.endpoint).host}`,
    );
    try {
      return await runOnce(runtime, options, timed);
    } finally {
      await runtime.close();
    }
  } finally {
    await standIn?.close();
  }
}

function faultsOf(seed: number, { onFault }: LocalRunOptions) {
  return seededFaults(seed, { without: notToday, onFault: (kind, where) => onFault(`${kind} (${where})`) });
}

type Timed = <T>(work: Promise<T>, describe: (result: T) => string) => Promise<T>;

async function runOnce(runtime: Runtime, options: LocalRunOptions, timed: Timed): Promise<LocalRun> {
  const { emulator } = runtime;
  const outputs = runtime.outputs as unknown as Outputs;
  emulator.secrets.set(outputs.ApiKeySecretName, options.apiKey ?? standInKey);

  const curated = new Set<string>();
  const raw = new Set<string>();
  emulator.onObjectCreated(({ bucket, key }) => {
    if (bucket === outputs.CuratedBucketName) curated.add(key);
    if (bucket === outputs.RawBucketName) raw.add(key);
  });
  const deadLetterQueue = outputs.DeadLetterQueueUrl;
  const deadBefore = new Set(emulator.messages(deadLetterQueue).map(({ id }) => id));

  const problems: string[] = [];
  const skipped: LocalRunResult['skipped'][number][] = [];
  if (options.drop.length > 0) {
    await timed(drop(runtime, outputs, options), (keys) => `put ${count(keys, 'object')} into raw`);
  } else {
    const report = await timed(fetchOnce(runtime, options), describeFetch);
    if (report instanceof Error) problems.push(report.message);
    else {
      if (report.key) raw.add(report.key);
      skipped.push(...report.skipped, ...report.failed);
      problems.push(...report.failed.map(({ location, reason }) => `${location}: ${reason}`));
      // Nothing new to convert: show what this hour's first run made.
      if (report.key && !report.landed) {
        const parsed = parseRawKey(report.key);
        if (parsed.day) curated.add(curatedKey({ ...parsed, day: parsed.day }));
      }
    }
  }
  await timed(
    runtime.settled({ timeout: 600_000, signal: options.signal }),
    () => `converted ${count(curated, 'object')}`,
  );

  const deadLetters = emulator
    .messages(deadLetterQueue)
    .filter(({ id }) => !deadBefore.has(id))
    .map(
      ({
        attributes: { rawKey = '(no key)', reason = 'No reason was recorded: see the log of convert.' },
      }) => ({
        key: rawKey,
        reason,
      }),
    );
  const pathsOf = (bucket: string, keys: Iterable<string>) =>
    [...keys].map((key) => shortest(emulator.pathOf(bucket, key)));
  // Convert may have filed it elsewhere.
  const kept = [...raw].filter((key) => existsSync(emulator.pathOf(outputs.RawBucketName, key)));
  const files = {
    raw: pathsOf(outputs.RawBucketName, kept),
    curated: pathsOf(outputs.CuratedBucketName, curated),
  };
  const rows = await timed(readParquet(files.curated), (read) => `read ${count(read, 'row')} with DuckDB`);
  return {
    result: { raw: kept, curated: [...curated], rows, deadLetters, skipped },
    alarms: await runtime.alarms(),
    files,
    problems: [...problems, ...deadLetters.map(({ key, reason }) => `${key}: ${reason}`)],
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

function describeFetch(report: RunReport | Error): string {
  if (report instanceof Error) return 'fetch failed';
  const { fetched, key, landed } = report;
  if (!key) return report.failed.length > 0 ? 'fetched nothing' : 'fetched nothing: the hour is skipped';
  return landed
    ? `fetched ${fetched} ${fetched === 1 ? 'place' : 'places'}`
    : 'this hour had landed before, and is kept (another: --at)';
}

/** Puts files into raw, as somebody would who drops them into the bucket. */
async function drop(
  runtime: Runtime,
  { RawBucketName: bucket }: Outputs,
  { drop: files, signal }: LocalRunOptions,
): Promise<string[]> {
  const s3 = new S3Client(runtime.clientConfig);
  try {
    const plans: DropPlan[] = [];
    for (const file of files) plans.push(await planDrop(file, weatherapiCurrent, signal));
    for (const plan of plans) await dropFile(plan, { s3, bucket, signal });
    return plans.flatMap(plannedKeys);
  } finally {
    s3.destroy();
  }
}

/** A path as one would type it from here. */
function shortest(path: string): string {
  const fromHere = relative('.', path);
  return fromHere.startsWith('..') ? path : fromHere;
}

/** "1 row", "2 rows" */
function count(things: readonly unknown[] | ReadonlySet<unknown>, noun: string): string {
  const number = 'size' in things ? things.size : things.length;
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

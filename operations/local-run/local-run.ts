import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { AlarmReport } from '../../local/alarms/evaluate.ts';
import { type FaultKind, seededFaults } from '../../local/faults/seeded-faults.ts';
import { type Runtime, startRuntime } from '../../local/runtime.ts';
import { synthesize } from '../../local/synthesize.ts';
import { readTemplate } from '../../local/template.ts';
import { standInKey, startWeatherApi } from '../../local/weatherapi/server.ts';
import { datasets } from '../../shared/datasets.ts';
import { compactedKey, curatedKeysOf, tableDayOf } from '../../shared/keys.ts';
import { counted } from '../counted.ts';
import { type Deployed, deployedLocally } from '../deployed.ts';
import { type Outcome, watchOutcome } from '../outcome.ts';
import { type FreeStateOptions, lockWhenFree } from './free-state.ts';
import { dropFiles, fetchRuns, type Landing, type LandingOptions } from './landing.ts';
import { type Step, type StepListener, type Timed, timedFor } from './steps.ts';
import { sampleTables, type TableSample } from './table-samples.ts';

export interface LocalRunOptions extends LandingOptions, FreeStateOptions, StepListener {
  /** A WeatherAPI-compatible base URL; if undefined, the real one with a key, and the stand-in without. */
  readonly apiUrl: string | undefined;
  readonly apiKey: string | undefined;
  /** Rows to read of each table. */
  readonly maxRows: number;
  /** Told of each fault on purpose. */
  readonly onFault: (fault: string) => void;
}

export interface LocalRun extends Pick<Landing, 'skipped' | 'problems'> {
  /** Keys of the objects in each bucket; in compacted, those of the days that the run is in. */
  readonly raw: readonly string[];
  readonly curated: readonly string[];
  readonly compacted: readonly string[];
  readonly tables: readonly TableSample[];
  readonly deadLetters: readonly { readonly key: string | null; readonly reason: string }[];
  /** What each alarm of the template says of the metrics that this run emitted. */
  readonly alarms: readonly AlarmReport[];
  /** Files on disk, in the order of the keys. */
  readonly files: Readonly<Record<'raw' | 'curated' | 'compacted', readonly string[]>>;
}

/** Faults that one run does not recover from: reconcile does within a day, or somebody has to look. */
const notToday: ReadonlySet<FaultKind> = new Set([
  'S3: event lost',
  'S3: event before the object is visible',
  'S3: access denied, more often than a message is tried',
]);

/** Runs the pipeline once on this computer, from the synthesized template and its bundles. */
export async function runLocally(options: LocalRunOptions): Promise<LocalRun> {
  const { stateDir, signal, apiUrl, apiKey } = options;
  const timed = timedFor(options);
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
      return await runOnce(deployed, runtime, options, timed, clock);
    } finally {
      await deployed.close();
    }
  } finally {
    await standIn?.close();
    lock.release();
  }
}

function faultsOf(seed: number, { onFault }: LocalRunOptions) {
  return seededFaults(seed, { without: notToday, onFault: (kind, where) => onFault(`${kind} (${where})`) });
}

async function runOnce(
  deployed: Deployed,
  runtime: Runtime,
  options: LocalRunOptions,
  timed: Timed,
  clock: { now: Date },
): Promise<LocalRun> {
  const { emulator } = runtime;
  const { ApiKeySecretName, RawBucketName, CuratedBucketName, CompactedBucketName } = deployed.outputs;
  emulator.secrets.set(ApiKeySecretName, options.apiKey ?? standInKey);

  const raw = new Set<string>();
  emulator.onObjectCreated(({ bucket, key }) => {
    if (bucket === RawBucketName) raw.add(key);
  });
  const watch = await watchOutcome(deployed, options.signal);
  const landing =
    options.drop.length > 0
      ? await dropFiles(deployed, options, timed)
      : await fetchRuns(deployed, runtime, options, timed, clock);
  // Not converted again: show what the first run of this time made.
  const before = landing.keys.filter((key) => !raw.has(key));
  const { converted, dead } = await timed(
    'converting and compacting',
    watch.settled({ rawKeys: [] }, options.signal),
    describeConverted,
  );

  const curated = [...new Set([...converted.flat(), ...before.flatMap(curatedKeysOf)])].sort();
  // Convert may have filed a raw object elsewhere, and may not have written a curated one yet.
  const existing = (bucket: string, keys: readonly string[]) =>
    keys.filter((key) => existsSync(emulator.pathOf(bucket, key)));
  const keptRaw = existing(RawBucketName, [...raw, ...before].sort());
  const keptCurated = existing(CuratedBucketName, curated);
  const days = new Set(curated.map((key) => compactedKey(tableDayOf(key))));
  const keptCompacted = existing(CompactedBucketName, [...days].sort());
  const tables = await timed(
    'reading the rows',
    sampleTables(
      datasets.filter((dataset) => landing.datasets.includes(dataset)),
      keptRaw,
      keptCompacted,
      (key) => emulator.pathOf(CompactedBucketName, key),
      options.maxRows,
    ),
    (samples) => `counted ${counted(rowsIn(samples), 'row')} with DuckDB`,
  );
  const deadLetters = dead.map(({ key, reason }) => ({ key, reason }));
  const deaths = deadLetters.map(({ key, reason }) => `${key ?? '(no key)'}: ${reason}`);
  const pathsOf = (bucket: string, keys: readonly string[]) =>
    keys.map((key) => shortest(emulator.pathOf(bucket, key)));
  return {
    raw: keptRaw,
    curated,
    compacted: keptCompacted,
    tables,
    deadLetters,
    skipped: landing.skipped,
    alarms: await runtime.alarms(),
    files: {
      raw: pathsOf(RawBucketName, keptRaw),
      curated: pathsOf(CuratedBucketName, keptCurated),
      compacted: pathsOf(CompactedBucketName, keptCompacted),
    },
    problems: [...landing.problems, ...deaths],
  };
}

function rowsIn(samples: readonly TableSample[]): number {
  return samples.reduce((sum, { rowCount }) => sum + rowCount, 0);
}

function describeConverted({ converted, compacted, dead }: Outcome): Step {
  const text = `converted ${counted(converted.length, 'object')}, compacted into ${compacted.length}`;
  return { text: dead.length > 0 ? `${text}; ${dead.length} died` : text, ok: dead.length === 0 };
}

/** A path as one would type it from here. */
function shortest(path: string): string {
  const fromHere = relative('.', path);
  return fromHere.startsWith('..') ? path : fromHere;
}

import { join, resolve } from 'node:path';
import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { closeable } from '../../local/closeable.ts';
import { type Runtime, startRuntime } from '../../local/runtime.ts';
import { synthesize } from '../../local/synthesize.ts';
import { readTemplate } from '../../local/template.ts';
import { standInKey, startWeatherApi } from '../../local/weatherapi/server.ts';
import type { Dataset } from '../../shared/dataset.ts';
import { givenUpPrefix } from '../../shared/keys.ts';
import { type LoggingFunction, type Outputs, schedulesIn } from '../../shared/outputs.ts';
import { deployedLocally } from '../deployed.ts';
import { lockWhenFree } from '../local-run/free-state.ts';
import { lineOf, logFiles } from '../logs.ts';
import type { Observed } from '../observed.ts';
import { Activities } from './activities.ts';
import { CodeWatch } from './code-watch.ts';
import { startDueRuns } from './due-runs.ts';
import { everySecond } from './every-second.ts';
import { FetchTurns, type StandInClock } from './fetch-turns.ts';
import type { Flow } from './flow.ts';
import { FlowWatch } from './flow-watch.ts';
import { LetterWatch } from './letter-watch.ts';
import type { Live } from './live.ts';
import type { LiveEvent } from './live-event.ts';
import { News } from './news.ts';
import { countPlaces, withPlaces } from './places.ts';
import { type Schedule, ScheduleClock } from './schedule-clock.ts';
import { sizeText } from './titles.ts';
import { Travels } from './travels.ts';

export interface LiveOptions {
  readonly stateDir: string;
  /** Whose schedules run. @default all that are configured */
  readonly datasets: readonly Dataset[] | undefined;
  /** Places instead of the configured ones. */
  readonly locations: readonly string[];
  /** Calls WeatherAPI.com; undefined for the stand-in. */
  readonly apiKey: string | undefined;
  readonly signal: AbortSignal;
  /** An alarm's description in the words for this computer. */
  readonly alarmText: (description: string) => string;
  readonly onProgress: (doing: string) => void;
  /** Told of what keeps it from working, such as a full disk. */
  readonly onTrouble: (reason: string) => void;
  /** Of the project, whose code is watched. @default nobody watches */
  readonly root?: string;
  /** @default the computer's */
  readonly now?: () => Date;
}

export interface LiveStack extends Live {
  readonly runtime: Runtime;
  readonly turns: FetchTurns;
  readonly travels: Travels;
  readonly locations: readonly string[];
  /** Whether the stand-in answers, which knows the weather of any time. */
  readonly isStandIn: boolean;
  flow(): Flow;
  /** Hears every event from now on. @returns ends that */
  hear(listener: (event: LiveEvent) => void): () => void;
  /** Stops every process and keeps the state. */
  close(): Promise<void>;
}

/** Seconds between two looks at the runs. */
const runsPause = 60;

/** Starts the pipeline on this computer, and keeps it up. */
export function startLive(options: LiveOptions): Promise<LiveStack> {
  return closeable((opened) => start(options, opened));
}

async function start(options: LiveOptions, opened: AsyncDisposableStack): Promise<Omit<LiveStack, 'close'>> {
  const { stateDir, locations, apiKey, signal, onProgress, now = () => new Date() } = options;
  const lock = opened.adopt(
    await lockWhenFree({ stateDir, wait: false, signal, onWait: onProgress }),
    (held) => held.release(),
  );
  const assembly = resolve(stateDir, 'cdk.out');
  await synthesize(assembly, signal, onProgress);
  const template = await readTemplate(assembly);

  const standInClock: StandInClock = { at: undefined };
  const standIn = apiKey
    ? undefined
    : opened.adopt(await startWeatherApi({ key: standInKey, now: () => standInClock.at ?? now() }), (api) =>
        api.close(),
      );

  let isChanged = true;
  const news = new News(() => watch.flow());
  opened.defer(() => news.close());
  // Whoever hears of it is made of the runtime.
  const heard = {
    line: (_line: string, _name: string) => {},
    ended: (_name: string, _milliseconds: number) => {},
  };
  const runtime = await startRuntime({
    template,
    stateDir,
    lock,
    environment: standIn ? { WEATHERAPI_URL: standIn.url } : {},
    retryDelay: 1,
    onLog: (line, name) => heard.line(line, name),
    onBegin: () => news.flowChanged(),
    onInvocation: (name, milliseconds) => heard.ended(name, milliseconds),
  });
  opened.defer(() => runtime.close());
  const deployed = await withPlaces(deployedLocally(runtime), locations);
  opened.defer(() => deployed.close());
  const { outputs } = deployed;
  runtime.emulator.secrets.set(outputs.ApiKeySecretName, apiKey ?? standInKey);

  const raw = (await deployed.s3.send(new ListBucketsCommand({}))).Buckets?.find(
    ({ Name }) => Name === outputs.RawBucketName,
  );
  const observed: Observed = {
    outputs,
    s3: deployed.s3,
    sqs: deployed.sqs,
    logs: logFiles(stateDir),
    deployedAt: raw?.CreationDate ?? new Date(0),
    alarms: () => runtime.alarms(),
    scheduleInput: (name) => deployed.scheduleInput(name),
  };
  const clock = new ScheduleClock(schedulesToRun(runtime, outputs, options.datasets), now());
  const watch = new FlowWatch({
    runtime,
    observed,
    clock,
    now,
    places: await countPlaces(deployed),
    alarmText: options.alarmText,
  });
  const activities = new Activities(now, (entry) => news.emit({ type: 'activity', entry }));
  const turns: FetchTurns = new FetchTurns(standInClock, () => travels.fetched());
  const travels: Travels = new Travels({
    reached: deployed,
    now: () => now().getTime(),
    isFetching: () => turns.isBusy,
    begin: (key, bytes) => activities.begin(`${key.split('/').at(-1)}, ${sizeText(bytes)}`),
  });
  const letters = new LetterWatch(runtime, outputs);

  const lookAtLetters = () => {
    const before = letters.count;
    const fresh = letters.fresh();
    for (const letter of fresh) travels.died(letter);
    if (fresh.length === 0 && letters.count === before) return;
    news.changed('letters', 'calendar');
    news.flowChanged();
  };

  const changed = (bucketName: string, key: string, bytes: number | undefined) => {
    const bucket = watch.bucketOf(bucketName);
    if (!bucket) return;
    if (bytes === undefined) watch.removed(bucket, key);
    else watch.wrote(bucket, key, bytes);
    if (bucket === 'raw' && bytes !== undefined) travels.written(key, bytes);
    news.object(bucket, key, bytes === undefined);
    isChanged = true;
    news.flowChanged();
    news.changed('calendar');
    if (bucket === 'compacted') news.changed('rows');
    if (key.startsWith(givenUpPrefix)) news.changed('letters');
  };
  runtime.emulator.onObjectCreated(({ bucket, key, size }) => changed(bucket, key, size));
  runtime.emulator.onObjectRemoved(({ bucket, key }) => changed(bucket, key, undefined));
  heard.line = (text, name) => {
    const line = lineOf(name.replace('-function', '') as LoggingFunction, text, now());
    travels.logged(line);
    if (line.members.message === 'Sent to the dead-letter queue') lookAtLetters();
  };
  heard.ended = (name, milliseconds) => {
    watch.ended(name, milliseconds);
    news.flowChanged();
  };

  if (options.root !== undefined) {
    const code = new CodeWatch({
      root: options.root,
      directory: join(resolve(stateDir), 'bundles'),
      runtime,
      onReloaded: (functions, milliseconds) => news.emit({ type: 'reloaded', functions, milliseconds }),
      onFailed: (reason) => news.emit({ type: 'reload-failed', reason }),
      onStackChanged: (file) =>
        news.emit({
          type: 'reload-failed',
          reason: `${file} changed. It is deployed when you start this again.`,
        }),
    });
    opened.defer(() => code.close());
  }

  const runDue = () =>
    startDueRuns(now(), { clock, outputs, activities, runtime, turns, locations, travels });
  let ticks = 0;
  const look = async () => {
    lookAtLetters();
    const { convert, compact } = watch.flow().queues;
    const isIdle = convert.waiting + convert.inFlight + compact.waiting + compact.inFlight === 0;
    await travels.sweep(isIdle);
    // Every second while something goes on, else now and then.
    if (isChanged || ticks % 10 === 0) await watch.lookAtAlarms();
    isChanged = false;
    if (ticks % runsPause === 0) await watch.lookAtRuns();
    if (ticks % 5 === 0) news.flowChanged();
    ticks += 1;
  };
  const onTrouble = (error: unknown) => {
    if (!signal.aborted) options.onTrouble(error instanceof Error ? error.message : String(error));
  };
  for (const work of [runDue, look]) opened.defer(everySecond(work, onTrouble));
  // Nobody is told of how it ends.
  opened.defer(() => news.close());
  return {
    deployed,
    observed,
    state: stateDir,
    signal,
    now,
    activities,
    emit: (event) => news.emit(event),
    follow: (entry, rawKeys, isThere) => travels.follow(entry, rawKeys, [], isThere),
    runtime,
    turns,
    travels,
    locations,
    isStandIn: standIn !== undefined,
    flow: () => watch.flow(),
    hear: (listener) => news.hear(listener),
  };
}

/** Those of the datasets, and reconcile's. @throws {Error} when one of them is not configured */
function schedulesToRun(
  { schedules }: Runtime,
  outputs: Outputs,
  datasets: readonly Dataset[] | undefined,
): readonly Schedule[] {
  const configured = schedulesIn(outputs);
  const missing = (datasets ?? []).filter(({ name }) => !configured.has(name)).map(({ name }) => name);
  if (missing.length > 0)
    throw new Error(
      `cdk.json does not configure ${missing.join(', ')}. Add under datasets: ${missing.map((name) => `"${name}": {}`).join(', ')}`,
    );
  const left = new Set(
    [...configured].flatMap(([dataset, { name }]) =>
      datasets && !datasets.some((each) => each.name === dataset) ? [name] : [],
    ),
  );
  return schedules.filter(({ name }) => !left.has(name));
}

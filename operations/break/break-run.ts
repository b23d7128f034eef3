import { readFile, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import { readRaw } from '../../functions/convert/raw-object.ts';
import type { RunReport } from '../../functions/fetch/run.ts';
import type { FaultKind } from '../../local/faults/seeded-faults.ts';
import { makeProcessFolder } from '../../local/process-folder.ts';
import { type Runtime, startRuntime } from '../../local/runtime.ts';
import { readTemplate } from '../../local/template.ts';
import { standInKey, startWeatherApi } from '../../local/weatherapi/server.ts';
import { keysIn } from '../../shared/dead-letters.ts';
import { schedulesIn } from '../../shared/outputs.ts';
import { deadLettersOf } from '../dead-letters/dead-letters-of.ts';
import { redrive } from '../dead-letters/redrive.ts';
import { type Deployed, deployedLocally } from '../deployed.ts';
import { readParquet } from '../query/parquet-rows.ts';
import { type BreakOptions, FaultWatch } from './fault-watch.ts';
import { faultlessFate } from './faultless.ts';
import type { Fate, Settled } from './oracle.ts';
import { day, droppedObjects, instant } from './traffic.ts';
import { type Verdict, verdictOf } from './verdict.ts';

/** What leaves an object without a message: reconcile has to find it. */
const losses: readonly FaultKind[] = ['S3: event lost', 'S3: event before the object is visible'];
const hour = 3_600_000;
const dataset = 'weatherapi/current';
const places = ['Oslo', 'Melbourne'];
/** Of a failed run, as Lambda does. */
const tries = 3;

/**
 * Breaks a pipeline of its own on purpose, while objects are dropped and fetched. Then what was lost is reconciled, dead
 * letters are sent again without faults, and the oracle says what became of each object.
 */
export async function breakRun(options: BreakOptions): Promise<Verdict> {
  const opened = new AsyncDisposableStack();
  try {
    const stateDir = makeProcessFolder(resolve(options.state, 's3'), 'break');
    opened.defer(() => rm(stateDir, { recursive: true, force: true }));
    const now = new Date(instant * 1000);
    const api = opened.adopt(await startWeatherApi({ key: standInKey, now: () => now }), (each) =>
      each.close(),
    );
    const watch = new FaultWatch(options);
    options.signal.throwIfAborted();
    const runtime = await startRuntime({
      template: await readTemplate(options.assembly),
      stateDir,
      environment: { WEATHERAPI_URL: api.url },
      retryDelay: 0,
      delays: false,
      faults: watch.faults,
    });
    const deployed = opened.adopt(deployedLocally(runtime), (each) => each.close());
    // A function may be at work for a minute.
    const stop = () => void deployed.close();
    options.signal.addEventListener('abort', stop, { once: true });
    opened.defer(() => options.signal.removeEventListener('abort', stop));
    runtime.emulator.secrets.set(deployed.outputs.ApiKeySecretName, standInKey);
    return await play(deployed, runtime, watch, options);
  } finally {
    await opened.disposeAsync();
  }
}

async function play(
  deployed: Deployed,
  runtime: Runtime,
  watch: FaultWatch,
  { seed, signal, objects = 40 }: BreakOptions,
): Promise<Verdict> {
  const { s3, sqs, outputs } = deployed;
  const { RawBucketName, CuratedBucketName, QueueUrl, CompactQueueUrl } = outputs;
  const dropped = droppedObjects(seed, objects);
  watch.begin(dropped.length);
  const settled = new Set<string>();
  runtime.emulator.onObjectCreated(({ bucket, key }) => {
    if (bucket !== CuratedBucketName) return;
    settled.add(key);
    watch.settled(settled.size);
  });
  const drop = pMap(
    dropped,
    ({ key, body }) => s3.send(new PutObjectCommand({ Bucket: RawBucketName, Key: key, Body: body })),
    { concurrency: 4, signal },
  );
  const [fetched] = await Promise.all([fetchRuns(runtime, deployed, signal), drop]);
  await runtime.settled({ signal });
  watch.step();
  // What it files has an event of its own, which may be lost as well.
  for (let found = 0; watch.count(losses) > found; ) {
    found = watch.count(losses);
    const reconciled = await runtime.runSchedule('reconcile-schedule', new Date());
    if (!reconciled.ok) throw new Error(`Reconcile failed: ${reconciled.error.message}`);
    await runtime.settled({ signal });
  }
  watch.step();
  const afterFaults = await settledState(deployed, runtime);

  watch.end();
  const fates: Fate[] = [];
  for (const { key, body } of dropped)
    fates.push({
      ...(await faultlessFate(key, { body: pieces(body), fetchedAt: null }, day)),
      deliveries: [],
    });
  const lost: string[] = [];
  for (const key of fetched) {
    const object = await readRaw(s3, RawBucketName, key, signal);
    if (object) fates.push({ ...(await faultlessFate(key, object, day)), deliveries: [] });
    else lost.push(`${key}: reported, but not landed`);
  }
  // Before they are sent again.
  const judged = fates.map((fate) => ({ ...fate, deliveries: watch.deliveriesOf(fate.keys) }));
  await redrive(
    deadLettersOf(deployed),
    { sqs, queueUrls: { convert: QueueUrl, compact: CompactQueueUrl } },
    {},
    { signal },
  );
  await runtime.settled({ signal });
  watch.step();
  const verdict = verdictOf(judged, {
    afterFaults,
    afterRedrive: await settledState(deployed, runtime),
    rows: await tableRows(deployed, runtime),
    deadDays: lettersIn(runtime, outputs.CompactDeadLetterQueueUrl).map(
      ({ key, reason }) => `${key} (${reason})`,
    ),
  });
  return watch.judged({ ...verdict, problems: [...lost, ...verdict.problems] });
}

/** Two runs, one of them twice at once. @returns the keys that they reported */
async function fetchRuns(runtime: Runtime, { outputs }: Deployed, signal: AbortSignal): Promise<string[]> {
  const schedule = schedulesIn(outputs).get(dataset)?.name;
  if (schedule === undefined) return [];
  const times = [0, hour, hour].map((ago) => new Date(instant * 1000 - ago));
  const keys = await pMap(times, async (time) => {
    for (let left = tries; left > 0; left--) {
      signal.throwIfAborted();
      const invocation = await runtime.runSchedule(schedule, time, (event) => ({
        ...event,
        locations: places,
      }));
      if (invocation.ok) return (invocation.response as RunReport).keys;
    }
    return [];
  });
  return [...new Set(keys.flat())];
}

async function settledState({ outputs }: Deployed, { emulator }: Runtime): Promise<Settled> {
  const { CuratedBucketName, CompactedBucketName, DeadLetterQueueUrl } = outputs;
  const keys = [...emulator.sizesIn(CuratedBucketName).keys()];
  const files = keys.map(
    async (key) => [key, await readFile(emulator.pathOf(CuratedBucketName, key))] as const,
  );
  return {
    curated: new Map(await Promise.all(files)),
    letters: lettersIn({ emulator }, DeadLetterQueueUrl),
    openUploads: [CuratedBucketName, CompactedBucketName].flatMap(emulator.openUploads),
  };
}

function lettersIn({ emulator }: Pick<Runtime, 'emulator'>, queueUrl: string): Settled['letters'] {
  return emulator.messages(queueUrl).map(({ body, attributes: { code, reason } }) => ({
    key: keysIn(body)[0],
    code,
    reason,
    body,
  }));
}

/** By raw key. */
async function tableRows({ outputs }: Deployed, { emulator }: Runtime): Promise<Map<string, number>> {
  const bucket = outputs.CompactedBucketName;
  const keys = [...emulator.sizesIn(bucket).keys()];
  const rows = new Map<string, number>();
  for (const { raw_key } of await readParquet(keys.map((key) => emulator.pathOf(bucket, key))))
    rows.set(String(raw_key), (rows.get(String(raw_key)) ?? 0) + 1);
  return rows;
}

async function* pieces(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}

import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { RunReport } from '../functions/fetch/run.ts';
import type { Faults } from '../local/faults/faults.ts';
import type { Invocation } from '../local/lambda/sandbox.ts';
import { type Runtime, startRuntime } from '../local/runtime.ts';
import { readTemplate } from '../local/template.ts';
import { startWeatherApi } from '../local/weatherapi/server.ts';
import { type ParquetRow, readParquet } from '../operations/query/parquet-rows.ts';
import { type Outputs, schedulesIn } from '../shared/outputs.ts';
import { assemblyDirectory } from './assembly.ts';

export interface StackOptions {
  /** Base URL of what answers like WeatherAPI. @default the stand-in's */
  readonly apiUrl?: string;
  /** Milliseconds by which functions' clocks are ahead. */
  readonly clocks?: Readonly<Record<string, number>>;
  /** Nobody is told of curated objects, so that only reconcile has anything compacted. */
  readonly withoutCompact?: true;
  /** Fills the state directory before the start. */
  readonly prepare?: (stateDir: string) => Promise<void>;
}

export interface RawContent {
  readonly body: Buffer;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface Letter {
  readonly key: string | undefined;
  readonly code: string | undefined;
  readonly reason: string | undefined;
  readonly body: string;
}

/** The buckets that somebody else than the functions may write to. */
export type ChangedBucket = 'raw' | 'curated';

/** The stack at work, for many tests: what goes wrong can be changed, and everything can be cleared away. */
export interface Stack {
  readonly runtime: Runtime;
  readonly outputs: Outputs;
  /** What goes wrong from now on. */
  faults: Faults;
  /** Keys of raw objects, each as often as it was written since the stack was cleared. */
  readonly landed: readonly string[];
  /** Starts a run of fetch, as the dataset's schedule would. @param dataset default: `weatherapi/current` */
  invokeFetch(scheduledTime: Date, locations: readonly string[], dataset?: string): Promise<Invocation>;
  /** @returns the run's report @throws {Error} when fetch failed */
  fetch(scheduledTime: Date, locations: readonly string[], dataset?: string): Promise<RunReport>;
  /** Starts reconcile. */
  reconcile(): Promise<Invocation>;
  /** Gives the stand-in API and the secret another key, as a rotation would; the old one is refused from now on. */
  rotateKey(key: string): void;
  /** Puts a raw object, as somebody would who drops a file; or a curated one. */
  put(
    key: string,
    body: string | Uint8Array,
    metadata?: Readonly<Record<string, string>>,
    bucket?: ChangedBucket,
  ): Promise<void>;
  remove(key: string, bucket?: ChangedBucket): Promise<void>;
  /** Undefined when there is none. */
  raw(key: string): Promise<RawContent | undefined>;
  curatedKeys(): Promise<string[]>;
  /** All curated objects. */
  curated(): Promise<Map<string, Buffer>>;
  /** All compacted objects. */
  compacted(): Promise<Map<string, Buffer>>;
  /** Of a curated object, read by DuckDB. */
  rows(curatedKey: string): Promise<ParquetRow[]>;
  /** Of a compacted object, read by DuckDB. */
  tableRows(compactedKey: string): Promise<ParquetRow[]>;
  /** @param stage default: convert */
  letters(stage?: 'convert' | 'compact'): Letter[];
  /** Sends every dead letter's message to its queue again. */
  redrive(): Promise<void>;
  /** How often a message of an object, or of those with a prefix, was handed to a function, by message, since the stack was cleared. */
  deliveries(keyOrPrefix: string): number[];
  /** What a function has printed so far. */
  log(functionName: string): string;
  /** No objects, no dead letters, no faults: for the next test. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export const hour = 3_600_000;
/** The stand-in API's. */
export const apiKey = 'test-key';

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { apiUrl, clocks = {}, withoutCompact = false, prepare } = options;
  const stateDir = await mkdtemp(join(tmpdir(), 'stack-'));
  await prepare?.(stateDir);
  const access = { key: apiKey, now: () => new Date('2026-11-22T05:00:00Z') };
  const api = await startWeatherApi(access);
  let faults: Faults = {};
  let delivered = new Map<string, { readonly key: string; readonly count: number }>();
  const runtime = await startRuntime({
    template: await readTemplate(assemblyDirectory()),
    stateDir,
    environment: { WEATHERAPI_URL: apiUrl ?? api.url },
    retryDelay: 0,
    delays: false,
    faults: {
      request: (...asked) => faults.request?.(...asked),
      event: (event) => (withoutCompact && event.bucket === 'curated' ? [] : (faults.event?.(event) ?? [0])),
      delivery: (message) => {
        const { MessageId: id = '', Body = '' } = message;
        delivered.set(id, { key: keyIn(Body), count: (delivered.get(id)?.count ?? 0) + 1 });
        return faults.delivery?.(message);
      },
      invocation: (...asked) => faults.invocation?.(...asked),
      clockAhead: (name) => clocks[name] ?? 0,
    },
  });
  const outputs = runtime.outputs as unknown as Outputs;
  const { RawBucketName, CuratedBucketName, CompactedBucketName, ApiKeySecretName } = outputs;
  const queues = {
    convert: { url: outputs.QueueUrl, deadLettersUrl: outputs.DeadLetterQueueUrl },
    compact: { url: outputs.CompactQueueUrl, deadLettersUrl: outputs.CompactDeadLetterQueueUrl },
  } as const;
  const { emulator } = runtime;
  emulator.secrets.set(ApiKeySecretName, apiKey);
  // A connection of its own for each request: faults close those that are kept open.
  const httpAgent = new Agent({ keepAlive: false });
  const s3 = new S3Client({ ...runtime.clientConfig, requestHandler: { httpAgent } });
  const sqs = new SQSClient({ ...runtime.clientConfig, requestHandler: { httpAgent } });
  let landed: string[] = [];
  emulator.onObjectCreated(({ bucket, key }) => {
    if (bucket === RawBucketName) landed.push(key);
  });

  const keysIn = async (Bucket: string): Promise<string[]> => {
    const { Contents = [], IsTruncated } = await s3.send(new ListObjectsV2Command({ Bucket }));
    if (IsTruncated) throw new Error(`${Bucket} has more objects than one listing holds.`);
    return Contents.map(({ Key = '' }) => Key);
  };
  const empty = async (Bucket: string): Promise<void> => {
    const keys = await keysIn(Bucket);
    await Promise.all(keys.map((Key) => s3.send(new DeleteObjectCommand({ Bucket, Key }))));
  };
  const objectsIn = async (bucket: string): Promise<Map<string, Buffer>> => {
    const keys = await keysIn(bucket);
    const objects = keys.map(async (key) => [key, await readFile(emulator.pathOf(bucket, key))] as const);
    return new Map(await Promise.all(objects));
  };
  const purge = (queueUrl: string) => sqs.send(new PurgeQueueCommand({ QueueUrl: queueUrl }));

  await runtime.settled(); // S3's test event.
  const stack: Stack = {
    runtime,
    outputs,
    get faults() {
      return faults;
    },
    set faults(next) {
      faults = next;
    },
    get landed() {
      return landed;
    },
    invokeFetch: (scheduledTime, locations, dataset = 'weatherapi/current') => {
      const schedule = schedulesIn(outputs).get(dataset)?.name ?? dataset;
      return runtime.runSchedule(schedule, scheduledTime, (event) => ({ ...event, locations }));
    },
    async fetch(scheduledTime, locations, dataset) {
      const invocation = await stack.invokeFetch(scheduledTime, locations, dataset);
      if (!invocation.ok) throw new Error(invocation.error.message);
      return invocation.response as RunReport;
    },
    reconcile: () => runtime.runSchedule('reconcile-schedule', new Date()),
    rotateKey(key) {
      access.key = key;
      emulator.secrets.set(ApiKeySecretName, key);
    },
    async put(Key, Body, metadata = {}, Bucket = 'raw') {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body, Metadata: { ...metadata } }));
    },
    async remove(Key, Bucket = 'raw') {
      await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    },
    async raw(Key) {
      if (!(await keysIn(RawBucketName)).includes(Key)) return undefined;
      const { Body, Metadata = {} } = await s3.send(new GetObjectCommand({ Bucket: RawBucketName, Key }));
      return { body: Buffer.from((await Body?.transformToByteArray()) ?? []), metadata: Metadata };
    },
    curatedKeys: () => keysIn(CuratedBucketName),
    curated: () => objectsIn(CuratedBucketName),
    compacted: () => objectsIn(CompactedBucketName),
    rows: (curatedKey) => readParquet([emulator.pathOf(CuratedBucketName, curatedKey)]),
    tableRows: (compactedKey) => readParquet([emulator.pathOf(CompactedBucketName, compactedKey)]),
    letters: (stage = 'convert') =>
      emulator.messages(queues[stage].deadLettersUrl).map(({ body, attributes: { code, reason } }) => ({
        key: keyIn(body),
        code,
        reason,
        body,
      })),
    async redrive() {
      for (const stage of ['convert', 'compact'] as const) {
        const { url, deadLettersUrl } = queues[stage];
        const letters = stack.letters(stage);
        await purge(deadLettersUrl);
        for (const { body } of letters) emulator.send(url, body);
      }
    },
    deliveries: (key) =>
      [...delivered.values()]
        .filter((message) => message.key === key || (key.endsWith('/') && message.key.startsWith(key)))
        .map(({ count }) => count),
    log: (functionName) => {
      const file = join(stateDir, 'logs', `${functionName}.log`);
      const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
      // What Lambda counts stands there as well.
      return lines.filter((line) => !line.includes('AWS/Lambda')).join('\n');
    },
    async clear() {
      stack.faults = {};
      await runtime.settled();
      stack.rotateKey(apiKey);
      // Nobody is to be told of it.
      stack.faults = { event: () => [] };
      const letters = Object.values(queues).map(({ deadLettersUrl }) => purge(deadLettersUrl));
      await Promise.all([...[RawBucketName, CuratedBucketName, CompactedBucketName].map(empty), ...letters]);
      stack.faults = {};
      delivered = new Map();
      landed = [];
    },
    async close() {
      s3.destroy();
      sqs.destroy();
      await runtime.close();
      await api.close();
      await rm(stateDir, { recursive: true });
    },
  };
  return stack;
}

/** The raw key in an event. Empty when there is none. */
function keyIn(body: string): string {
  const encoded = /"key":"([^"]*)"/.exec(body)?.[1] ?? '';
  return decodeURIComponent(encoded.replaceAll('+', ' '));
}

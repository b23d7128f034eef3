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
import type { Faults } from '../../../local/faults/faults.ts';
import type { Invocation } from '../../../local/lambda/sandbox.ts';
import { type Runtime, startRuntime } from '../../../local/runtime.ts';
import { readTemplate } from '../../../local/template.ts';
import type { Outputs } from '../../../shared/outputs.ts';
import { assemblyDirectory } from '../../assembly.ts';

/** What is put into raw. */
export interface Content {
  readonly body: Uint8Array;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface Letter {
  readonly key: string | undefined;
  readonly code: string | undefined;
  readonly reason: string | undefined;
  readonly body: string;
}

/** The stack at work, for many plays: what goes wrong can be changed, and everything be cleared away. */
export interface Stage {
  readonly runtime: Runtime;
  readonly outputs: Outputs;
  /** What goes wrong from now on. */
  faults: Faults;
  /** How often a message of a raw object was handed to convert, by message, since the stage was cleared. */
  deliveries(key: string): number[];
  /** Keys of raw objects, each as often as it was written since the stage was cleared. */
  readonly landed: readonly string[];
  put(key: string, content: Content): Promise<void>;
  remove(key: string): Promise<void>;
  /** Undefined when there is none. */
  raw(key: string): Promise<Content | undefined>;
  /** All curated objects. */
  curated(): Promise<Map<string, Buffer>>;
  letters(): Letter[];
  /** Sends every dead letter's message to the queue again. */
  redrive(): Promise<void>;
  /** Starts a run of fetch, as its schedule would. */
  fetch(scheduledTime: Date, locations: readonly string[]): Promise<Invocation>;
  /** Starts reconcile an hour from now, when no event can be on its way any more. */
  reconcile(): Promise<Invocation>;
  clear(): Promise<void>;
  close(): Promise<void>;
}

export const hour = 3_600_000;
/** The stand-in API's. */
export const apiKey = 'test-key';

/**
 * @param apiUrl base URL of what answers like WeatherAPI
 * @param clocks milliseconds by which functions' clocks are ahead
 */
export async function openStage(
  apiUrl: string,
  clocks: Readonly<Record<string, number>> = {},
): Promise<Stage> {
  const stateDir = await mkdtemp(join(tmpdir(), 'faults-'));
  let faults: Faults = {};
  let delivered = new Map<string, { readonly key: string; readonly count: number }>();
  const runtime = await startRuntime({
    template: await readTemplate(assemblyDirectory()),
    stateDir,
    environment: { WEATHERAPI_URL: apiUrl },
    retryDelay: 0,
    faults: {
      request: (...asked) => faults.request?.(...asked),
      event: (created) => faults.event?.(created) ?? [0],
      delivery: (message) => {
        const { MessageId: id = '', Body = '' } = message;
        delivered.set(id, { key: keyIn(Body), count: (delivered.get(id)?.count ?? 0) + 1 });
        return faults.delivery?.(message);
      },
      invocation: (...asked) => faults.invocation?.(...asked),
      clockAhead: (name) => ({ 'reconcile-function': hour, ...clocks })[name] ?? 0,
    },
  });
  const outputs = runtime.outputs as unknown as Outputs;
  const { RawBucketName, CuratedBucketName, QueueUrl, DeadLetterQueueUrl } = outputs;
  const { emulator } = runtime;
  // Connections of its own for each request: those that are kept open, faults close.
  const httpAgent = new Agent({ keepAlive: false });
  const s3 = new S3Client({ ...runtime.clientConfig, requestHandler: { httpAgent } });
  const sqs = new SQSClient({ ...runtime.clientConfig, requestHandler: { httpAgent } });
  runtime.emulator.secrets.set(outputs.ApiKeySecretName, apiKey);
  let landed: string[] = [];
  emulator.onObjectCreated(({ bucket, key }) => {
    if (bucket === RawBucketName) landed.push(key);
  });

  const keysIn = async (Bucket: string): Promise<string[]> => {
    const { Contents = [], IsTruncated } = await s3.send(new ListObjectsV2Command({ Bucket }));
    if (IsTruncated) throw new Error(`${Bucket} has more objects than one listing tells of.`);
    return Contents.map(({ Key = '' }) => Key);
  };
  const empty = async (Bucket: string): Promise<void> => {
    const keys = await keysIn(Bucket);
    await Promise.all(keys.map((Key) => s3.send(new DeleteObjectCommand({ Bucket, Key }))));
  };
  const purge = () => sqs.send(new PurgeQueueCommand({ QueueUrl: DeadLetterQueueUrl }));

  await runtime.settled(); // S3's test event.
  const stage: Stage = {
    runtime,
    outputs,
    get faults() {
      return faults;
    },
    set faults(next) {
      faults = next;
    },
    deliveries: (key) =>
      [...delivered.values()].filter((message) => message.key === key).map(({ count }) => count),
    get landed() {
      return landed;
    },
    async put(Key, { body, metadata }) {
      const object = { Bucket: RawBucketName, Key, Body: body, Metadata: { ...metadata } };
      await s3.send(new PutObjectCommand(object));
    },
    async remove(Key) {
      await s3.send(new DeleteObjectCommand({ Bucket: RawBucketName, Key }));
    },
    async raw(Key) {
      if (!(await keysIn(RawBucketName)).includes(Key)) return undefined;
      const answer = await s3.send(new GetObjectCommand({ Bucket: RawBucketName, Key }));
      return {
        body: (await answer.Body?.transformToByteArray()) ?? new Uint8Array(),
        metadata: answer.Metadata ?? {},
      };
    },
    async curated() {
      const objects = (await keysIn(CuratedBucketName)).map(
        async (key) => [key, await readFile(emulator.pathOf(CuratedBucketName, key))] as const,
      );
      return new Map(await Promise.all(objects));
    },
    letters: () =>
      emulator.messages(DeadLetterQueueUrl).map(({ body, attributes: { code, reason } }) => ({
        key: keyIn(body),
        code,
        reason,
        body,
      })),
    async redrive() {
      const letters = stage.letters();
      await purge();
      for (const { body } of letters) emulator.send(QueueUrl, body);
    },
    fetch: (scheduledTime, locations) =>
      runtime.runSchedule('fetch-function', scheduledTime, (event) => ({ ...event, locations })),
    reconcile: () => runtime.runSchedule('reconcile-function', new Date()),
    async clear() {
      stage.faults = {};
      await runtime.settled();
      await Promise.all([empty(RawBucketName), empty(CuratedBucketName), purge()]);
      delivered = new Map();
      landed = [];
    },
    async close() {
      s3.destroy();
      sqs.destroy();
      await runtime.close();
      await rm(stateDir, { recursive: true });
    },
  };
  return stage;
}

/** The raw key in an event. Empty for what is none. */
function keyIn(body: string): string {
  const encoded = /"key":"([^"]*)"/.exec(body)?.[1] ?? '';
  return decodeURIComponent(encoded.replaceAll('+', ' '));
}

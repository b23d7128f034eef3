import { mkdtemp, rm } from 'node:fs/promises';
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
import { type Emulator, startEmulator } from '../local/aws/emulator.ts';
import type { RequestFaults } from '../local/aws/request-faults.ts';
import { type EventObject, objectsIn } from '../shared/s3-event.ts';

const buckets = ['raw', 'curated', 'compacted'] as const;
type Bucket = (typeof buckets)[number];
type Metadata = Readonly<Record<string, string>>;

export interface StoredObject {
  readonly body: Buffer;
  readonly contentType: string | undefined;
  readonly metadata: Metadata;
}

/** The buckets, and each function's queue and dead letters, over the real protocols on loopback, with nobody at work. */
export interface Aws {
  readonly emulator: Emulator;
  /** Of clients that try each request once. */
  readonly config: ReturnType<typeof clientConfig>;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  /** Convert's. */
  readonly queueUrl: string;
  readonly deadLettersUrl: string;
  readonly compactQueueUrl: string;
  readonly compactDeadLettersUrl: string;
  /** Answers requests in the service's place until `empty`. */
  fault: RequestFaults;
  put(bucket: Bucket, key: string, body?: string | Uint8Array, metadata?: Metadata): Promise<void>;
  remove(bucket: Bucket, key: string): Promise<void>;
  object(bucket: Bucket, key: string): Promise<StoredObject>;
  keys(bucket: Bucket): Promise<string[]>;
  /** The objects that were sent to a queue, convert's unless said otherwise, by key. */
  sent(queueUrl?: string): EventObject[];
  deadLetters(): { body: string; attributes: Record<string, string> }[];
  /** No objects, no messages, no faults: for the next test. */
  empty(): Promise<void>;
  stop(): Promise<void>;
}

const region = 'us-east-1';
const clientConfig = (endpoint: string) => ({
  endpoint,
  region,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  maxAttempts: 1,
});

/** @param stateDir one that stays; left out, one that is removed at the end */
export async function startAws(stateDir?: string): Promise<Aws> {
  const directory = stateDir ?? (await mkdtemp(join(tmpdir(), 'aws-')));
  const noFault: RequestFaults = () => undefined;
  const emulator = await startEmulator({ stateDir: directory, region, faults: (call) => aws.fault(call) });
  for (const bucket of buckets) emulator.createBucket(bucket);
  const queues = {
    queueUrl: emulator.createQueue('queue', {}).url,
    deadLettersUrl: emulator.createQueue('dead-letters', {}).url,
    compactQueueUrl: emulator.createQueue('compact-queue', {}).url,
    compactDeadLettersUrl: emulator.createQueue('compact-dead-letters', {}).url,
  };
  const config = clientConfig(emulator.endpoint);
  const s3 = new S3Client(config);
  const sqs = new SQSClient(config);

  const aws: Aws = {
    emulator,
    config,
    s3,
    sqs,
    ...queues,
    fault: noFault,
    async put(Bucket, Key, body = '{}', metadata = {}) {
      await s3.send(
        new PutObjectCommand({ Bucket, Key, Body: Buffer.from(body), Metadata: { ...metadata } }),
      );
    },
    async remove(Bucket, Key) {
      await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    },
    async object(Bucket, Key) {
      const { Body, ContentType, Metadata = {} } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      const body = Buffer.from((await Body?.transformToByteArray()) ?? []);
      return { body, contentType: ContentType, metadata: Metadata };
    },
    async keys(Bucket) {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
      return Contents.map(({ Key = '' }) => Key);
    },
    sent: (queueUrl = queues.queueUrl) =>
      emulator
        .messages(queueUrl)
        .flatMap(({ body }) => objectsIn(body))
        .sort((a, b) => (a.key < b.key ? -1 : 1)),
    deadLetters: () =>
      emulator.messages(queues.deadLettersUrl).map(({ body, attributes }) => ({ body, attributes })),
    async empty() {
      aws.fault = noFault;
      for (const bucket of buckets) for (const key of await aws.keys(bucket)) await aws.remove(bucket, key);
      for (const QueueUrl of Object.values(queues)) await sqs.send(new PurgeQueueCommand({ QueueUrl }));
    },
    async stop() {
      s3.destroy();
      sqs.destroy();
      await emulator.close();
      if (stateDir === undefined) await rm(directory, { recursive: true });
    },
  };
  return aws;
}

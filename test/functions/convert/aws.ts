import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type Converted, convertObject } from '../../../functions/convert/convert-object.ts';
import { type LoggedRequest, startEmulator } from '../../../local/aws/emulator.ts';
import type { RequestFaults } from '../../../local/aws/request-faults.ts';
import { type ParquetRow, readParquet } from '../../../operations/query/parquet-rows.ts';

export interface DeadLetter {
  readonly body: string;
  readonly attributes: Record<string, string>;
}

/** The two buckets and the dead-letter queue, over the real protocols on loopback. */
export interface Aws {
  readonly s3: S3Client;
  readonly rawBucket: string;
  readonly curatedBucket: string;
  /** Answers requests in the service's place until `empty`. */
  fault: RequestFaults;
  /** Happens after each of these requests until `empty`, before its sender has the answer. */
  after: (action: string, time: number) => unknown;
  /** As the function does it. */
  convert(rawKey: string): Promise<Converted>;
  /** Keys in raw. */
  rawKeys(): Promise<string[]>;
  /** Requests to S3 and SQS so far. */
  readonly requests: readonly LoggedRequest[];
  putRaw(key: string, body: string | Uint8Array, metadata?: Record<string, string>): Promise<void>;
  removeRaw(key: string): Promise<void>;
  rawBytes(key: string): Promise<Buffer>;
  curatedKeys(): Promise<string[]>;
  curatedBytes(key: string): Promise<Buffer>;
  /** Read by DuckDB. */
  curatedRows(key: string): Promise<ParquetRow[]>;
  deadLetters(): DeadLetter[];
  /** No objects, no messages, no faults: for the next test. */
  empty(): Promise<void>;
  stop(): Promise<void>;
}

/** Also sets the environment as Lambda would, so that a handler may be imported after it. */
export async function startAws(): Promise<Aws> {
  const stateDir = await mkdtemp(path.join(tmpdir(), 'convert-'));
  const region = 'us-east-1';
  const rawBucket = 'raw';
  const curatedBucket = 'curated';
  const noFault: RequestFaults = () => undefined;
  const emulator = await startEmulator({ stateDir, region, faults: (call) => aws.fault(call) });
  emulator.createBucket(rawBucket);
  emulator.createBucket(curatedBucket);
  const { url } = emulator.createQueue('dead-letters', {});
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: emulator.endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_MAX_ATTEMPTS: '1',
    RAW_BUCKET: rawBucket,
    CURATED_BUCKET: curatedBucket,
    DEAD_LETTER_QUEUE_URL: url,
    MAX_RECEIVE_COUNT: '5',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    POWERTOOLS_METRICS_NAMESPACE: 'Test',
    POWERTOOLS_METRICS_DISABLED: 'true',
  });
  const s3 = new S3Client();
  const worker = new S3Client();
  const times = new Map<string, number>();
  worker.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const answer = await next(args);
        const action = commandName.replace('Command', '');
        times.set(action, (times.get(action) ?? 0) + 1);
        await aws.after(action, times.get(action) ?? 0);
        return answer;
      },
    { step: 'initialize' },
  );
  const sqs = new SQSClient();

  async function keysIn(Bucket: string): Promise<string[]> {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    return Contents.map(({ Key = '' }) => Key);
  }

  const aws: Aws = {
    s3,
    rawBucket,
    curatedBucket,
    fault: noFault,
    after: () => {},
    convert: (rawKey) =>
      convertObject(rawKey, {
        s3: worker,
        raw: rawBucket,
        curated: curatedBucket,
        signal: new AbortController().signal,
      }),
    requests: emulator.requests,
    async putRaw(Key, body, Metadata = {}) {
      await s3.send(new PutObjectCommand({ Bucket: rawBucket, Key, Body: Buffer.from(body), Metadata }));
    },
    async removeRaw(Key) {
      await s3.send(new DeleteObjectCommand({ Bucket: rawBucket, Key }));
    },
    async rawBytes(Key) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: rawBucket, Key }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    rawKeys: () => keysIn(rawBucket),
    curatedKeys: () => keysIn(curatedBucket),
    curatedBytes: (key) => readFile(emulator.pathOf(curatedBucket, key)),
    curatedRows: (key) => readParquet([emulator.pathOf(curatedBucket, key)]),
    deadLetters: () => emulator.messages(url).map(({ body, attributes }) => ({ body, attributes })),
    async empty() {
      aws.fault = noFault;
      aws.after = () => {};
      times.clear();
      for (const Bucket of [rawBucket, curatedBucket]) {
        for (const Key of await keysIn(Bucket)) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
      }
      await sqs.send(new PurgeQueueCommand({ QueueUrl: url }));
    },
    async stop() {
      s3.destroy();
      worker.destroy();
      sqs.destroy();
      await emulator.close();
      await rm(stateDir, { recursive: true });
    },
  };
  return aws;
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type Emulator, startEmulator } from '../../../local/aws/emulator.ts';
import type { RequestFaults } from '../../../local/aws/request-faults.ts';
import { type CreatedObject, createdObjects } from '../../../shared/s3-event.ts';
import { until } from '../../local/until.ts';

/** Two buckets and two queues over the real protocols, with nobody who works the queues off. */
export interface Aws {
  readonly emulator: Emulator;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly deadLettersUrl: string;
  put(
    bucket: 'raw' | 'curated',
    key: string,
    body?: string,
    metadata?: Record<string, string>,
  ): Promise<void>;
  /** What was sent to have it converted, by key. */
  sent(): CreatedObject[];
  stop(): Promise<void>;
}

export async function startAws(faults: RequestFaults = () => undefined): Promise<Aws> {
  const stateDir = await mkdtemp(join(tmpdir(), 'reconcile-'));
  const region = 'us-east-1';
  const emulator = await startEmulator({ stateDir, region, faults });
  for (const bucket of ['raw', 'curated']) emulator.createBucket(bucket);
  const config = {
    endpoint: emulator.endpoint,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  const s3 = new S3Client(config);
  const sqs = new SQSClient(config);
  const { url: queueUrl } = emulator.createQueue('queue', {});
  const { url: deadLettersUrl } = emulator.createQueue('dead-letters', {});
  return {
    emulator,
    s3,
    sqs,
    queueUrl,
    deadLettersUrl,
    async put(Bucket, Key, Body = '{}', Metadata = {}) {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.from(Body), Metadata }));
      // The next object is newer, as every clock sees it.
      const now = Date.now();
      await until(() => Date.now() > now);
    },
    sent: () =>
      emulator
        .messages(queueUrl)
        .flatMap(({ body }) => createdObjects(body))
        .sort((a, b) => (a.key < b.key ? -1 : 1)),
    async stop() {
      s3.destroy();
      sqs.destroy();
      await emulator.close();
      await rm(stateDir, { recursive: true });
    },
  };
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../local/aws/emulator.ts';

export const region = 'us-east-1';
export const Bucket = 'lake-raw';

/** The emulator on a state directory of its own, with a bucket, and the SDK's clients, which try once. */
export interface Aws {
  readonly stateDir: string;
  emulator: Emulator;
  s3: S3Client;
  sqs: SQSClient;
  secrets: SecretsManagerClient;
  /** Stops and starts it on the same state. */
  restart(options?: Partial<EmulatorOptions>): Promise<void>;
  put(Key: string, Body?: string | Uint8Array, bucket?: string): Promise<{ ETag?: string | undefined }>;
  bytesOf(Key: string, bucket?: string): Promise<Buffer>;
  /** Uploads an object in one part. */
  uploadInParts(Key: string, Body?: string): Promise<void>;
  close(): Promise<void>;
}

export async function startAws(options: Partial<EmulatorOptions> = {}): Promise<Aws> {
  // In a directory of its own, so that what would leave it is seen.
  const directory = await mkdtemp(join(tmpdir(), 'aws-'));
  const stateDir = join(directory, 'state');
  const start = async (others: Partial<EmulatorOptions>) => {
    const emulator = await startEmulator({ stateDir, region, ...others });
    emulator.createBucket(Bucket);
    return { emulator, ...clientsOf(emulator, 'local') };
  };
  const stop = async () => {
    for (const client of [aws.s3, aws.sqs, aws.secrets]) client.destroy();
    await aws.emulator.close();
  };
  const aws: Aws = {
    stateDir,
    ...(await start(options)),
    async restart(others = {}) {
      await stop();
      Object.assign(aws, await start(others));
    },
    put: (Key, Body = 'x', bucket = Bucket) =>
      aws.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body })),
    async bytesOf(Key, bucket = Bucket) {
      const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    async uploadInParts(Key, Body = 'x') {
      const target = { Bucket, Key };
      const { UploadId } = await aws.s3.send(new CreateMultipartUploadCommand(target));
      const part = { ...target, UploadId, PartNumber: 1 };
      const { ETag } = await aws.s3.send(new UploadPartCommand({ ...part, Body }));
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
      await aws.s3.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload }));
    },
    async close() {
      await stop();
      await rm(directory, { recursive: true });
    },
  };
  return aws;
}

export function clientsOf({ endpoint }: Emulator, accessKeyId: string) {
  const config = { region, endpoint, maxAttempts: 1, credentials: { accessKeyId, secretAccessKey: 'any' } };
  return {
    s3: new S3Client({ ...config, forcePathStyle: true }),
    sqs: new SQSClient(config),
    secrets: new SecretsManagerClient(config),
  };
}

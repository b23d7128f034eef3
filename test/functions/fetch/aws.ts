import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { RawBucket } from '../../../functions/fetch/raw-bucket.ts';
import { startEmulator } from '../../../local/aws/emulator.ts';
import type { RequestFaults } from '../../../local/aws/request-faults.ts';

/** Secrets Manager in memory, as far as fetch uses it. */
export class FakeSecrets {
  /** What a read of the secret answers; undefined for a secret without a value. */
  secret: string | undefined;
  /** Reads that were asked for, the failed ones too. */
  reads = 0;
  /** Thrown by every call as long as it is set. */
  failure: Error | undefined;

  constructor(secret?: string) {
    this.secret = secret;
  }

  get client(): Pick<SecretsManagerClient, 'send'> {
    return { send: (command: unknown) => this.#answer(command) } as never;
  }

  async #answer(command: unknown): Promise<unknown> {
    if (!(command instanceof GetSecretValueCommand)) throw new Error('There is no such call in this fake.');
    this.reads += 1;
    if (this.failure) throw this.failure;
    return { SecretString: this.secret };
  }
}

export interface StoredObject {
  readonly body: Buffer;
  readonly contentType: string | undefined;
  readonly metadata: Record<string, string>;
}

/** The raw bucket over the real protocol on loopback. */
export interface Raw {
  readonly bucket: RawBucket;
  /** Answers requests in the service's place until `empty`. */
  fault: RequestFaults;
  keys(): Promise<string[]>;
  object(key: string): Promise<StoredObject>;
  put(key: string, body: string, metadata?: Record<string, string>): Promise<void>;
  remove(key: string): Promise<void>;
  /** No objects, no faults: for the next test. */
  empty(): Promise<void>;
  stop(): Promise<void>;
}

export async function startRaw(): Promise<Raw> {
  const stateDir = await mkdtemp(path.join(tmpdir(), 'fetch-'));
  const Bucket = 'raw';
  const noFault: RequestFaults = () => undefined;
  const emulator = await startEmulator({
    stateDir,
    region: 'us-east-1',
    faults: (call) => raw.fault(call),
  });
  emulator.createBucket(Bucket);
  const s3 = new S3Client({
    endpoint: emulator.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });

  const raw: Raw = {
    bucket: new RawBucket(s3, Bucket),
    fault: noFault,
    async keys() {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
      return Contents.map(({ Key = '' }) => Key);
    },
    async object(Key) {
      const { Body, ContentType, Metadata = {} } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      return {
        body: Buffer.from((await Body?.transformToByteArray()) ?? []),
        contentType: ContentType,
        metadata: Metadata,
      };
    },
    async put(Key, Body, Metadata = {}) {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body, Metadata }));
    },
    async remove(Key) {
      await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    },
    async empty() {
      raw.fault = noFault;
      for (const key of await raw.keys()) await raw.remove(key);
    },
    async stop() {
      s3.destroy();
      await emulator.close();
      await rm(stateDir, { recursive: true });
    },
  };
  return raw;
}

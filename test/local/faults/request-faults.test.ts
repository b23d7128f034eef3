import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Emulator, startEmulator } from '../../../local/aws/emulator.ts';
import type { RequestFault } from '../../../local/aws/request-faults.ts';

const Bucket = 'raw';
const Key = 'a';
const body = 'x'.repeat(100_000);
/** How a client tells of a connection that went, by the moment. */
const hungUp = /socket hang up|ECONNRESET|EPIPE/;

let stateDir: string;
let emulator: Emulator;
let s3: S3Client;
let faults: Record<string, RequestFault>;

beforeEach(async () => {
  stateDir = await mkdtemp(path.join(tmpdir(), 'request-faults-'));
  faults = {};
  emulator = await startEmulator({ stateDir, region: 'us-east-1', faults: ({ action }) => faults[action] });
  emulator.createBucket(Bucket);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const { endpoint } = emulator;
  s3 = new S3Client({ region: 'us-east-1', credentials, endpoint, forcePathStyle: true, maxAttempts: 1 });
});
afterEach(async () => {
  s3.destroy();
  await emulator.close();
  await rm(stateDir, { recursive: true });
});

const put = (Body = body) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
const head = async () => (await s3.send(new HeadObjectCommand({ Bucket, Key }))).ContentLength;
const get = async () => (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();

test('a request that is cut fails, and nothing of it is written', async () => {
  let waited = false;
  faults.PutObject = { before: () => Promise.resolve().then(() => (waited = true)), cut: 'request' };
  await expect(put()).rejects.toThrow(hungUp);
  expect(waited).toBe(true);
  await expect(head()).rejects.toMatchObject({ name: 'NotFound' });
});

test('a request whose answer is cut fails, and is done', async () => {
  faults.PutObject = { cut: 'answer' };
  await expect(put()).rejects.toThrow(hungUp);
  expect(await head()).toBe(body.length);
});

test('a body that is cut brings its beginning, and then fails', async () => {
  await put();
  faults.GetObject = { cut: 'answer' };
  await expect(get()).rejects.toThrow(/aborted|terminated|ECONNRESET/);
});

test('an answer that is held back comes whole, and once', async () => {
  await put();
  const events: string[] = [];
  faults.GetObject = {
    before: () => events.push('before'),
    after: () => new Promise((resolve) => setImmediate(() => resolve(events.push('after')))),
  };
  expect(await get()).toBe(body);
  expect(events).toEqual(['before', 'after']);
});

test('the parts of an upload that is never completed are known', async () => {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  faults.UploadPart = { status: 500, code: 'InternalError' };
  await expect(
    s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: body })),
  ).rejects.toMatchObject({ name: 'InternalError' });
  expect(emulator.openUploads(Bucket)).toEqual([Key]);
  expect(emulator.openUploads('curated')).toEqual([]);
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Emulator, startEmulator } from '../../local/aws/emulator.ts';
import { type NotificationProperties, notify } from '../../local/notification.ts';
import { createdObjects } from '../../shared/s3-event.ts';

type QueueConfiguration = NonNullable<
  NotificationProperties['NotificationConfiguration']['QueueConfigurations']
>[number];

const region = 'us-east-1';
let stateDir: string;
let emulator: Emulator;
let s3: S3Client;
let QueueArn: string;

beforeEach(async () => {
  stateDir = await mkdtemp(path.join(tmpdir(), 'notification-'));
  emulator = await startEmulator({ stateDir, region });
  s3 = new S3Client({
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    endpoint: emulator.endpoint,
  });
  emulator.createBucket('raw');
  emulator.createBucket('curated');
  QueueArn = emulator.createQueue('events', {}).arn;
});

afterEach(async () => {
  s3.destroy();
  await emulator.close();
  await rm(stateDir, { recursive: true });
});

function notifyOf(Events: string[], FilterRules?: { Name: string; Value: string }[]): void {
  const configuration: QueueConfiguration = {
    Events,
    QueueArn,
    ...(FilterRules ? { Filter: { Key: { FilterRules } } } : {}),
  };
  const NotificationConfiguration = { QueueConfigurations: [configuration] };
  notify(emulator, { BucketName: 'raw', NotificationConfiguration }, { region });
}

const put = (Key: string, Bucket = 'raw') => s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));

/** The keys that the queue was told of, as the function reads them. */
const told = () =>
  emulator.messages(QueueArn).flatMap(({ body }) => createdObjects(body).map(({ key }) => key));

async function uploadInParts(Key: string): Promise<void> {
  const target = { Bucket: 'raw', Key };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(target));
  const { ETag } = await s3.send(new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: 'x' }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await s3.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload }));
}

test('the queue gets the test event when the notification is set up, before any object', () => {
  notifyOf(['s3:ObjectCreated:*']);
  const bodies = emulator.messages(QueueArn).map(({ body }) => JSON.parse(body) as unknown);
  expect(bodies).toEqual([expect.objectContaining({ Event: 's3:TestEvent', Bucket: 'raw' })]);
});

test.each([
  [['s3:ObjectCreated:*'], ['put', 'copied', 'parts']],
  [['s3:ObjectCreated:Put'], ['put']],
  [
    ['s3:ObjectCreated:Copy', 's3:ObjectCreated:CompleteMultipartUpload'],
    ['copied', 'parts'],
  ],
  [
    ['s3:ObjectCreated:*', 's3:ObjectCreated:Put'],
    ['put', 'copied', 'parts'],
  ],
])('events %j tell of the objects %j, each once', async (events, expected) => {
  notifyOf(events);
  await put('put');
  await s3.send(new CopyObjectCommand({ Bucket: 'raw', Key: 'copied', CopySource: 'raw/put' }));
  await uploadInParts('parts');
  expect(told().sort()).toEqual(expected.sort());
});

test('a queue is told of its own bucket only', async () => {
  notifyOf(['s3:ObjectCreated:*']);
  await put('elsewhere', 'curated');
  await put('here');
  expect(told()).toEqual(['here']);
});

test.each([
  [[{ Name: 'prefix', Value: 'current/' }], ['current/a.json', 'current/a.txt']],
  [[{ Name: 'Suffix', Value: '.json' }], ['a.json', 'current/a.json']],
  [
    [
      { Name: 'Prefix', Value: 'current/' },
      { Name: 'suffix', Value: '.json' },
    ],
    ['current/a.json'],
  ],
  [[], ['a.json', 'current/a.json', 'current/a.txt']],
])('filters %j let %j through', async (rules, expected) => {
  notifyOf(['s3:ObjectCreated:*'], rules);
  for (const key of ['a.json', 'current/a.json', 'current/a.txt']) await put(key);
  expect(told().sort()).toEqual(expected);
});

test.each([
  ['dt%3D2026-', ['dt=2026-11-22/a b.json']],
  ['dt=2026-', []],
])('the prefix %s is compared with the key as it stands in events', async (Value, expected) => {
  notifyOf(['s3:ObjectCreated:*'], [{ Name: 'prefix', Value }]);
  await put('dt=2026-11-22/a b.json');
  expect(told()).toEqual(expected);
});

test('a notification to anything but a queue is refused by name', () => {
  const NotificationConfiguration = { QueueConfigurations: [], EventBridgeConfiguration: {} };
  expect(() => notify(emulator, { BucketName: 'raw', NotificationConfiguration }, { region })).toThrow(
    'EventBridgeConfiguration',
  );
});

test('an event of anything but created objects is refused by name', () => {
  expect(() => notifyOf(['s3:ObjectCreated:*', 's3:ObjectRemoved:*'])).toThrow('not: s3:ObjectRemoved:*');
});

test('a filter by anything but prefix and suffix is refused by name', () => {
  expect(() => notifyOf(['s3:ObjectCreated:*'], [{ Name: 'size', Value: '1' }])).toThrow('"size"');
});

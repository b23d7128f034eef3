import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { Upload } from '@aws-sdk/lib-storage';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Emulator, EmulatorOptions, ObjectCreated } from '../../local/aws/emulator.ts';
import { startEmulator } from '../../local/aws/emulator.ts';

const region = 'us-east-1';
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const Bucket = 'lake-raw';
const MIB = 1024 * 1024;

let stateDir: string;
let emulator: Emulator;
let s3: S3Client;
let sqs: SQSClient;

async function start(options: Partial<EmulatorOptions> = {}): Promise<void> {
  emulator = await startEmulator({ stateDir, region, ...options });
  const client = { region, credentials, endpoint: emulator.endpoint, maxAttempts: 1 };
  s3 = new S3Client(client);
  sqs = new SQSClient(client);
}

async function stop(): Promise<void> {
  s3.destroy();
  sqs.destroy();
  await emulator.close();
}

async function restart(options: Partial<EmulatorOptions> = {}): Promise<void> {
  await stop();
  await start(options);
}

beforeEach(async () => {
  stateDir = await mkdtemp(path.join(tmpdir(), 'emulator-'));
  await start();
  emulator.createBucket(Bucket);
});

afterEach(async () => {
  await stop();
  await rm(stateDir, { recursive: true });
});

async function bytesOf(Key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

async function keysOf(): Promise<(string | undefined)[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
  return Contents.map(({ Key }) => Key);
}

/** Resolves once the condition holds; the test's own time limit ends a wait in vain. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('S3 through the SDK', () => {
  test.each([
    'raw/dt=2024-07-01/city=Nice/07.json',
    'a key with spaces.json',
    'plus+sign and%percent%20.json',
    'Besançon/日本/🚴.json',
    'odd&<>\'"*?#:;,@$!()[]{}|^~`\\.json',
    `long/${'x'.repeat(1000)}`,
    'double//slash/',
  ])('an object round-trips with its metadata under the key %s', async (Key) => {
    const Body = Buffer.from('{"temp_c":21.5}');
    await s3.send(
      new PutObjectCommand({ Bucket, Key, Body, ContentType: 'application/json', Metadata: { stage: '4' } }),
    );

    expect(await bytesOf(Key)).toEqual(Body);
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key }))).toMatchObject({
      ContentLength: Body.length,
      ContentType: 'application/json',
      Metadata: { stage: '4' },
    });
    expect(await keysOf()).toEqual([Key]);
    expect(await readFile(emulator.pathOf(Bucket, Key))).toEqual(Body);

    await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    expect(await keysOf()).toEqual([]);
    await expect(bytesOf(Key)).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(readFile(emulator.pathOf(Bucket, Key))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('an object of no bytes is stored and read', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'empty', Body: Buffer.alloc(0) }));
    expect(await bytesOf('empty')).toEqual(Buffer.alloc(0));
    expect(await readFile(emulator.pathOf(Bucket, 'empty'))).toEqual(Buffer.alloc(0));
  });

  test('a harmless key is the path of its file', () => {
    expect(emulator.pathOf(Bucket, 'raw/dt=2024-07-01/a b+c.json')).toBe(
      path.join(stateDir, 's3', Bucket, 'raw', 'dt=2024-07-01', 'a b+c.json'),
    );
  });

  test('a stream sent in chunks with its checksum at the end arrives byte for byte', async () => {
    const body = randomBytes(300_000);
    const chunks = Array.from({ length: 30 }, (_, i) => body.subarray(i * 10_000, (i + 1) * 10_000));
    await s3.send(
      new PutObjectCommand({
        Bucket,
        Key: 'streamed',
        Body: Readable.from(chunks),
        ContentLength: body.length,
      }),
    );
    expect(await bytesOf('streamed')).toEqual(body);
    expect(await readFile(emulator.pathOf(Bucket, 'streamed'))).toEqual(body);
  });

  test('one put takes more than the 11 MiB of the library', async () => {
    const body = randomBytes(12 * MIB);
    await s3.send(new PutObjectCommand({ Bucket, Key: 'large', Body: body }));
    expect((await bytesOf('large')).equals(body)).toBe(true);
  });

  test('a multipart upload of 12 MB is one object of the same bytes, also after a restart', async () => {
    const body = randomBytes(12 * MIB);
    await new Upload({ client: s3, params: { Bucket, Key: 'parts.parquet', Body: body } }).done();
    expect((await bytesOf('parts.parquet')).equals(body)).toBe(true);
    expect((await readFile(emulator.pathOf(Bucket, 'parts.parquet'))).equals(body)).toBe(true);
    const before = await s3.send(new HeadObjectCommand({ Bucket, Key: 'parts.parquet' }));

    await restart();
    const after = await s3.send(new HeadObjectCommand({ Bucket, Key: 'parts.parquet' }));
    expect(after.ETag).toMatch(/-3"$/);
    expect(after.ETag).toBe(before.ETag);
    expect((await bytesOf('parts.parquet')).equals(body)).toBe(true);
  });

  test('a listing in pages has every key once, in the order of their bytes', async () => {
    const keys = ['b', 'B', 'a', '_', '1', 'é', 'a/b', 'A', '～', '🚴'];
    for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
    const listed: (string | undefined)[] = [];
    for await (const page of paginateListObjectsV2({ client: s3, pageSize: 2 }, { Bucket })) {
      listed.push(...(page.Contents ?? []).map(({ Key }) => Key));
    }
    expect(listed).toEqual(['1', 'A', 'B', '_', 'a', 'a/b', 'b', 'é', '～', '🚴']);
  });

  test('the server is not to be reached but on loopback', async () => {
    expect(emulator.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const { port } = new URL(emulator.endpoint);
    const elsewhere = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ family, internal }) => family === 'IPv4' && !internal)
      .map(({ address }) => address);
    // Linux answers on all of 127.0.0.0/8 for a server that listens everywhere.
    if (process.platform === 'linux') elsewhere.push('127.0.0.2');
    for (const address of elsewhere) {
      await expect(fetch(`http://${address}:${port}/health`)).rejects.toThrow('fetch failed');
    }
  });
});

describe('conditional writes', () => {
  const put = (Body: string, condition: { IfNoneMatch?: string; IfMatch?: string }) =>
    s3.send(new PutObjectCommand({ Bucket, Key: 'once', Body, ...condition }));

  test('If-None-Match: * creates, and the second time answers 412 and leaves the object', async () => {
    await put('first', { IfNoneMatch: '*' });
    await expect(put('second', { IfNoneMatch: '*' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
      $metadata: { httpStatusCode: 412 },
    });
    expect(String(await bytesOf('once'))).toBe('first');
  });

  test('of many creations at the same time, one succeeds, and its content stays', async () => {
    const bodies = Array.from({ length: 20 }, (_, i) => `writer ${i}`);
    const outcomes = await Promise.allSettled(bodies.map((body) => put(body, { IfNoneMatch: '*' })));
    const winners = bodies.filter((_, i) => outcomes[i]?.status === 'fulfilled');
    expect(winners).toEqual([String(await bytesOf('once'))]);
  });

  test('a multipart upload with If-None-Match: * does not replace an object, and can be aborted', async () => {
    await put('first', {});
    const target = { Bucket, Key: 'once' };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(target));
    const part = { ...target, UploadId, PartNumber: 1 };
    const { ETag } = await s3.send(new UploadPartCommand({ ...part, Body: 'second' }));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await expect(
      s3.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload, IfNoneMatch: '*' })),
    ).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await s3.send(new AbortMultipartUploadCommand({ ...target, UploadId }));
    expect(String(await bytesOf('once'))).toBe('first');
  });

  test('If-Match replaces only the object that has this etag', async () => {
    await expect(put('x', { IfMatch: '"0"' })).rejects.toMatchObject({ name: 'NoSuchKey' });
    const { ETag } = await put('first', {});
    await put('second', { IfMatch: String(ETag) });
    await expect(put('third', { IfMatch: String(ETag) })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    expect(String(await bytesOf('once'))).toBe('second');
  });

  test('If-Match deletes only the object that has this etag', async () => {
    const remove = (IfMatch: string) => s3.send(new DeleteObjectCommand({ Bucket, Key: 'once', IfMatch }));
    const { ETag } = await put('first', {});
    await expect(remove('"0"')).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await remove(String(ETag));
    await expect(remove(String(ETag))).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  test('a copy with a condition on its source is made only of the object that has this etag', async () => {
    const { ETag } = await put('first', {});
    const copy = (CopySourceIfMatch?: string) =>
      s3.send(
        new CopyObjectCommand({ Bucket, Key: 'a copy', CopySource: `${Bucket}/once`, CopySourceIfMatch }),
      );
    await expect(copy('"0"')).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await copy(ETag);
    expect(String(await bytesOf('a copy'))).toBe('first');
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'once' }));
    await expect(copy(ETag)).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});

describe('object-created events', () => {
  let created: ObjectCreated[];

  beforeEach(() => {
    created = [];
    emulator.onObjectCreated((each) => created.push(each));
  });

  test('each write is told once, by its kind', async () => {
    const md5OfAbc = '900150983cd24fb0d6963f7d28e17f72';
    await s3.send(new PutObjectCommand({ Bucket, Key: 'a b+c', Body: 'abc' }));
    await s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/a%20b%2Bc` }));
    const upload = new Upload({ client: s3, params: { Bucket, Key: 'parts', Body: randomBytes(6 * MIB) } });
    const { ETag } = await upload.done();
    await s3.send(new PutObjectCommand({ Bucket, Key: 'a b+c', Body: 'abc' }));

    const put = { bucket: Bucket, key: 'a b+c', size: 3, etag: md5OfAbc, eventName: 'ObjectCreated:Put' };
    expect(created).toEqual([
      put,
      { ...put, key: 'copy', eventName: 'ObjectCreated:Copy' },
      {
        bucket: Bucket,
        key: 'parts',
        size: 6 * MIB,
        etag: ETag?.replaceAll('"', ''),
        eventName: 'ObjectCreated:CompleteMultipartUpload',
      },
      put,
    ]);
  });

  test('a refused write, a read and a delete tell nothing', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
    created.length = 0;
    await expect(
      s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'y', IfNoneMatch: '*' })),
    ).rejects.toThrow();
    await bytesOf('k');
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    expect(created).toEqual([]);
  });

  test('loading the state tells nothing', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
    await stop();
    created.length = 0;
    await start();
    emulator.onObjectCreated((each) => created.push(each));
    expect(String(await bytesOf('k'))).toBe('x');
    expect(created).toEqual([]);
  });
});

describe('queues', () => {
  const receive = (
    QueueUrl: string,
    options: { VisibilityTimeout?: number; WaitTimeSeconds?: number } = {},
  ) => sqs.send(new ReceiveMessageCommand({ QueueUrl, ...options })).then(({ Messages = [] }) => Messages);

  test('a message goes from sender to receiver, and is gone when deleted', async () => {
    const { url, arn } = emulator.createQueue('work', {});
    emulator.send(arn, 'hello');
    const [message] = await receive(url);
    expect(message?.Body).toBe('hello');
    expect(emulator.queueDepth(arn)).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
    await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: message?.ReceiptHandle }));
    expect(emulator.queueDepth(arn)).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  test('looking at the messages does not receive them', async () => {
    const { url, arn } = emulator.createQueue('work', {});
    const MessageAttributes = { reason: { DataType: 'String', StringValue: 'bad JSON' } };
    await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'one', MessageAttributes }));
    await receive(url);
    emulator.send(arn, 'two');
    const seen = emulator.messages(arn);
    expect(seen).toHaveLength(2);
    expect(seen).toContainEqual({
      id: expect.any(String),
      body: 'one',
      attributes: { reason: 'bad JSON' },
      receiveCount: 1,
      sentAt: expect.any(Date),
    });
    expect(emulator.messages(arn)).toEqual(seen);
  });

  test('a queue made again has the new attributes and the old messages', async () => {
    const first = emulator.createQueue('work', { VisibilityTimeout: '30', DelaySeconds: '0' });
    emulator.send(first.arn, 'kept');
    const again = emulator.createQueue('work', { VisibilityTimeout: '60' });
    expect(again).toEqual(first);
    await restart();
    const { arn } = emulator.createQueue('work', { VisibilityTimeout: '60' });
    const QueueUrl = (await sqs.send(new GetQueueUrlCommand({ QueueName: 'work' }))).QueueUrl;
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    );
    expect(Attributes).toMatchObject({ VisibilityTimeout: '60', QueueArn: arn });
    expect(emulator.messages(arn).map(({ body }) => body)).toEqual(['kept']);
  });

  test.each([{ VisibilityTimeout: '43201' }, { Visibility: '1' }])(
    'attributes %j are refused',
    (attributes) => {
      expect(() => emulator.createQueue('work', attributes as unknown as Record<string, string>)).toThrow(
        /Visibility/,
      );
    },
  );

  test('every queue URL is on the endpoint, also for queues of the SDK and after a restart', async () => {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'of-sdk' }));
    expect(QueueUrl).toBe(`${emulator.endpoint}/000000000000/of-sdk`);
    await restart();
    const found = await sqs.send(new GetQueueUrlCommand({ QueueName: 'of-sdk' }));
    expect(found.QueueUrl).toBe(`${emulator.endpoint}/000000000000/of-sdk`);
  });

  test('messages in flight when the process stops are visible at once in the next', async () => {
    const { url, arn } = emulator.createQueue('work', { VisibilityTimeout: '3600' });
    emulator.send(arn, 'in flight');
    await receive(url);
    emulator.send(arn, 'waiting');
    await restart();
    expect(emulator.queueDepth(arn)).toEqual({ visible: 2, inFlight: 0, delayed: 0 });
    expect(emulator.messages(arn).map(({ body, receiveCount }) => ({ body, receiveCount }))).toEqual(
      expect.arrayContaining([
        { body: 'in flight', receiveCount: 1 },
        { body: 'waiting', receiveCount: 0 },
      ]),
    );
  });

  test('a message given back with visibility timeout 0 is visible and keeps its receive count', async () => {
    const { url, arn } = emulator.createQueue('work', {});
    emulator.send(arn, 'again');
    const [message] = await receive(url);
    await sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: url,
        ReceiptHandle: message?.ReceiptHandle,
        VisibilityTimeout: 0,
      }),
    );
    expect(emulator.queueDepth(arn)).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
    await restart();
    expect(emulator.messages(arn)).toMatchObject([{ body: 'again', receiveCount: 1 }]);
  });

  test('a message received too often goes to the dead-letter queue, and stays there over a restart', async () => {
    const dlq = emulator.createQueue('work-dlq', {});
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dlq.arn, maxReceiveCount: 2 });
    const { url, arn } = emulator.createQueue('work', { VisibilityTimeout: '0', RedrivePolicy });
    const id = emulator.send(arn, 'poison');
    expect(await receive(url)).toHaveLength(1);
    expect(await receive(url)).toHaveLength(1);
    expect(await receive(url)).toEqual([]);
    expect(emulator.messages(dlq.arn)).toMatchObject([{ id, body: 'poison' }]);
    await restart();
    expect(emulator.messages(arn)).toEqual([]);
    expect(emulator.messages(dlq.arn)).toMatchObject([{ id, body: 'poison' }]);
  });

  test('close ends a long poll at once', async () => {
    const { url } = emulator.createQueue('work', {});
    let polling = false;
    await restart({
      faults: ({ action }) => {
        polling ||= action === 'ReceiveMessage';
        return undefined;
      },
    });
    const poll = receive(url, { WaitTimeSeconds: 20 }).then(
      (messages) => messages.length,
      () => 0,
    );
    await until(() => polling);
    const begun = Date.now();
    await emulator.close();
    expect(await poll).toBe(0);
    expect(Date.now() - begun).toBeLessThan(5000);
  });

  test('a receiver that has hung up takes no message', async () => {
    const { url, arn } = emulator.createQueue('work', { VisibilityTimeout: '3600' });
    let polls = 0;
    await restart({
      faults: ({ action }) => {
        if (action === 'ReceiveMessage') polls += 1;
        return undefined;
      },
    });
    const hangUp = new AbortController();
    const poll = sqs
      .send(new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20 }), { abortSignal: hangUp.signal })
      .catch((error: Error) => error.name);
    await until(() => polls === 1);
    hangUp.abort();
    expect(await poll).toBe('AbortError');
    // The server learns of it before it answers a request that came later.
    await s3.send(new ListObjectsV2Command({ Bucket }));

    emulator.send(arn, 'for someone who listens');
    await until(() => emulator.requests.some(({ action }) => action === 'ReceiveMessage'));
    expect(emulator.queueDepth(arn)).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
    expect(emulator.messages(arn)).toMatchObject([{ receiveCount: 0 }]);
  });
});

describe('state', () => {
  test('objects keep content, metadata, etag and date over a restart', async () => {
    const put = {
      Bucket,
      Key: 'raw/é 1.json',
      Body: '{}',
      ContentType: 'application/json',
      Metadata: { a: 'b' },
    };
    await s3.send(new PutObjectCommand(put));
    await s3.send(new PutObjectCommand({ Bucket, Key: 'empty', Body: Buffer.alloc(0) }));
    const describeObject = async () => {
      const { $metadata, ...rest } = await s3.send(new HeadObjectCommand({ Bucket, Key: put.Key }));
      return rest;
    };
    const before = await describeObject();
    await restart();
    expect(await describeObject()).toEqual(before);
    expect(String(await bytesOf(put.Key))).toBe('{}');
    expect(await keysOf()).toEqual(['empty', put.Key]);
    expect(await bytesOf('empty')).toEqual(Buffer.alloc(0));
  });

  test('a second emulator on the same directory is refused, until the first is closed', async () => {
    await expect(startEmulator({ stateDir, region })).rejects.toMatchObject({
      name: 'StateInUseError',
      message: expect.stringMatching(
        new RegExp(`in use by ".*" \\(process ${process.pid}\\), since \\d{4}-.*--state`),
      ),
    });
    await emulator.close();
    await emulator.close();
    const second = await startEmulator({ stateDir, region });
    await second.close();
  });
});

describe('faults', () => {
  test('an intercepted request is answered in the way of its service and not handled', async () => {
    await restart({
      faults: ({ action }) =>
        ['PutObject', 'HeadObject', 'SendMessage'].includes(action)
          ? { status: 503, code: 'SlowDown' }
          : undefined,
    });
    const { url, arn } = emulator.createQueue('work', {});
    const fault = { name: 'SlowDown', $metadata: { httpStatusCode: 503 } };
    await expect(s3.send(new PutObjectCommand({ Bucket, Key: 'a/b', Body: 'x' }))).rejects.toMatchObject(
      fault,
    );
    await expect(s3.send(new HeadObjectCommand({ Bucket, Key: 'a/b' }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 503 },
    });
    await expect(sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'x' }))).rejects.toMatchObject(
      fault,
    );

    expect(await keysOf()).toEqual([]);
    expect(emulator.messages(arn)).toEqual([]);
    expect(emulator.requests).toEqual([
      { service: 's3', action: 'PutObject', bucket: Bucket, key: 'a/b', status: 503 },
      { service: 's3', action: 'HeadObject', bucket: Bucket, key: 'a/b', status: 503 },
      { service: 'sqs', action: 'SendMessage', status: 503 },
      { service: 's3', action: 'ListObjectsV2', bucket: Bucket, status: 200 },
    ]);
  });

  test('the SDK tries again after a fault', async () => {
    let faults = 2;
    await restart({
      faults: ({ action }) => {
        if (action !== 'PutObject' || faults === 0) return undefined;
        faults -= 1;
        return { status: 503, code: 'SlowDown' };
      },
    });
    const patient = new S3Client({ region, credentials, endpoint: emulator.endpoint, maxAttempts: 3 });
    await patient.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
    patient.destroy();
    expect(emulator.requests.map(({ action, status }) => [action, status])).toEqual([
      ['PutObject', 503],
      ['PutObject', 503],
      ['PutObject', 200],
    ]);
  });

  test('the parts of a multipart upload are named', async () => {
    await new Upload({ client: s3, params: { Bucket, Key: 'k', Body: randomBytes(6 * MIB) } }).done();
    expect(emulator.requests.map(({ action }) => action).sort()).toEqual([
      'CompleteMultipartUpload',
      'CreateMultipartUpload',
      'UploadPart',
      'UploadPart',
    ]);
  });
});

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import path from 'node:path';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  paginateListObjectsV2,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ObjectEvent } from '../../local/aws/emulator.ts';
import { type Aws, Bucket, startAws } from './aws.ts';

const MIB = 1024 * 1024;

let aws: Aws;
beforeEach(async () => {
  aws = await startAws();
});
afterEach(() => aws.close());

async function keys(): Promise<(string | undefined)[]> {
  const { Contents = [] } = await aws.s3.send(new ListObjectsV2Command({ Bucket }));
  return Contents.map(({ Key }) => Key);
}

describe('S3 through the SDK', () => {
  test.each([
    'raw/dt=2024-07-01/city=Nice/07.json',
    'plus+sign and%percent%20.json',
    'Besançon/日本/🚴.json',
    'odd&<>\'"*?#:;,@$!()[]{}|^~`\\.json',
    `long/${'x'.repeat(1000)}`,
    'double//slash/',
  ])('an object round-trips with its metadata under the key %s, until it is deleted', async (Key) => {
    const Body = Buffer.from('{"temp_c":21.5}');
    await aws.s3.send(
      new PutObjectCommand({ Bucket, Key, Body, ContentType: 'text/json', Metadata: { stage: '4' } }),
    );
    expect(await aws.bytesOf(Key)).toEqual(Body);
    expect(await aws.s3.send(new HeadObjectCommand({ Bucket, Key }))).toMatchObject({
      ContentLength: Body.length,
      ContentType: 'text/json',
      Metadata: { stage: '4' },
    });
    expect(await keys()).toEqual([Key]);
    expect(await readFile(aws.emulator.pathOf(Bucket, Key))).toEqual(Body);

    await aws.s3.send(new DeleteObjectCommand({ Bucket, Key }));
    expect(await keys()).toEqual([]);
    await expect(aws.bytesOf(Key)).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(readFile(aws.emulator.pathOf(Bucket, Key))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('a harmless key is the path of its file', () => {
    expect(aws.emulator.pathOf(Bucket, 'raw/dt=2024-07-01/a b+c.json')).toBe(
      path.join(aws.stateDir, 's3', Bucket, 'raw', 'dt=2024-07-01', 'a b+c.json'),
    );
  });

  test('a stream sent in chunks with its checksum at the end arrives byte for byte', async () => {
    const body = randomBytes(300_000);
    const chunks = Array.from({ length: 30 }, (_, i) => body.subarray(i * 10_000, (i + 1) * 10_000));
    const streamed = { Bucket, Key: 'streamed', Body: Readable.from(chunks), ContentLength: body.length };
    await aws.s3.send(new PutObjectCommand(streamed));
    expect(await aws.bytesOf('streamed')).toEqual(body);
  });

  test('one put takes more than the 11 MiB of fauxqs', async () => {
    const body = randomBytes(12 * MIB);
    await aws.put('large', body);
    expect((await aws.bytesOf('large')).equals(body)).toBe(true);
  });

  test('objects keep content, metadata, etag and date over a restart, also in parts and without bytes', async () => {
    const put = { Bucket, Key: 'raw/é 1.json', Body: '{}', ContentType: 'text/json', Metadata: { a: 'b' } };
    await aws.s3.send(new PutObjectCommand(put));
    await aws.put('empty', Buffer.alloc(0));
    const body = randomBytes(12 * MIB);
    await new Upload({ client: aws.s3, params: { Bucket, Key: 'parts', Body: body } }).done();
    const head = (Key: string) => aws.s3.send(new HeadObjectCommand({ Bucket, Key }));
    const before = await Promise.all([put.Key, 'empty', 'parts'].map(head));
    expect(before[2]?.ETag).toMatch(/-3"$/);

    await aws.restart();
    const after = await Promise.all([put.Key, 'empty', 'parts'].map(head));
    const described = ({ $metadata, ...rest }: (typeof before)[0]) => rest;
    expect(after.map(described)).toEqual(before.map(described));
    expect(String(await aws.bytesOf(put.Key))).toBe('{}');
    expect(await aws.bytesOf('empty')).toEqual(Buffer.alloc(0));
    expect((await aws.bytesOf('parts')).equals(body)).toBe(true);
  });

  test('the connection outlives the answers to HEAD for objects that are not there', async () => {
    const agent = new Agent({ keepAlive: true });
    const reused: boolean[] = [];
    for (const key of ['missing', 'also-missing', 'missing']) {
      const sent = request(`${aws.emulator.endpoint}/${Bucket}/${key}`, { method: 'HEAD', agent }).end();
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      await once(answer.resume(), 'close');
      expect(answer.statusCode).toBe(404);
      reused.push(sent.reusedSocket);
    }
    agent.destroy();
    expect(reused).toEqual([false, true, true]);
  });

  test('a listing in pages has every key once, in the order of their bytes', async () => {
    for (const key of ['b', 'B', 'a', '_', '1', 'é', 'a/b', 'A', '～', '🚴']) await aws.put(key);
    const listed: (string | undefined)[] = [];
    for await (const page of paginateListObjectsV2({ client: aws.s3, pageSize: 2 }, { Bucket })) {
      listed.push(...(page.Contents ?? []).map(({ Key }) => Key));
    }
    expect(listed).toEqual(['1', 'A', 'B', '_', 'a', 'a/b', 'b', 'é', '～', '🚴']);
  });
});

describe('conditional writes', () => {
  const put = (Body: string, condition: { IfNoneMatch?: string; IfMatch?: string | undefined }) =>
    aws.s3.send(new PutObjectCommand({ Bucket, Key: 'once', Body, ...condition }));
  const content = async () => String(await aws.bytesOf('once'));
  const refused = { name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } };

  test('of many creations at the same time, one succeeds, and its content stays', async () => {
    const bodies = Array.from({ length: 20 }, (_, i) => `writer ${i}`);
    const outcomes = await Promise.allSettled(bodies.map((body) => put(body, { IfNoneMatch: '*' })));
    const winners = bodies.filter((_, i) => outcomes[i]?.status === 'fulfilled');
    expect(winners).toEqual([await content()]);
    await expect(put('later', { IfNoneMatch: '*' })).rejects.toMatchObject(refused);
    expect(winners).toEqual([await content()]);
  });

  test('a multipart upload with If-None-Match: * does not replace an object, and can be aborted', async () => {
    await put('first', {});
    const target = { Bucket, Key: 'once' };
    const { UploadId } = await aws.s3.send(new CreateMultipartUploadCommand(target));
    const part = { ...target, UploadId, PartNumber: 1 };
    const { ETag } = await aws.s3.send(new UploadPartCommand({ ...part, Body: 'second' }));
    const completion = { ...target, UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } };
    await expect(
      aws.s3.send(new CompleteMultipartUploadCommand({ ...completion, IfNoneMatch: '*' })),
    ).rejects.toMatchObject(refused);
    expect(aws.emulator.openUploads(Bucket)).toEqual(['once']);
    await aws.s3.send(new AbortMultipartUploadCommand({ ...target, UploadId }));
    expect(aws.emulator.openUploads(Bucket)).toEqual([]);
    expect(await content()).toBe('first');
  });

  test('If-Match replaces and deletes only the object that has this etag', async () => {
    const remove = (IfMatch = '"0"') =>
      aws.s3.send(new DeleteObjectCommand({ Bucket, Key: 'once', IfMatch }));
    await expect(put('x', { IfMatch: '"0"' })).rejects.toMatchObject({ name: 'NoSuchKey' });
    const { ETag } = await put('first', {});
    const second = await put('second', { IfMatch: ETag });
    await expect(put('third', { IfMatch: ETag })).rejects.toMatchObject(refused);
    await expect(remove(ETag)).rejects.toMatchObject(refused);
    expect(await content()).toBe('second');
    await remove(second.ETag);
    await expect(remove(second.ETag)).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  test('a copy with a condition on its source is made only of the object that has this etag', async () => {
    const { ETag } = await put('first', {});
    const copy = (CopySourceIfMatch?: string) =>
      aws.s3.send(
        new CopyObjectCommand({ Bucket, Key: 'a copy', CopySource: `${Bucket}/once`, CopySourceIfMatch }),
      );
    await expect(copy('"0"')).rejects.toMatchObject(refused);
    await copy(ETag);
    expect(String(await aws.bytesOf('a copy'))).toBe('first');
    await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: 'once' }));
    await expect(copy(ETag)).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});

describe('an upload in parts', () => {
  const target = { Bucket, Key: 'parts' };
  const [first, second, last] = [5 * MIB, 5 * MIB + 1, 7].map((size) => randomBytes(size)) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  const md5 = (body: Uint8Array) => createHash('md5').update(body);
  let UploadId: string | undefined;
  beforeEach(async () => {
    ({ UploadId } = await aws.s3.send(new CreateMultipartUploadCommand(target)));
  });

  const upload = async (PartNumber: number, Body: Uint8Array) => {
    const { ETag } = await aws.s3.send(new UploadPartCommand({ ...target, UploadId, PartNumber, Body }));
    return { PartNumber, ETag };
  };
  const complete = (Parts: { PartNumber: number; ETag?: string | undefined }[], condition = {}) =>
    aws.s3.send(
      new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts }, ...condition }),
    );
  const partFiles = async () => {
    const entries = await readdir(path.join(aws.stateDir, 's3', '.meta', '.tmp'), { recursive: true });
    return entries.filter((name) => name.includes(path.sep));
  };

  test('is joined in the order of the part numbers, from the latest of each and only those that are named', async () => {
    const parts = [await upload(9, last), await upload(3, first), await upload(2, last)];
    await upload(5, first);
    const middle = await upload(5, second);
    expect(await partFiles()).toHaveLength(4);
    const named = [parts[1], middle, parts[0]].flatMap((part) => part ?? []);
    const { ETag } = await complete(named);

    const digests = Buffer.concat([first, second, last].map((body) => md5(body).digest()));
    expect(ETag).toBe(`"${md5(digests).digest('hex')}-3"`);
    const whole = Buffer.concat([first, second, last]);
    expect((await aws.bytesOf('parts')).equals(whole)).toBe(true);
    expect((await readFile(aws.emulator.pathOf(Bucket, 'parts'))).equals(whole)).toBe(true);
    const { Body } = await aws.s3.send(
      new GetObjectCommand({ ...target, Range: `bytes=${5 * MIB - 1}-${5 * MIB}` }),
    );
    expect(await Body?.transformToByteArray()).toEqual(
      new Uint8Array(whole.subarray(5 * MIB - 1, 5 * MIB + 1)),
    );
    expect([await partFiles(), aws.emulator.openUploads(Bucket)]).toEqual([[], []]);
  });

  test('leaves no file and no object when it is aborted', async () => {
    const part = await upload(1, first);
    expect(await partFiles()).toHaveLength(1);
    await aws.s3.send(new AbortMultipartUploadCommand({ ...target, UploadId }));
    expect([await partFiles(), await keys()]).toEqual([[], []]);
    await expect(complete([part])).rejects.toMatchObject({ name: 'NoSuchUpload' });
  });

  test('is refused with no parts, or ones that are too small, in another order, unknown or changed, and can still be completed', async () => {
    const [one, two] = [await upload(1, last), await upload(2, first)];
    await expect(complete([])).rejects.toMatchObject({ name: 'MalformedXML' });
    await expect(complete([one, two])).rejects.toMatchObject({ name: 'EntityTooSmall' });
    await expect(complete([two, one])).rejects.toMatchObject({ name: 'InvalidPartOrder' });
    await expect(complete([one, one])).rejects.toMatchObject({ name: 'InvalidPartOrder' });
    await expect(complete([{ ...one, PartNumber: 3 }])).rejects.toMatchObject({ name: 'InvalidPart' });
    await expect(complete([{ ...one, ETag: two.ETag }])).rejects.toMatchObject({ name: 'InvalidPart' });
    expect(await keys()).toEqual([]);
    await complete([one]);
    expect(await aws.bytesOf('parts')).toEqual(last);
  });

  test('replaces an object only while that has the etag of If-Match', async () => {
    const { ETag: IfMatch } = await aws.put('parts', 'before');
    await aws.put('parts', 'changed');
    const part = await upload(1, first);
    await expect(complete([part], { IfMatch })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    expect(String(await aws.bytesOf('parts'))).toBe('changed');
    const { ETag } = await aws.s3.send(new HeadObjectCommand(target));
    await complete([part], { IfMatch: ETag });
    expect((await aws.bytesOf('parts')).equals(first)).toBe(true);
  });
});

describe('a large object', () => {
  test('is read as it was when the read began, though it is replaced and deleted meanwhile', async () => {
    const body = randomBytes(20 * MIB);
    await aws.put('large', body);
    const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket, Key: 'large' }));
    await aws.put('large', randomBytes(2 * MIB));
    await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: 'large' }));
    expect(body.equals((await Body?.transformToByteArray()) ?? new Uint8Array())).toBe(true);
  });

  test('is not read when its etag is another one, and only in part when asked for a range', async () => {
    const body = randomBytes(2 * MIB);
    const { ETag } = await aws.put('large', body);
    const read = async (options: { IfMatch?: string; Range?: string }) => {
      const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket, Key: 'large', ...options }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    };
    await expect(read({ IfMatch: '"0"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    expect((await read({ IfMatch: ETag ?? '' })).equals(body)).toBe(true);
    expect(await read({ Range: 'bytes=-5' })).toEqual(body.subarray(-5));
  });
});

describe('events of objects', () => {
  let events: ObjectEvent[];
  const listen = () => {
    aws.emulator.onObjectCreated((each) => events.push(each));
    aws.emulator.onObjectRemoved((each) => events.push(each));
  };
  beforeEach(() => {
    events = [];
    listen();
  });

  test('each write is told once, by its kind', async () => {
    await aws.put('a b+c', 'abc');
    await aws.s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/a%20b%2Bc` }));
    await aws.uploadInParts('parts');
    await aws.put('a b+c', 'abc');

    const etag = '900150983cd24fb0d6963f7d28e17f72';
    const put = { bucket: Bucket, key: 'a b+c', size: 3, etag, eventName: 'ObjectCreated:Put' };
    const parts = { ...put, key: 'parts', size: 1, etag: expect.stringMatching(/^\w{32}-1$/) };
    expect(events).toEqual([
      put,
      { ...put, key: 'copy', eventName: 'ObjectCreated:Copy' },
      { ...parts, eventName: 'ObjectCreated:CompleteMultipartUpload' },
      put,
    ]);
  });

  test('each delete of an object is told once, and that of a key without one is not', async () => {
    for (const key of ['alone', 'one of two', 'two of two']) await aws.put(key);
    events = [];
    for (const Key of ['alone', 'alone', 'missing'])
      await aws.s3.send(new DeleteObjectCommand({ Bucket, Key }));
    const Objects = ['one of two', 'missing', 'two of two'].map((Key) => ({ Key }));
    await aws.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    const removed = { bucket: Bucket, eventName: 'ObjectRemoved:Delete' };
    expect(events).toEqual(['alone', 'one of two', 'two of two'].map((key) => ({ ...removed, key })));
  });

  test('a refused write, a refused delete, a read and a restart tell nothing', async () => {
    await aws.put('k');
    events = [];
    const refused = new PutObjectCommand({ Bucket, Key: 'k', Body: 'y', IfNoneMatch: '*' });
    await expect(aws.s3.send(refused)).rejects.toThrow();
    const kept = new DeleteObjectCommand({ Bucket, Key: 'k', IfMatch: '"0"' });
    await expect(aws.s3.send(kept)).rejects.toThrow();
    await aws.restart();
    listen();
    expect(String(await aws.bytesOf('k'))).toBe('x');
    expect(events).toEqual([]);
  });
});

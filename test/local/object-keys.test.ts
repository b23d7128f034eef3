import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Emulator, startEmulator } from '../../local/aws/emulator.ts';
import { listObjects } from '../../shared/listing.ts';
import fc, { runs } from '../fast-check.ts';

/** Around the state directory, so that what would leave it is seen. */
let outside: string;
let stateDir: string;
let emulator: Emulator;
let s3: S3Client;
let buckets = 0;

beforeAll(async () => {
  outside = await mkdtemp(path.join(tmpdir(), 'object-keys-'));
  stateDir = path.join(outside, 'above', 'state');
  emulator = await startEmulator({ stateDir, region: 'us-east-1' });
  s3 = new S3Client({
    endpoint: emulator.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
});
afterAll(async () => {
  s3.destroy();
  await emulator.close();
  await rm(outside, { recursive: true });
});

function newBucket(): string {
  const bucket = `keys-${buckets++}`;
  emulator.createBucket(bucket);
  return bucket;
}

/** What paths are made of, and what somebody would try who wants out. */
const odd = [
  ...['..', '.', '...', '', ' ', '~', '..\\', '..%2f', '%2e%2e', '%2E%2E%2F', '%', '%00', '%empty', '..;'],
  ...[
    '\0',
    '\n',
    '\r\n',
    '\u001b[2J',
    '\u202e',
    '\\',
    'C:',
    'c:\\x',
    '\\\\host',
    'CON',
    'nul.txt',
    'LPT1',
    'x.',
  ],
  ...[
    'x ',
    '-rf',
    "'",
    '"',
    '`id`',
    '$(id)',
    '*',
    '?',
    '<x>',
    '|',
    ';',
    '&',
    '+',
    '#',
    '日本',
    '🚴',
    'é',
    'e\u0301',
  ],
  ...['etc', 'passwd', '.meta', 'bucket.json', '.tmp', 'a', 'A', 'ﬀ', 'ß', 'x'.repeat(255), 'é'.repeat(130)],
];
const segment = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...odd) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
);
/** Up to S3's 1 024 bytes, and one at least. */
const key = fc
  .array(segment, { minLength: 1, maxLength: 8 })
  .map((segments) => segments.join('/'))
  .filter((joined) => joined !== '' && Buffer.byteLength(joined) <= 1_024);

test('an object is read back by the key that it was written by, and by no other; no file is elsewhere [state-directory]', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(key, { minLength: 1, maxLength: 12 }), async (keys) => {
      const Bucket = newBucket();
      for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket, Key, Body: bodyOf(Key) }));
      for (const Key of keys) {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
        expect({ Key, body: await Body?.transformToString() }).toEqual({ Key, body: bodyOf(Key) });
        expect(isBelow(path.join(stateDir, 's3'), emulator.pathOf(Bucket, Key))).toBe(true);
      }
      const listed = await Array.fromAsync(listObjects(s3, Bucket, { prefix: '' }), (each) => each.key);
      expect(listed.sort()).toEqual(keys.toSorted());
    }),
    { numRuns: runs(15) },
  );
  await expectNothingOutside();
});

test.each([
  ...[
    '/../evil',
    '/..%2f..%2f..%2fevil',
    '/%2e%2e/%2e%2e/%2e%2e/evil',
    '/..%5c..%5cevil',
    '//etc/passwd',
    '/a/../../b',
  ],
  ...[
    '/.',
    '/..',
    '/../',
    '/a%00b',
    '/%2e%2e%2f%2e%2e%2f.meta%2fbucket.json',
    '/....//....//evil',
    '/%252e%252e/evil',
  ],
])('a request for the key %s, written as no client would, stays inside [state-directory]', async (target) => {
  const bucket = newBucket();
  expect(await send('PUT', `/${bucket}${target}`, 'mine')).toMatchObject({ status: 200 });
  expect(await send('GET', `/${bucket}${target}`)).toEqual({ status: 200, body: 'mine' });
  await expectNothingOutside();
});

test.each([
  '/..',
  '/%2e%2e',
  '/.',
  '/.meta',
  '/..%2f..%2fevil',
  '/a%2fb',
  '/a%00b',
  '/A',
  '/%2e%2e/evil',
  '/%ff/x',
])('the bucket %s is refused', async (target) => {
  expect((await send('PUT', target, 'mine')).status).toBeGreaterThanOrEqual(400);
  await expectNothingOutside();
});

function bodyOf(of: string): string {
  return createHash('sha256').update(of).digest('hex');
}

function isBelow(directory: string, file: string): boolean {
  return path.resolve(file) === file && file.startsWith(`${directory}${path.sep}`);
}

/** Beside the state directory there is nothing, in it what the emulator makes, and in s3/ the buckets. */
async function expectNothingOutside(): Promise<void> {
  expect(await readdir(outside)).toEqual(['above']);
  expect(await readdir(path.dirname(stateDir))).toEqual(['state']);
  const known = /^(s3|queues|lock\..*)$/;
  expect((await readdir(stateDir)).filter((name) => !known.test(name))).toEqual([]);
  const folders = await readdir(path.join(stateDir, 's3'));
  expect(folders.filter((name) => !/^(keys-\d+|\.meta)$/.test(name))).toEqual([]);
}

/** Sends a path as it is: clients would resolve `..` or encode it. */
async function send(method: string, target: string, body = ''): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(emulator.endpoint);
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  const headers = { 'content-length': Buffer.byteLength(body) };
  request({ hostname, port, method, path: target, headers }, (answer) =>
    resolve(text(answer).then((read) => ({ status: answer.statusCode ?? 0, body: read }))),
  )
    .on('error', reject)
    .end(body);
  return promise;
}

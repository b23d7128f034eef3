import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { listObjects } from '../../shared/listing.ts';
import fc, { runs } from '../fast-check.ts';
import { type Aws, startAws } from './aws.ts';

let aws: Aws;
let buckets = 0;
beforeAll(async () => {
  aws = await startAws();
});
afterAll(() => aws.close());

function newBucket(): string {
  const bucket = `keys-${buckets++}`;
  aws.emulator.createBucket(bucket);
  return bucket;
}

/** What paths are made of, and what somebody would try who wants out. */
const odd = [
  ...['..', '.', '...', '', ' ', '~', '..\\', '..%2f', '%2e%2e', '%2E%2E%2F', '%', '%00', '%empty', '..;'],
  ...['\0', '\n', '\r\n', '\u001b[2J', '\u202e', '\\', 'C:', 'c:\\x', '\\\\host', 'CON', 'nul.txt', 'LPT1'],
  ...['x.', 'x ', '-rf', "'", '"', '`id`', '$(id)', '*', '?', '<x>', '|', ';', '&', '+', '#', '日本', '🚴'],
  ...['é', 'e\u0301', 'etc', 'passwd', '.meta', 'bucket.json', '.tmp', 'a', 'A', 'ﬀ', 'ß'],
  ...['x'.repeat(255), 'é'.repeat(130)],
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
  const bodyOf = (of: string) => createHash('sha256').update(of).digest('hex');
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(key, { minLength: 1, maxLength: 12 }), async (keys) => {
      const bucket = newBucket();
      for (const each of keys) await aws.put(each, bodyOf(each), bucket);
      for (const each of keys) {
        expect({ each, body: String(await aws.bytesOf(each, bucket)) }).toEqual({ each, body: bodyOf(each) });
        const file = aws.emulator.pathOf(bucket, each);
        expect(path.resolve(file)).toBe(file);
        expect(file.startsWith(path.join(aws.stateDir, 's3') + path.sep)).toBe(true);
      }
      const listed = await Array.fromAsync(listObjects(aws.s3, bucket, { prefix: '' }), (each) => each.key);
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
    '/.',
  ],
  ...['/a/../../b', '/..', '/../', '/a%00b', '/%2e%2e%2f%2e%2e%2f.meta%2fbucket.json', '/....//....//evil'],
  '/%252e%252e/evil',
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

/** Around the state directory there is nothing else; it holds what the emulator makes, and s3/ the buckets. */
async function expectNothingOutside(): Promise<void> {
  const foreign = async (directory: string, known: RegExp) =>
    (await readdir(directory)).filter((name) => !known.test(name));
  expect(await foreign(path.dirname(aws.stateDir), /^state$/)).toEqual([]);
  expect(await foreign(aws.stateDir, /^(s3|queues|lock\..*)$/)).toEqual([]);
  expect(await foreign(path.join(aws.stateDir, 's3'), /^(keys-\d+|lake-raw|\.meta)$/)).toEqual([]);
}

/** Sends a path as it is: clients would resolve `..` or encode it. */
async function send(method: string, target: string, body = ''): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(aws.emulator.endpoint);
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  const headers = { 'content-length': Buffer.byteLength(body) };
  request({ hostname, port, method, path: target, headers }, (answer) =>
    resolve(text(answer).then((read) => ({ status: answer.statusCode ?? 0, body: read }))),
  )
    .on('error', reject)
    .end(body);
  return promise;
}

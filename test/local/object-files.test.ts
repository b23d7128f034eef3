import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ObjectFiles } from '../../local/aws/object-files.ts';
import { ObjectStore } from '../../local/aws/s3.ts';

const bucket = 'lake-raw';
let root: string;
let files: ObjectFiles;
let store: ObjectStore;

function open(): void {
  files = new ObjectFiles(root);
  store = new ObjectStore();
  files.loadS3(store);
  store.persistence = files;
}

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'object-files-'));
  open();
  store.createBucket(bucket);
});

afterEach(() => rmSync(root, { recursive: true }));

const put = (key: string, body = `body of ${key}`) => store.putObject(bucket, key, Buffer.from(body));
const read = (key: string) => String(store.getObject(bucket, key).body);

describe('keys that are no file names', () => {
  const longest = 'é'.repeat(512);
  const keys = [
    '../../../etc/passwd',
    '..',
    '.',
    '../..',
    'a/../../b',
    'a/./b',
    '/absolute',
    '//',
    'a//b',
    'folder/',
    'C:\\Windows\\x',
    '..\\..\\x',
    'nul\0byte',
    'line\nfeed',
    'tab\t\u007f\u0085',
    'a%2E',
    'a.',
    'a',
    'a ',
    '%2E%2E',
    '%empty/x',
    'con',
    'con.txt',
    'CON',
    'console',
    '.meta/lake-raw/bucket.json',
    '~/x',
    'x'.repeat(255),
    'x'.repeat(256),
    longest,
    `${'deep/'.repeat(204)}x`,
    'é',
    'e\u0301',
    'É',
    'case',
    'CASE',
  ];

  test('each has a file of its own inside the directory, and its own content after a restart', () => {
    for (const key of keys) put(key);
    open();
    for (const key of keys) expect(read(key)).toBe(`body of ${key}`);
    const paths = keys.map((key) => files.pathOf(bucket, key));
    expect(new Set(paths.map((each) => each.normalize('NFC').toLowerCase())).size).toBe(keys.length);
    for (const each of paths) {
      const relative = path.relative(root, each).split(path.sep);
      expect(relative).not.toContain('..');
      expect([bucket, '.meta']).toContain(relative[0]);
      expect(Math.max(...relative.map((segment) => Buffer.byteLength(segment)))).toBeLessThanOrEqual(200);
      expect(statSync(each).isFile()).toBe(true);
    }
  });

  test('deleting them leaves no file and no directory behind', () => {
    for (const key of keys) put(key);
    for (const key of keys) store.deleteObject(bucket, key);
    expect(readdirSync(path.join(root, bucket))).toEqual([]);
    expect(readdirSync(path.join(root, '.meta', bucket))).toEqual(['bucket.json']);
  });

  test.each([
    ['a/..', 'a/%2E%2E'],
    ['a%2E', 'a%252E'],
    ['a.', 'a%2E'],
    ['12:00.json', '12%3A00.json'],
    ['a//b', 'a/%empty/b'],
    ['dt=2024-07-01/Le Mans+é.json', 'dt=2024-07-01/Le Mans+é.json'],
  ])('%j is %j on disk', (key, file) => {
    expect(files.pathOf(bucket, key)).toBe(path.join(root, bucket, ...file.split('/')));
  });
});

describe('a key that is also the beginning of another', () => {
  test.each([[['a', 'a/b', 'a/b/c']], [['a/b/c', 'a/b', 'a']]])(
    '%j: all have their content, whichever came first',
    (keys) => {
      for (const key of keys) put(key);
      open();
      for (const key of keys) expect(read(key)).toBe(`body of ${key}`);
      expect(files.pathOf(bucket, keys[0] ?? '')).toBe(
        path.join(root, bucket, ...(keys[0] ?? '').split('/')),
      );
    },
  );

  test('takes the readable name when the other is gone', () => {
    put('a/b');
    store.deleteObject(bucket, 'a/b');
    put('a');
    expect(files.pathOf(bucket, 'a')).toBe(path.join(root, bucket, 'a'));
  });
});

describe('what is on disk', () => {
  test('a second write replaces the file and leaves nothing unfinished', () => {
    put('k', 'first');
    put('k', 'second, longer');
    expect(readFileSync(files.pathOf(bucket, 'k'), 'utf8')).toBe('second, longer');
    expect(readdirSync(path.join(root, '.meta', '.tmp'))).toEqual([]);
  });

  test('an unfinished write of a run that was killed is swept away', () => {
    writeFileSync(path.join(root, '.meta', '.tmp', 'half'), 'ha');
    open();
    expect(readdirSync(path.join(root, '.meta', '.tmp'))).toEqual([]);
    expect(store.listObjects(bucket).objects).toEqual([]);
  });

  test('a file edited by hand is served as it now is', () => {
    put('k', 'before');
    writeFileSync(files.pathOf(bucket, 'k'), 'after it');
    open();
    expect(read('k')).toBe('after it');
    expect(store.headObject(bucket, 'k')).toMatchObject({
      contentLength: 8,
      etag: put('same', 'after it').etag,
    });
  });

  test('a file removed by hand is an object removed, and can be written again', () => {
    put('k');
    rmSync(files.pathOf(bucket, 'k'));
    open();
    expect(store.etagOf(bucket, 'k')).toBeUndefined();
    put('k', 'again');
    open();
    expect(read('k')).toBe('again');
  });

  test('a file that is not ours is no object, and outlives the bucket', () => {
    const notes = path.join(root, bucket, 'notes.txt');
    writeFileSync(notes, 'mine');
    open();
    expect(store.listObjects(bucket).objects).toEqual([]);
    store.deleteBucket(bucket);
    expect(readFileSync(notes, 'utf8')).toBe('mine');
  });

  test('a directory in the place of an object does not stop it', () => {
    mkdirSync(path.join(root, bucket, 'k'));
    put('k');
    expect(read('k')).toBe('body of k');
  });

  test('buckets keep their date over a restart, and are gone when deleted', () => {
    store.createBucket('short-lived');
    const before = store.listBuckets();
    open();
    expect(store.listBuckets()).toEqual(before);
    store.deleteBucket('short-lived');
    open();
    expect(store.listBuckets().map(({ name }) => name)).toEqual([bucket]);
  });

  test('a multipart upload that was not finished is forgotten by a restart, and holds no bucket', () => {
    const upload = store.createMultipartUpload(bucket, 'k');
    store.uploadPart(upload, 1, Buffer.from('x'));
    open();
    expect(() => store.abortMultipartUpload(upload)).toThrow(/does not exist/);
    store.deleteBucket(bucket);
  });
});

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ObjectFiles } from '../../local/aws/object-files.ts';
import { ObjectStore } from '../../local/aws/object-store.ts';

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
const pathOf = (key: string) => path.relative(path.join(root, bucket), files.pathOf(bucket, key));
const listed = () => store.listObjects(bucket).objects;

describe('a key that some file system would not take as a path', () => {
  const deep = `${'deep/'.repeat(204)}x`;
  const keys = [
    ...[
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
    ],
    ...['C:\\Windows\\x', '..\\..\\x', 'nul\0byte', 'line\nfeed', 'tab\t\u007f\u0085', 'a.', 'a ', 'con'],
    ...['con.txt', '12:00.json', 'x'.repeat(256), 'é'.repeat(512), deep],
  ];
  const others = [
    'a',
    '%2E%2E',
    'console',
    '.meta/lake-raw/bucket.json',
    '~/x',
    'é',
    'e\u0301',
    'É',
    'case',
    'CASE',
  ];

  test('has a file of its own inside the directory, and its own content after a restart', () => {
    for (const key of [...keys, ...others]) put(key);
    open();
    for (const key of [...keys, ...others]) expect(read(key)).toBe(`body of ${key}`);
    const paths = [...keys, ...others].map((key) => files.pathOf(bucket, key));
    const folded = new Set(paths.map((each) => each.normalize('NFC').toLowerCase()));
    expect(folded.size).toBe(paths.length);
    for (const each of paths) expect(each.startsWith(root) && statSync(each).isFile()).toBe(true);
    for (const key of keys) expect(pathOf(key)).toMatch(/^\.\.\/\.meta\/lake-raw\/objects\/[0-9a-f]{64}$/);
  });

  test('leaves no file and no directory behind when it is deleted', () => {
    for (const key of [...keys, ...others]) put(key);
    for (const key of [...keys, ...others]) store.deleteObject(bucket, key);
    expect(readdirSync(path.join(root, bucket))).toEqual([]);
    const left = readdirSync(path.join(root, '.meta', bucket), { recursive: true, withFileTypes: true });
    expect(left.filter((each) => each.isFile()).map(({ name }) => name)).toEqual(['bucket.json']);
  });
});

test.each(['dt=2024-07-01/Le Mans+é.json', '.a', 'a.b', '100%', 'x'.repeat(200)])(
  'the key %j is its own path',
  (key) => {
    expect(pathOf(key)).toBe(key);
  },
);

describe('a key that is also the beginning of another', () => {
  test.each([[['a', 'a/b', 'a/b/c']], [['a/b/c', 'a/b', 'a']]])(
    '%j: all have their content, whichever came first',
    (keys) => {
      for (const key of keys) put(key);
      open();
      for (const key of keys) expect(read(key)).toBe(`body of ${key}`);
      expect(pathOf(keys[0] ?? '')).toBe(keys[0]);
    },
  );

  test('takes the readable name when the other is gone', () => {
    put('a/b');
    store.deleteObject(bucket, 'a/b');
    put('a');
    expect(pathOf('a')).toBe('a');
  });
});

describe('what is on disk', () => {
  const scratch = () => readdirSync(path.join(root, '.meta', '.tmp'));

  test('a second write replaces the file and leaves nothing unfinished', () => {
    put('k', 'first');
    put('k', 'second, longer');
    expect(readFileSync(files.pathOf(bucket, 'k'), 'utf8')).toBe('second, longer');
    expect(scratch()).toEqual([]);
  });

  test('an unfinished write of a run that was killed is swept away', () => {
    writeFileSync(path.join(root, '.meta', '.tmp', 'half'), 'ha');
    open();
    expect([scratch(), listed()]).toEqual([[], []]);
  });

  test('a file edited by hand is served as it now is', () => {
    put('k', 'before');
    writeFileSync(files.pathOf(bucket, 'k'), 'after it');
    open();
    expect(read('k')).toBe('after it');
    const { etag } = put('same', 'after it');
    expect(store.headObject(bucket, 'k')).toMatchObject({ contentLength: 8, etag });
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

  test('a file that is not ours is not an object, and outlives the bucket', () => {
    const notes = path.join(root, bucket, 'notes.txt');
    writeFileSync(notes, 'mine');
    open();
    expect(listed()).toEqual([]);
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

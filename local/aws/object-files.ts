import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { BucketType, S3Object, S3PersistenceProvider, S3Store } from './fauxqs.ts';
import { FileTree } from './file-tree.ts';
import { objectPath, sha256 } from './object-path.ts';
import { readSidecar, readState, writeSidecar } from './object-sidecar.ts';
import { StateError } from './state-error.ts';

/** `.meta/<bucket>/bucket.json` */
interface BucketRecord {
  name: string;
  type: BucketType;
  /** ISO 8601, UTC */
  creationDate: string;
  /** The XML of PutBucketLifecycleConfiguration. */
  lifecycle?: string;
}

/** Called for each object as it is written, by one request or by the last one of a multipart upload. */
export type OnWrite = (bucket: string, object: S3Object, how: 'put' | 'multipart') => void;

/**
 * Keeps every S3 object as a file that a person can open, at `<root>/<bucket>/<key>`, and what else S3 knows of
 * it beside that tree, under `<root>/.meta` (no bucket's name starts with a dot).
 *
 * Each write is whole or absent when the process is killed; a power cut can lose the last ones, since nothing
 * waits for the disk. The parts of an unfinished multipart upload stay in the S3 store's memory: a restart
 * forgets the upload.
 */
export class ObjectFiles implements S3PersistenceProvider {
  private readonly tree: FileTree;
  private readonly onWrite: OnWrite;
  /** bucket -> key -> the body's file */
  private readonly files = new Map<string, Map<string, string>>();
  /** The files in use, as a file system sees them that ignores case and normalises Unicode. */
  private readonly taken = new Set<string>();

  constructor(root: string, onWrite: OnWrite = () => {}, { readOnly = false } = {}) {
    this.tree = readOnly ? new FileTree(root) : new FileTree(root, '.meta/.tmp');
    this.onWrite = onWrite;
  }

  /** The absolute path of the object's file; for a key that does not exist yet, the one it would get now. */
  pathOf(bucket: string, key: string): string {
    return this.tree.at(this.fileOf(bucket, key));
  }

  upsertObject(bucket: string, object: S3Object): void {
    this.write(bucket, object);
    this.onWrite(bucket, object, 'put');
  }

  completeMultipartUpload(_uploadId: string, bucket: string, object: S3Object): void {
    this.write(bucket, object);
    this.onWrite(bucket, object, 'multipart');
  }

  readBody(bucket: string, key: string): Buffer {
    return readFileSync(this.pathOf(bucket, key));
  }

  /** A missing key is no error, as in S3. */
  deleteObject(bucket: string, key: string): void {
    const file = this.files.get(bucket)?.get(key);
    if (file === undefined) return;
    rmSync(this.tree.at(sidecarOf(bucket, key)));
    this.tree.remove(file);
    this.files.get(bucket)?.delete(key);
    this.taken.delete(fold(file));
  }

  renameObject(bucket: string, sourceKey: string, destKey: string): void {
    if (sourceKey === destKey) return;
    const found = readSidecar(this.tree, sidecarOf(bucket, sourceKey));
    if (found === undefined) throw new Error(`The file of ${bucket}/${sourceKey} is gone.`);
    this.write(bucket, { ...found.object, key: destKey, body: this.readBody(bucket, sourceKey) });
    this.deleteObject(bucket, sourceKey);
  }

  deleteObjectsByBucket(bucket: string): void {
    for (const key of [...(this.files.get(bucket)?.keys() ?? [])]) this.deleteObject(bucket, key);
  }

  deleteAllObjects(): void {
    for (const bucket of this.files.keys()) this.deleteObjectsByBucket(bucket);
  }

  insertBucket(name: string, creationDate: Date, type: BucketType): void {
    this.files.set(name, new Map());
    mkdirSync(this.tree.at(name), { recursive: true });
    this.writeBucket({ name, type, creationDate: creationDate.toISOString() });
  }

  /** Files that someone else has put into the bucket's directory stay. */
  deleteBucket(name: string): void {
    this.deleteObjectsByBucket(name);
    this.files.delete(name);
    rmSync(this.tree.at(`.meta/${name}`), { recursive: true });
    this.tree.removeIfEmpty(name);
  }

  saveBucketLifecycleConfiguration(bucket: string, config: string): void {
    this.writeBucket({ ...this.readBucket(bucket), lifecycle: config });
  }

  deleteBucketLifecycleConfiguration(bucket: string): void {
    const { lifecycle: _, ...rest } = this.readBucket(bucket);
    this.writeBucket(rest);
  }

  /** Fills a store that does not write through yet: nothing here counts as a write. */
  loadS3(store: S3Store): void {
    const buckets = this.tree.at('.meta');
    for (const bucket of existsSync(buckets) ? readdirSync(buckets) : []) {
      const names = bucket.startsWith('.') ? [] : readdirSync(this.tree.at(`.meta/${bucket}`));
      // Missing when the run was killed while it created the bucket.
      if (names.includes('bucket.json')) this.loadBucket(store, this.readBucket(bucket), names);
    }
  }

  purgeAll(): void {
    for (const bucket of [...this.files.keys()]) this.deleteBucket(bucket);
  }

  insertMultipartUpload(): void {}
  upsertMultipartPart(): void {}
  deleteMultipartUpload(): void {}
  deleteAllMultipartUploads(): void {}
  close(): void {}

  private write(bucket: string, object: S3Object): void {
    const file = this.fileOf(bucket, object.key);
    this.tree.write(file, object.body);
    writeSidecar(this.tree, sidecarOf(bucket, object.key), file, object);
    this.files.get(bucket)?.set(object.key, file);
    this.taken.add(fold(file));
  }

  private fileOf(bucket: string, key: string): string {
    const known = this.files.get(bucket)?.get(key);
    if (known !== undefined) return known;
    const readable = objectPath(key);
    return readable !== undefined && this.isFree(`${bucket}/${readable}`)
      ? `${bucket}/${readable}`
      : `.meta/${bucket}/objects/${sha256(key)}`;
  }

  /** Not so for key `a` where `a/b` exists, for `a/b` where `a` does, and for `A` where `a` does. */
  private isFree(file: string): boolean {
    for (let part = file; part.includes('/'); part = path.posix.dirname(part)) {
      if (this.taken.has(fold(part))) return false;
    }
    return !statSync(this.tree.at(file), { throwIfNoEntry: false })?.isDirectory();
  }

  private loadBucket(store: S3Store, record: BucketRecord, names: string[]): void {
    store.createBucket(record.name, record.type);
    store.setBucketCreationDate(record.name, new Date(record.creationDate));
    if (record.lifecycle !== undefined)
      store.restoreBucketLifecycleConfiguration(record.name, record.lifecycle);
    const files = new Map<string, string>();
    this.files.set(record.name, files);
    for (const name of names.filter((each) => /^[0-9a-f]{64}\.json$/.test(each))) {
      const found = readSidecar(this.tree, `.meta/${record.name}/${name}`);
      if (found === undefined) continue;
      store.restoreObject(record.name, found.object);
      files.set(found.object.key, found.file);
      this.taken.add(fold(found.file));
    }
  }

  private readBucket(bucket: string): BucketRecord {
    const file = this.tree.at(`.meta/${bucket}/bucket.json`);
    const record = readState<BucketRecord>(file);
    if (record === undefined) throw new StateError(file, new Error('it is gone'));
    return record;
  }

  private writeBucket(record: BucketRecord): void {
    this.tree.write(`.meta/${record.name}/bucket.json`, `${JSON.stringify(record, null, 2)}\n`);
  }
}

function sidecarOf(bucket: string, key: string): string {
  return `.meta/${bucket}/${sha256(key)}.json`;
}

function fold(file: string): string {
  return file.normalize('NFC').toLowerCase();
}

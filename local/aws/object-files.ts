import { createHash, randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import path from 'node:path';
import { removeAbandonedFolders } from '../process-folder.ts';
import type { BucketType, MultipartPart, S3Object, S3PersistenceProvider, S3Store } from './fauxqs.ts';
import { fold, isPath, recordName, sha256 } from './object-names.ts';
import { withStateFile } from './state-error.ts';

/** `.meta/<bucket>/bucket.json`; dates are ISO 8601, UTC. */
interface BucketRecord {
  readonly name: string;
  readonly type: BucketType;
  readonly creationDate: string;
}

/** What S3 knows of an object beside its body: `.meta/<bucket>/<sha256 of the key>.json` */
interface ObjectRecord extends Omit<S3Object, 'body' | 'lastModified'> {
  readonly lastModified: string;
  /** The body's file, relative to the root, with `/` between its segments. */
  readonly file: string;
  /** Of the body, in hex: the etag is that only for an object written in one piece. */
  readonly md5: string;
  /** Of the file. */
  readonly mtimeMs: number;
}

/** Emptied at the start. Below the root, since a rename must not cross file systems. */
const scratch = '.meta/.tmp';

/**
 * Keeps every S3 object as a file that a person can open, at `<root>/<bucket>/<key>`, and what else S3 knows of
 * it beside that tree, under `<root>/.meta` (no bucket's name starts with a dot). Where some file system would not
 * take the key as a path, the file's name is a hash of the key, below `.meta` too.
 *
 * Each write is whole or absent when the process is killed; a power cut can lose the last ones, since nothing
 * waits for the disk. The parts of a multipart upload are files as well, until it is completed or aborted; a restart
 * forgets the upload.
 */
export class ObjectFiles implements S3PersistenceProvider {
  readonly #root: string;
  readonly #onWrite: (bucket: string, object: S3Object) => void;
  readonly #onDelete: (bucket: string, key: string) => void;
  /** bucket -> key -> the body's file, relative to the root */
  readonly #files = new Map<string, Map<string, string>>();
  /** The files in use, as a file system sees them that ignores case and normalises Unicode. */
  readonly #taken = new Set<string>();

  /**
   * @param options `onWrite` is called for each object as it is written, `onDelete` for each that is gone
   * @throws {StateError} when the file system refuses, here and in each method
   */
  constructor(
    root: string,
    {
      onWrite = (_bucket: string, _object: S3Object): void => {},
      onDelete = (_bucket: string, _key: string): void => {},
      readOnly = false,
    } = {},
  ) {
    this.#root = root;
    this.#onWrite = onWrite;
    this.#onDelete = onDelete;
    if (readOnly) return;
    withStateFile(this.#at(scratch), () => {
      fs.rmSync(this.#at(scratch), { recursive: true, force: true });
      fs.mkdirSync(this.#at(scratch), { recursive: true });
      removeAbandonedFolders(this.#at('.'));
    });
  }

  /** The absolute path of the object's file; for a key that does not exist yet, the one it would get now. */
  pathOf(bucket: string, key: string): string {
    return this.#at(this.#fileOf(bucket, key));
  }

  upsertObject(bucket: string, object: S3Object): void {
    this.#keep(bucket, object, [object.body]);
  }

  upsertMultipartPart(uploadId: string, { partNumber, body }: MultipartPart): void {
    this.#write(partOf(uploadId, partNumber), [body]);
  }

  /** Joins the parts that the object names. */
  completeMultipartUpload(uploadId: string, bucket: string, object: S3Object): void {
    const files = (object.parts ?? []).map(({ partNumber }) => this.#at(partOf(uploadId, partNumber)));
    this.#keep(bucket, object, contentsOf(files));
  }

  deleteMultipartUpload(uploadId: string): void {
    fs.rmSync(this.#at(`${scratch}/${uploadId}`), { recursive: true, force: true });
  }

  readBody(bucket: string, key: string): Buffer {
    return fs.readFileSync(this.pathOf(bucket, key));
  }

  deleteObject(bucket: string, key: string): void {
    const file = this.#files.get(bucket)?.get(key);
    if (file === undefined) return;
    fs.rmSync(this.#at(recordOf(bucket, key)));
    fs.rmSync(this.#at(file), { force: true });
    // The directories that it leaves empty, but not the bucket's.
    let parent = path.posix.dirname(file);
    while (parent.includes('/') && this.#removeEmpty(parent)) parent = path.posix.dirname(parent);
    this.#files.get(bucket)?.delete(key);
    this.#taken.delete(fold(file));
    this.#onDelete(bucket, key);
  }

  deleteObjectsByBucket(bucket: string): void {
    for (const key of [...(this.#files.get(bucket)?.keys() ?? [])]) this.deleteObject(bucket, key);
  }

  insertBucket(name: string, creationDate: Date, type: BucketType): void {
    this.#files.set(name, new Map());
    fs.mkdirSync(this.#at(name), { recursive: true });
    const record: BucketRecord = { name, type, creationDate: creationDate.toISOString() };
    this.#writeRecord(`.meta/${name}/bucket.json`, record);
  }

  /** Files that someone else has put into the bucket's directory stay. */
  deleteBucket(name: string): void {
    this.deleteObjectsByBucket(name);
    this.#files.delete(name);
    fs.rmSync(this.#at(`.meta/${name}`), { recursive: true });
    this.#removeEmpty(name);
  }

  /** Fills a store that does not write through yet: nothing here counts as a write. */
  loadS3(store: S3Store): void {
    const buckets = this.#at('.meta');
    for (const bucket of fs.existsSync(buckets) ? fs.readdirSync(buckets) : []) {
      const names = bucket.startsWith('.') ? [] : fs.readdirSync(this.#at(`.meta/${bucket}`));
      // Missing when the run was killed while it created the bucket.
      if (!names.includes('bucket.json')) continue;
      const found = this.#read<BucketRecord>(`.meta/${bucket}/bucket.json`);
      if (!found) continue;
      const { name, type, creationDate } = found;
      store.createBucket(name, type);
      store.setBucketCreationDate(name, new Date(creationDate));
      this.#files.set(name, new Map());
      for (const record of names.filter((each) => /^[0-9a-f]{64}\.json$/.test(each))) {
        const object = this.#read<ObjectRecord>(`.meta/${name}/${record}`);
        if (object) this.#loadObject(store, name, object);
      }
    }
  }

  // Nothing here renames objects or empties buckets, and nothing is kept of lifecycles and unfinished uploads.
  saveBucketLifecycleConfiguration(): void {}
  deleteBucketLifecycleConfiguration(): void {}
  renameObject(): void {}
  deleteAllObjects(): void {}
  purgeAll(): void {}
  insertMultipartUpload(): void {}
  deleteAllMultipartUploads(): void {}
  close(): void {}

  /**
   * Where the file is not the one that was written (edited by hand, or the run was killed between body and record),
   * the object is what the file now holds. A removed file means a removed object.
   */
  #loadObject(store: S3Store, bucket: string, record: ObjectRecord): void {
    const { file, md5, mtimeMs, lastModified, ...rest } = record;
    const stat = fs.statSync(this.#at(file), { throwIfNoEntry: false });
    if (!stat?.isFile()) return;
    let object: S3Object = { ...rest, body: Buffer.alloc(0), lastModified: new Date(lastModified) };
    if (stat.size !== object.contentLength || stat.mtimeMs !== mtimeMs) {
      const body = fs.readFileSync(this.#at(file));
      if (md5Of(body) !== md5) {
        const { parts, checksumAlgorithm, checksumValue, checksumType, partChecksums, ...unaffected } =
          object;
        const etag = `"${md5Of(body)}"`;
        object = { ...unaffected, contentLength: body.length, etag, lastModified: stat.mtime };
      }
    }
    store.restoreObject(bucket, object);
    this.#use(bucket, object.key, file);
  }

  /** @param pieces of the body, in memory one at a time */
  #keep(bucket: string, object: S3Object, pieces: Iterable<Uint8Array>): void {
    const { body: _, lastModified, ...rest } = object;
    const file = this.#fileOf(bucket, rest.key);
    const md5 = this.#write(file, pieces);
    const { mtimeMs } = fs.statSync(this.#at(file));
    const kept = { lastModified: lastModified.toISOString(), file, md5, mtimeMs };
    this.#writeRecord(recordOf(bucket, rest.key), { ...rest, ...kept } satisfies ObjectRecord);
    this.#use(bucket, rest.key, file);
    this.#onWrite(bucket, object);
  }

  #use(bucket: string, key: string, file: string): void {
    this.#files.get(bucket)?.set(key, file);
    this.#taken.add(fold(file));
  }

  #fileOf(bucket: string, key: string): string {
    const known = this.#files.get(bucket)?.get(key);
    if (known !== undefined) return known;
    const readable = `${bucket}/${key}`;
    return isPath(key) && this.#isFree(readable) ? readable : `.meta/${bucket}/objects/${sha256(key)}`;
  }

  /** Not so for key `a` where `a/b` exists, for `a/b` where `a` does, and for `A` where `a` does. */
  #isFree(file: string): boolean {
    for (let part = file; part.includes('/'); part = path.posix.dirname(part)) {
      if (this.#taken.has(fold(part))) return false;
    }
    return !fs.statSync(this.#at(file), { throwIfNoEntry: false })?.isDirectory();
  }

  #at(file: string): string {
    return path.join(this.#root, ...file.split('/'));
  }

  /** Undefined when another process has removed it meanwhile. */
  #read<T>(file: string): T | undefined {
    return withStateFile(this.#at(file), () => {
      try {
        return JSON.parse(fs.readFileSync(this.#at(file), 'utf8')) as T;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    });
  }

  /** The file is whole as soon as it has its name. @returns the MD5 of its content */
  #write(file: string, pieces: Iterable<string | Uint8Array>): string {
    const unfinished = this.#at(`${scratch}/${randomUUID()}`);
    return withStateFile(this.#at(file), () => {
      const md5 = createHash('md5');
      for (const piece of pieces) {
        fs.appendFileSync(unfinished, piece);
        md5.update(piece);
      }
      fs.mkdirSync(path.dirname(this.#at(file)), { recursive: true });
      fs.renameSync(unfinished, this.#at(file));
      return md5.digest('hex');
    });
  }

  #writeRecord(file: string, record: object): void {
    this.#write(file, [`${JSON.stringify(record, null, 2)}\n`]);
  }

  /** Whether the directory was empty, and is gone. */
  #removeEmpty(directory: string): boolean {
    try {
      fs.rmdirSync(this.#at(directory));
      return true;
    } catch {
      return false;
    }
  }
}

function* contentsOf(files: readonly string[]): Generator<Buffer> {
  for (const file of files) yield fs.readFileSync(file);
}

const recordOf = (bucket: string, key: string) => `.meta/${bucket}/${recordName(key)}`;
const partOf = (uploadId: string, part: number) => `${scratch}/${uploadId}/${part}`;
const md5Of = (body: Uint8Array) => createHash('md5').update(body).digest('hex');

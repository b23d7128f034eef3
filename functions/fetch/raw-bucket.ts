import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { Dataset } from '../../shared/dataset.ts';
import { type Day, dayOf, isDay, rawKey } from '../../shared/keys.ts';
import { listObjects } from '../../shared/listing.ts';
import { objectMetadata } from '../../shared/object-metadata.ts';
import { decodePlaces } from './place-set.ts';

/** What an object's metadata says about the run that landed it. */
export interface Landed {
  readonly etag: string;
  /** Digest of the run's list of places; undefined when the object was not landed by a run. */
  readonly list: string | undefined;
  /** The places whose lines are in the object, as numbers in that list, ascending. */
  readonly places: ReadonlySet<number>;
  readonly fetchedAt: string | undefined;
  readonly tries: number;
}

/** Anything smaller, as nearly every run is, is uploaded in one request. */
const partBytes = 8 * 1024 * 1024;

/** Days with data in which earlier runs are looked for, at most: some may have nothing but dropped files. */
const maxDays = 31;

export class RawBucket {
  readonly #s3: S3Client;
  readonly #name: string;

  constructor(s3: S3Client, name: string) {
    this.#s3 = s3;
    this.#name = name;
  }

  async look(key: string): Promise<Landed | undefined> {
    const head = await unlessChanged(this.#s3.send(new HeadObjectCommand({ Bucket: this.#name, Key: key })));
    if (!head) return undefined;
    const { ETag = '', Metadata: metadata = {} } = head;
    return {
      etag: ETag,
      list: metadata[objectMetadata.placesList],
      places: decodePlaces(metadata['places-landed'] ?? ''),
      fetchedAt: metadata[objectMetadata.fetchedAt],
      tries: Number(metadata.tries ?? 0),
    };
  }

  async lines(key: string, { etag }: Landed): Promise<AsyncIterable<Uint8Array> | undefined> {
    const object = await unlessChanged(
      this.#s3.send(new GetObjectCommand({ Bucket: this.#name, Key: key, IfMatch: etag })),
    );
    return object && linesOf(object.Body as Readable);
  }

  /** Writes over the object that was seen, or where there was none. @returns false when it has changed since */
  async put(
    key: string,
    lines: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    metadata: Record<string, string>,
    seen: Landed | undefined,
  ): Promise<boolean> {
    const upload = new Upload({
      client: this.#s3,
      params: {
        Bucket: this.#name,
        Key: key,
        Body: Readable.from(lines, { objectMode: false }),
        ContentType: 'application/x-ndjson',
        Metadata: metadata,
        ...(seen ? { IfMatch: seen.etag } : { IfNoneMatch: '*' }),
      },
      partSize: partBytes,
      queueSize: 1,
      // The role may not delete them. The bucket does so after a week.
      leavePartsOnError: true,
    });
    return (await unlessChanged(upload.done())) !== undefined;
  }

  /** The keys of a day. */
  async keysOf({ name }: Dataset, day: Day): Promise<Set<string>> {
    const keys = new Set<string>();
    for await (const { key } of listObjects(this.#s3, this.#name, { prefix: `${name}/dt=${day}/` }))
      keys.add(key);
    return keys;
  }

  /** Keys that runs landed before an instant, newest first: a schedule may run once a year. */
  async *runsBefore(dataset: Dataset, time: Date): AsyncGenerator<string> {
    const runOf = (key: string) => /^(.*T\d{6}Z)(?:\.[0-9a-f]{12})?\.json$/.exec(key)?.[1];
    const thisRun = runOf(rawKey(dataset, time)) ?? '';
    for (const day of (await this.#daysUntil(dataset, time)).reverse().slice(0, maxDays)) {
      // `…/dt=2026-11-22/20261122T`
      const prefix = rawKey(dataset, new Date(day)).replace(/\d{6}Z\.json$/, '');
      const keys: string[] = [];
      for await (const { key } of listObjects(this.#s3, this.#name, { prefix })) {
        const run = runOf(key);
        if (run !== undefined && run < thisRun) keys.push(key);
      }
      yield* keys.reverse();
    }
  }

  /** The days up to an instant that have a folder, oldest first: one request per 1 000 days. */
  async #daysUntil({ name }: Dataset, time: Date): Promise<Day[]> {
    const last = dayOf(time);
    const request = {
      Bucket: this.#name,
      Prefix: `${name}/dt=`,
      Delimiter: '/',
      EncodingType: 'url' as const,
    };
    const days: Day[] = [];
    for await (const { CommonPrefixes = [] } of paginateListObjectsV2({ client: this.#s3 }, request)) {
      for (const { Prefix = '' } of CommonPrefixes) {
        const day = decodeURIComponent(Prefix).slice(request.Prefix.length, -1);
        if (isDay(day) && day <= last) days.push(day);
      }
    }
    return days;
  }
}

/** S3's errors for an object that does not exist or does not match a condition. */
const changed: readonly string[] = [
  'NotFound',
  'NoSuchKey',
  'PreconditionFailed',
  'ConditionalRequestConflict',
];

async function unlessChanged<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof Error && changed.includes(error.name)) return undefined;
    throw error;
  }
}

async function* linesOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  let rest = Buffer.alloc(0);
  for await (const piece of bytes) {
    rest = Buffer.concat([rest, piece]);
    let start = 0;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', start)) {
      yield rest.subarray(start, end);
      start = end + 1;
    }
    rest = rest.subarray(start);
  }
}

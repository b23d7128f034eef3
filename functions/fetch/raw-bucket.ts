import { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { Dataset } from '../../shared/dataset.ts';
import { rawKey } from '../../shared/keys.ts';
import { listObjects } from '../../shared/listing.ts';
import { decodePlaces } from './place-list.ts';

/** A raw object, as far as its metadata tells of the run that landed it. */
export interface Landed {
  readonly etag: string;
  /** Digest of the run's list of places; undefined when no run has landed it. */
  readonly list: string | undefined;
  /** Numbers in that list of the places whose lines are in the object, in their order. */
  readonly places: ReadonlySet<number>;
  readonly fetchedAt: string | undefined;
  readonly tries: number;
}

/** Bytes of a part of an upload. What is smaller, as nearly every run is, goes up in one request. */
const partBytes = 8 * 1024 * 1024;

/** The bucket that keeps what the provider sent. */
export class RawBucket {
  readonly #s3: S3Client;
  readonly #name: string;

  constructor(s3: S3Client, name: string) {
    this.#s3 = s3;
    this.#name = name;
  }

  /** An object as it is now; undefined when there is none. */
  async look(key: string): Promise<Landed | undefined> {
    const head = await unlessChanged(this.#s3.send(new HeadObjectCommand({ Bucket: this.#name, Key: key })));
    if (!head) return undefined;
    const { ETag = '', Metadata: metadata = {} } = head;
    return {
      etag: ETag,
      list: metadata['places-list'],
      places: decodePlaces(metadata['places-landed'] ?? ''),
      fetchedAt: metadata['fetched-at'],
      tries: Number(metadata.tries ?? 0),
    };
  }

  /** The lines of an object as it was when it was looked at; undefined when it is another one by now. */
  async lines(key: string, { etag }: Landed): Promise<AsyncIterable<Uint8Array> | undefined> {
    const object = await unlessChanged(
      this.#s3.send(new GetObjectCommand({ Bucket: this.#name, Key: key, IfMatch: etag })),
    );
    return object && linesOf(object.Body as Readable);
  }

  /**
   * Writes an object in place of the one that was seen, or of none.
   * @returns false when there is another one by now: look again
   */
  async put(
    key: string,
    lines: AsyncIterable<Uint8Array>,
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
      // The function may not remove them; the bucket does so after a week.
      leavePartsOnError: true,
    });
    return (await unlessChanged(upload.done())) !== undefined;
  }

  /** Keys of what runs have landed before an instant, on its day and the day before; the newest first. */
  async runsBefore(dataset: Dataset, time: Date): Promise<string[]> {
    const runOf = (key: string) => /^(.*T\d{6}Z)(?:\.[0-9a-f]{12})?\.json$/.exec(key)?.[1];
    const thisRun = runOf(rawKey(dataset, time)) ?? '';
    const keys: string[] = [];
    for (const day of [new Date(time.getTime() - 86_400_000), time]) {
      // All runs of a day begin so: `…/dt=2026-11-22/20261122T`.
      const prefix = rawKey(dataset, day).replace(/\d{6}Z\.json$/, '');
      for await (const { key } of listObjects(this.#s3, this.#name, { prefix })) {
        const run = runOf(key);
        if (run !== undefined && run < thisRun) keys.push(key);
      }
    }
    return keys.reverse();
  }
}

/** S3's words for an object that is not, or no longer, what a condition says. */
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

import { S3Client } from '@aws-sdk/client-s3';
import { type Compacted, compactDay } from '../../functions/compact/compact-day.ts';
import { type Converted, convertObject } from '../../functions/convert/convert-object.ts';
import { type ParquetRow, readParquet } from '../../operations/query/parquet-rows.ts';
import { tableDayOf } from '../../shared/keys.ts';
import { type Aws, startAws } from '../aws.ts';

/** A worker of both stages, and what happens while it does. */
export interface Worker {
  readonly aws: Aws;
  /** As the functions do it. */
  convert(rawKey: string): Promise<Converted>;
  compact(dayPrefix: string): Promise<Compacted>;
  /** Happens after each of the worker's requests until `empty`, before it has the answer. */
  after: (action: string, time: number) => unknown;
  /** Milliseconds that compact would have waited, each time, until `empty`. */
  readonly waited: number[];
  /** Of an object, curated unless said otherwise, read by DuckDB. */
  rows(key: string, bucket?: 'curated' | 'compacted'): Promise<ParquetRow[]>;
  /** For the next test. */
  empty(): Promise<void>;
  stop(): Promise<void>;
}

export async function startWorker(): Promise<Worker> {
  const aws = await startAws();
  const s3 = new S3Client(aws.config);
  const times = new Map<string, number>();
  s3.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const answer = await next(args);
        const action = commandName.replace('Command', '');
        times.set(action, (times.get(action) ?? 0) + 1);
        await worker.after(action, times.get(action) ?? 0);
        return answer;
      },
    { step: 'initialize' },
  );
  const { signal } = new AbortController();
  const wait = async (milliseconds: number) => {
    worker.waited.push(milliseconds);
  };
  const dependencies = { s3, raw: 'raw', curated: 'curated', compacted: 'compacted', signal, wait };
  const worker: Worker = {
    aws,
    convert: (rawKey) => convertObject(rawKey, dependencies),
    compact: (dayPrefix) => compactDay(tableDayOf(dayPrefix), dependencies),
    after: () => {},
    waited: [],
    rows: (key, bucket = 'curated') => readParquet([aws.emulator.pathOf(bucket, key)]),
    async empty() {
      worker.after = () => {};
      worker.waited.length = 0;
      times.clear();
      await aws.empty();
    },
    async stop() {
      s3.destroy();
      await aws.stop();
    },
  };
  return worker;
}

import { S3Client } from '@aws-sdk/client-s3';
import { type Converted, convertObject } from '../../../functions/convert/convert-object.ts';
import { type ParquetRow, readParquet } from '../../../operations/query/parquet-rows.ts';
import { type Aws, startAws } from '../../aws.ts';

/** A worker that converts raw objects, and what happens while it does. */
export interface Worker {
  readonly aws: Aws;
  /** As the function does it. */
  convert(rawKey: string): Promise<Converted>;
  /** Happens after each of the worker's requests until `empty`, before it has the answer. */
  after: (action: string, time: number) => unknown;
  /** Of a curated object, read by DuckDB. */
  rows(curatedKey: string): Promise<ParquetRow[]>;
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
  const dependencies = { s3, raw: 'raw', curated: 'curated', signal: new AbortController().signal };
  const worker: Worker = {
    aws,
    convert: (rawKey) => convertObject(rawKey, dependencies),
    after: () => {},
    rows: (curatedKey) => readParquet([aws.emulator.pathOf('curated', curatedKey)]),
    async empty() {
      worker.after = () => {};
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

import { createReadStream } from 'node:fs';
import { DeleteObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import pMap from 'p-map';
import type { Dataset } from '../../shared/dataset.ts';
import { headObject } from '../../shared/head-object.ts';
import type { Reached } from '../deployed.ts';
import { forEachRecord } from './dated-records.ts';
import { DayPieces } from './day-pieces.ts';
import { daysByInstant } from './days-by-instant.ts';
import type { DropPlan } from './plan-drops.ts';

/** Files that are put at the same time. */
const concurrency = 8;

/**
 * Puts files into raw, as they are or split by day, between records whose bytes stay as they are. After an interruption they
 * can be dropped again: their objects have the same keys and the same bytes.
 */
export async function putFiles(
  plans: readonly DropPlan[],
  { s3, outputs: { RawBucketName: bucket } }: Reached,
  {
    signal,
    onPut = () => {},
    onReplaced = () => {},
  }: {
    readonly signal: AbortSignal;
    /** Told of each file that is whole in raw. */
    readonly onPut?: (plan: DropPlan) => void;
    /** Told of each key that had other content before. */
    readonly onReplaced?: (key: string) => void;
  },
): Promise<void> {
  const put = async (key: string, file: string) => {
    const before = await headObject(s3, bucket, key);
    const ETag = await upload(s3, bucket, key, file, signal);
    if (before && before.ETag !== ETag) onReplaced(key);
  };
  const undated = new Map<Dataset, ReadonlySet<string>>();
  for (const { dataset } of plans)
    if (!undated.has(dataset)) undated.set(dataset, await undatedKeys(s3, bucket, dataset));
  await pMap(
    plans,
    async (plan) => {
      await putFile(plan, put, signal);
      // An earlier file of this name could not be dated and still waits: this one replaces it, as it would without a day.
      const earlier = `${plan.dataset.name}/${plan.name}`;
      if (undated.get(plan.dataset)?.has(earlier) && !plan.keys.includes(earlier))
        await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: earlier }));
      onPut(plan);
    },
    { concurrency, signal },
  );
}

/** Keys beside the `dt=` folders: few, as convert files what it can. */
async function undatedKeys(s3: S3Client, Bucket: string, { name }: Dataset): Promise<ReadonlySet<string>> {
  const { Contents = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket, Prefix: `${name}/`, Delimiter: '/' }),
  );
  return new Set(Contents.map(({ Key = '' }) => Key));
}

async function putFile(
  plan: DropPlan,
  put: (key: string, file: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { file, dataset, keys, days } = plan;
  if (days.length === 0) return put(keys[0] ?? '', file);
  const pieces = new DayPieces();
  const dayAt = daysByInstant();
  try {
    await forEachRecord(file, dataset, (bytes, { first }) => pieces.add(dayAt(first), bytes), signal);
    for (const [index, [, piece]] of pieces.end().entries()) await put(keys[index] ?? '', piece);
  } finally {
    pieces.remove();
  }
}

async function upload(
  client: S3Client,
  Bucket: string,
  Key: string,
  file: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  signal.throwIfAborted();
  const upload = new Upload({ client, params: { Bucket, Key, Body: createReadStream(file) } });
  const abort = () => upload.abort();
  signal.addEventListener('abort', abort);
  try {
    return (await upload.done()).ETag;
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

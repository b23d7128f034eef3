import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { parquetMetadataAsync } from 'hyparquet';
import pMap from 'p-map';
import { curatedKey, parseRawKey } from '../../shared/keys.ts';
import type { Deployed } from '../deployed.ts';
import type { Outcome } from '../outcome.ts';
import type { DropPlan } from './drop-files.ts';

/** What became of one of a file's objects. */
export type DroppedObject = { readonly key: string } & (
  | { readonly outcome: 'converted'; readonly curated: string; readonly rows: number }
  | { readonly outcome: 'died'; readonly code: string; readonly reason: string }
  /** Nobody waited for it. */
  | { readonly outcome: 'waiting' }
);

export interface DroppedFile {
  readonly file: string;
  readonly objects: readonly DroppedObject[];
}

/** Objects that are asked for at the same time. */
const concurrency = 16;
/** Longer than most footers. */
const footerBytes = 16 * 1024;

/** What became of files. */
export function droppedFiles(
  plans: readonly DropPlan[],
  { converted, dead }: Outcome,
  { s3, outputs: { CuratedBucketName: bucket } }: Deployed,
): Promise<DroppedFile[]> {
  const curatedKeys = new Set(converted);
  const letters = new Map(dead.map((letter) => [letter.key, letter]));
  return pMap(
    plans,
    async ({ file, keys }) => ({
      file,
      objects: await pMap(keys, async (key): Promise<DroppedObject> => {
        const letter = letters.get(key);
        if (letter) return { key, outcome: 'died', code: letter.code, reason: letter.reason };
        const parsed = parseRawKey(key);
        const curated = parsed.day === undefined ? '' : curatedKey({ ...parsed, day: parsed.day });
        return curatedKeys.has(curated)
          ? { key, outcome: 'converted', curated, rows: await rowCount(s3, bucket, curated) }
          : { key, outcome: 'waiting' };
      }),
    }),
    { concurrency },
  );
}

/** From the file's footer. */
async function rowCount(s3: S3Client, Bucket: string, Key: string): Promise<number> {
  const { ContentLength: byteLength = 0 } = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  const slice = async (start: number, end = byteLength) => {
    const Range = `bytes=${start}-${end - 1}`;
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, Range }));
    return ((await Body?.transformToByteArray()) ?? new Uint8Array()).slice().buffer;
  };
  const initialFetchSize = Math.min(footerBytes, byteLength);
  const { num_rows } = await parquetMetadataAsync({ byteLength, slice }, { initialFetchSize });
  return Number(num_rows);
}

import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { type AsyncBuffer, asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet';
import pMap from 'p-map';
import { tableName } from '../../shared/dataset.ts';
import { compactedKey, curatedKeysOf, dayPrefix, parseRawKey, tableDayOf } from '../../shared/keys.ts';
import type { Reached } from '../deployed.ts';
import type { Outcome } from '../outcome.ts';
import type { DropPlan } from './plan-drops.ts';

/** An object that was put into raw. */
interface PutObject {
  readonly key: string;
  /** Another one had this key before. */
  readonly replaced?: true;
}

/** What became of one of a file's objects. */
export type DroppedObject = PutObject &
  (
    | { readonly outcome: 'converted'; readonly tables: readonly TableRows[] }
    | { readonly outcome: 'died'; readonly code: string; readonly reason: string }
    /** Nobody waited for it. */
    | { readonly outcome: 'waiting' }
  );

/** The rows that one table got. */
export interface TableRows {
  readonly table: string;
  /** The curated object. */
  readonly key: string;
  readonly rows: number;
}

export interface DroppedFile {
  readonly file: string;
  readonly objects: readonly DroppedObject[];
}

/** What became of a table's day. */
export type DroppedDay = {
  /** Prefix of its curated objects. */
  readonly day: string;
} & (
  | { readonly outcome: 'compacted' }
  | { readonly outcome: 'died'; readonly code: string; readonly reason: string }
  | { readonly outcome: 'waiting' }
);

/** Objects that are asked for at the same time. */
const concurrency = 16;
/** Longer than most footers. */
const footerBytes = 16 * 1024;

/** What became of files. */
export function droppedFiles(
  plans: readonly DropPlan[],
  { converted, dead }: Outcome,
  deployed: Reached,
  replaced: ReadonlySet<string>,
): Promise<DroppedFile[]> {
  const written = new Set(converted.flat());
  const letters = new Map(dead.map((letter) => [letter.key, letter]));
  return pMap(
    plans,
    async ({ file, keys }) => ({
      file,
      objects: await pMap(keys, async (key): Promise<DroppedObject> => {
        const put: PutObject = replaced.has(key) ? { key, replaced: true } : { key };
        const letter = letters.get(key);
        if (letter) return { ...put, outcome: 'died', code: letter.code, reason: letter.reason };
        const curated = curatedKeysOf(key);
        if (curated.length === 0 || !curated.every((each) => written.has(each)))
          return { ...put, outcome: 'waiting' };
        const tables = await pMap(parseRawKey(key).dataset.tables, async (table, index) => {
          const object = curated[index] ?? '';
          return { table: tableName(table), key: object, rows: await rowCount(deployed, object) };
        });
        return { ...put, outcome: 'converted', tables };
      }),
    }),
    { concurrency },
  );
}

/** What became of the days of the objects that were converted. */
export function droppedDays(files: readonly DroppedFile[], { compacted, dead }: Outcome): DroppedDay[] {
  const objects = files.flatMap((each) => each.objects).filter(({ outcome }) => outcome === 'converted');
  const days = objects.flatMap(({ key }) => curatedKeysOf(key).map((each) => dayPrefix(tableDayOf(each))));
  const letters = new Map(dead.map((letter) => [letter.key, letter]));
  return [...new Set(days)].sort().map((day) => {
    const letter = letters.get(day);
    if (letter) return { day, outcome: 'died', code: letter.code, reason: letter.reason };
    return { day, outcome: compacted.includes(compactedKey(tableDayOf(day))) ? 'compacted' : 'waiting' };
  });
}

/** An object as far as hyparquet asks for it. On this computer it is a file. */
async function parquetObject({ s3, runtime, outputs }: Reached, Key: string): Promise<AsyncBuffer> {
  const Bucket = outputs.CuratedBucketName;
  if (runtime) return asyncBufferFromFile(runtime.emulator.pathOf(Bucket, Key));
  const { ContentLength: byteLength = 0 } = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  return {
    byteLength,
    async slice(start, end = byteLength) {
      const Range = `bytes=${start}-${end - 1}`;
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, Range }));
      return ((await Body?.transformToByteArray()) ?? new Uint8Array()).slice().buffer;
    },
  };
}

/** From the file's footer. */
async function rowCount(deployed: Reached, key: string): Promise<number> {
  const object = await parquetObject(deployed, key);
  const initialFetchSize = Math.min(footerBytes, object.byteLength);
  return Number((await parquetMetadataAsync(object, { initialFetchSize })).num_rows);
}

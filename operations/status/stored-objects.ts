import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import type { Dataset } from '../../shared/dataset.ts';
import { daysBetween } from '../../shared/days.ts';
import type { Day } from '../../shared/keys.ts';

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  readonly writtenAt: Date;
}

/** Concurrent requests. */
export const concurrency = 10;

/** The objects in the `dt=` folders of these days, both included. */
export async function listDays(
  client: S3Client,
  Bucket: string,
  { name }: Pick<Dataset, 'name'>,
  from: Day,
  to: Day,
): Promise<StoredObject[]> {
  const listings = await pMap(
    daysBetween(from, to),
    async (day) => {
      const objects: StoredObject[] = [];
      for await (const { Contents = [] } of paginateListObjectsV2(
        { client },
        { Bucket, Prefix: `${name}/dt=${day}/` },
      )) {
        for (const { Key = '', Size = 0, LastModified = new Date(0) } of Contents) {
          objects.push({ key: Key, bytes: Size, writtenAt: LastModified });
        }
      }
      return objects;
    },
    { concurrency },
  );
  return listings.flat();
}

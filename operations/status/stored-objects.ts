import type { S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import type { Dataset } from '../../shared/dataset.ts';
import { daysBetween } from '../../shared/days.ts';
import type { Day } from '../../shared/keys.ts';
import { type ListedObject, listObjects } from '../../shared/listing.ts';

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  readonly writtenAt: Date;
}

/** Concurrent requests. */
export const concurrency = 10;

/** The objects in the `dt=` folders of these days, both included. */
export async function listDays(
  s3: Pick<S3Client, 'send'>,
  bucket: string,
  { name }: Pick<Dataset, 'name'>,
  from: Day,
  to: Day,
): Promise<StoredObject[]> {
  const listings = await pMap(
    daysBetween(from, to),
    (day) => Array.fromAsync(listObjects(s3, bucket, { prefix: `${name}/dt=${day}/` }), stored),
    { concurrency },
  );
  return listings.flat();
}

export function stored({ key, size, lastModified }: ListedObject): StoredObject {
  return { key, bytes: size, writtenAt: lastModified };
}

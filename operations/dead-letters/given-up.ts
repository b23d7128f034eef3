import {
  CopyObjectCommand,
  DeleteObjectCommand,
  type HeadObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { headObject } from '../../shared/head-object.ts';
import { givenUpPrefix } from '../../shared/keys.ts';

export interface RawObjects {
  readonly s3: Pick<S3Client, 'send'>;
  /** The raw bucket. */
  readonly bucket: string;
}

/** What became of a raw object. `replaced`: after its letter was written, so that the letter is not about it. */
export type GivenUp = 'given-up' | 'replaced' | 'gone';

/**
 * Moves a raw object to where the pipeline ignores it. Interrupted in between, it does the rest when it is called again.
 * @param diedAt when its letter was written
 * @throws {Error} when the object is replaced meanwhile
 */
export async function giveUp(
  raw: RawObjects,
  key: string,
  diedAt: Date,
  { dryRun = false } = {},
): Promise<GivenUp> {
  const found = await headObject(raw.s3, raw.bucket, key);
  if (!found) return (await headObject(raw.s3, raw.bucket, givenUpPrefix + key)) ? 'given-up' : 'gone';
  if (Number(found.LastModified) > diedAt.getTime()) return 'replaced';
  if (dryRun) return 'given-up';
  await copy(raw, key, givenUpPrefix + key);
  try {
    await remove(raw, key, found);
  } catch (error) {
    if (!isRefused(error)) throw error;
    throw new Error(`${key} changed at this moment. It stays, and its letter too: look at it again.`, {
      cause: error,
    });
  }
  return 'given-up';
}

/**
 * Moves a raw object back, which sends its event. Interrupted in between, it does the rest when it is called again.
 * @throws {Error} when it was not given up, or another object has taken its place
 */
export async function takeBack(raw: RawObjects, key: string, { dryRun = false } = {}): Promise<void> {
  const found = await headObject(raw.s3, raw.bucket, givenUpPrefix + key);
  if (!found) throw new Error(`there is no ${givenUpPrefix}${key}: it was not given up, or is back already`);
  if (dryRun) return;
  try {
    await copy(raw, givenUpPrefix + key, key, '*');
  } catch (error) {
    if (!isRefused(error)) throw error;
    if ((await headObject(raw.s3, raw.bucket, key))?.ETag !== found.ETag)
      throw new Error('raw has another object under this key by now', { cause: error });
  }
  await remove(raw, givenUpPrefix + key, found);
}

/** @param IfNoneMatch `*`: only where there is nothing yet */
async function copy({ s3, bucket }: RawObjects, from: string, Key: string, IfNoneMatch?: '*'): Promise<void> {
  const CopySource = [bucket, ...from.split('/')].map(encodeURIComponent).join('/');
  await s3.send(new CopyObjectCommand({ Bucket: bucket, Key, CopySource, IfNoneMatch }));
}

async function remove(
  { s3, bucket }: RawObjects,
  Key: string,
  { ETag }: HeadObjectCommandOutput,
): Promise<void> {
  await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key, IfMatch: ETag }));
}

/** S3's answer to a write whose condition does not hold, or that another write came in between of. */
function isRefused(error: unknown): boolean {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return status === 404 || status === 409 || status === 412;
}

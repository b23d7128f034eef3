import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { compactedKey, tableDayOf } from '../../shared/keys.ts';
import { objectMetadata } from '../../shared/object-metadata.ts';
import { listParts, partsDigest } from '../../shared/parts.ts';

/** Puts a compacted object of the parts that there are now, as compact would, but for the rows. */
export async function compactDay(s3: S3Client, curatedKeyOrPrefix: string): Promise<string> {
  const of = tableDayOf(curatedKeyOrPrefix);
  const Metadata = { [objectMetadata.partsDigest]: partsDigest(of, await listParts(s3, 'curated', of)) };
  const Key = compactedKey(of);
  await s3.send(new PutObjectCommand({ Bucket: 'compacted', Key, Body: 'PAR1 PAR1', Metadata }));
  return Key;
}

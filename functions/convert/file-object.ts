import { CopyObjectCommand, DeleteObjectCommand } from '@aws-sdk/client-s3';
import { filedKey, type ParsedKey } from '../../shared/keys.ts';
import type { ConvertDependencies, Converted } from './convert-object.ts';
import { dayIn, refuseBeforeFirstDay } from './day.ts';
import { readRaw } from './raw-object.ts';

/**
 * Files an object that was dropped without a `dt=` folder: copies it, unchanged, to the day of its earliest observation,
 * and deletes it. The copy's own event has it converted. Killed in between, it does the same once more.
 * @throws {PermanentError} when its day cannot be known; and what S3 answers when it changes meanwhile
 */
export async function fileObject(
  parsed: ParsedKey,
  { s3, raw, signal }: ConvertDependencies,
): Promise<Converted> {
  const { key } = parsed;
  const object = await readRaw(s3, raw, key, signal);
  if (!object) return { kind: 'gone' };
  const day = await dayIn(parsed, object, signal);
  refuseBeforeFirstDay(parsed, day);
  const filed = filedKey(parsed, day);
  await s3.send(
    new CopyObjectCommand({
      Bucket: raw,
      Key: filed,
      CopySource: [raw, ...key.split('/')].map(encodeURIComponent).join('/'),
      CopySourceIfMatch: object.etag,
      // To copy tags, of which it makes no use, the role would have to read and write tags.
      TaggingDirective: 'REPLACE',
    }),
  );
  await s3.send(new DeleteObjectCommand({ Bucket: raw, Key: key, IfMatch: object.etag }));
  return { kind: 'filed', key: filed };
}

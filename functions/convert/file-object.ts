import { CopyObjectCommand, DeleteObjectCommand } from '@aws-sdk/client-s3';
import { PermanentError } from '../../shared/errors.ts';
import { type Day, dayOf, filedKey, type ParsedKey } from '../../shared/keys.ts';
import { DatedRows } from '../rows/dated-rows.ts';
import { adviceOnLongAnswer, longestSpan } from '../rows/observed.ts';
import { readRecords } from './conversion.ts';
import type { ConvertDependencies, Converted } from './convert-object.ts';
import { type RawObject, readRaw } from './raw-object.ts';

/**
 * Files an object that was dropped without a `dt=` folder: copies it unchanged to the day of its earliest observation and
 * deletes the original. The event of the copy converts it. If the function dies in between, the next try does it again.
 * @throws {PermanentError} when its day cannot be known
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
      // Copying tags, which nobody uses, would take permissions to read and write them.
      TaggingDirective: 'REPLACE',
    }),
  );
  await s3.send(new DeleteObjectCommand({ Bucket: raw, Key: key, IfMatch: object.etag }));
  return { kind: 'filed', key: filed };
}

/** @throws {PermanentError} `before-first-day` */
export function refuseBeforeFirstDay({ key, dataset }: ParsedKey, day: Day): void {
  if (day >= dataset.firstDay) return;
  throw new PermanentError(
    'before-first-day',
    `"${key}" is from ${day}, but ${dataset.name} begins on ${dataset.firstDay}, so nobody could query its rows. If the day is right, set firstDay in shared/datasets/ and deploy.`,
  );
}

/** @throws {PermanentError} `no-day`, `several-days`, and those of the reader */
export async function dayIn(
  { key, dataset }: ParsedKey,
  { body }: Pick<RawObject, 'body'>,
  signal: AbortSignal,
): Promise<Day> {
  const rows = new DatedRows(dataset);
  for await (const _ of readRecords(body, rows, signal));
  const { first, last, longest } = rows.take();
  if (last < first) {
    throw new PermanentError(
      'no-day',
      `"${key}" has no dt= folder, and none of its records has a usable ${dataset.dayColumn}. Put it under ${dataset.name}/dt=YYYY-MM-DD/.`,
    );
  }
  const most = longestSpan(dataset);
  if (last - first > most) {
    const advice =
      longest.last - longest.first > most
        ? adviceOnLongAnswer(dataset, longest)
        : 'Split it by day: npx tdf drop FILE';
    const [from, to] = [first, last].map((instant) => new Date(instant).toISOString());
    throw new PermanentError(
      'several-days',
      `"${key}" has no dt= folder, and its observations span more than a day, from ${from} to ${to}. ${advice}`,
    );
  }
  return dayOf(new Date(first));
}

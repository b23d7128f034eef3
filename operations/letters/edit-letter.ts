import { deadLettersOf } from '../dead-letters/dead-letters-of.ts';
import { redrive } from '../dead-letters/redrive.ts';
import type { Entry } from '../live/activities.ts';
import type { Live } from '../live/live.ts';
import { printable } from '../printable.ts';
import { type Content, putContent } from './content.ts';
import { judge } from './judge.ts';
import type { Letter } from './letters.ts';

/** Convert would not take what somebody wants to put. */
export class RefusedTextError extends Error {
  override readonly name = 'RefusedTextError';
}

/**
 * Puts a text in the place of the raw object that a letter is about, then sends the letter again. The entry tells the rest.
 * @throws {ChangedObjectError} when the object is not the one that was read
 * @throws {RefusedTextError} when convert would not take the text
 */
export async function editLetter(live: Live, letter: Letter, content: Content): Promise<Entry> {
  const { deployed, signal, activities } = live;
  const { key, id } = letter;
  if (letter.function !== 'convert' || key === null)
    throw new RefusedTextError('This letter is not about an object of raw, so there is nothing to edit.');
  const { reason } = await judge(key, content.text, signal);
  if (reason !== null) throw new RefusedTextError(`Convert would refuse it, so nothing was put: ${reason}`);
  const { s3, sqs, outputs } = deployed;
  const begun: Entry[] = [];
  await putContent({ s3, bucket: outputs.RawBucketName }, key, content, () => {
    const entry = activities.begin(`${printable(key.split('/').at(-1) ?? '')}, edited`);
    entry.step({ text: 'Puts it back into raw.', state: 'done' });
    live.follow(entry, [key]);
    begun.push(entry);
  });
  const [entry] = begun as [Entry];
  const queueUrls = { convert: outputs.QueueUrl, compact: outputs.CompactQueueUrl };
  const { failed } = await redrive(deadLettersOf(deployed), { sqs, queueUrls }, { ids: [id] }, { signal });
  if (failed[0]) entry.step({ text: failed[0].reason, state: 'bad' });
  return entry;
}

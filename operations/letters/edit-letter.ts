import { deadLettersOf } from '../dead-letters/dead-letters-of.ts';
import { holdFor } from '../dead-letters/selection.ts';
import type { Entry } from '../live/activities.ts';
import { following } from '../live/following.ts';
import type { Live } from '../live/live.ts';
import { printable } from '../printable.ts';
import { type Content, contentToPut } from './content.ts';
import { judge } from './judge.ts';
import type { Letter } from './letters.ts';

/** Convert would not take what somebody wants to put. */
export class RefusedTextError extends Error {
  override readonly name = 'RefusedTextError';
}

/**
 * Puts a text in the place of the raw object that a letter is about. S3's event of that is the letter's message once more, so
 * the letter itself is removed: sent again as well, it would find an object without a day filed and gone. The entry tells the
 * rest.
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
  const { s3, outputs } = deployed;
  const raw = { s3, bucket: outputs.RawBucketName };
  const put = await contentToPut(raw, key, content);
  const entry = activities.begin(`${printable(key.split('/').at(-1) ?? '')}, edited`);
  entry.step({ text: 'Puts it back into raw.', state: 'done' });
  await following(live.follow(entry, [key]), put).catch((error: Error) => {
    entry.step({ text: error.message, state: 'bad' });
    throw error;
  });
  await deadLettersOf(deployed).hold({ seconds: holdFor, signal }, ({ letters, remove }) =>
    remove(letters.filter((each) => each.id === id)),
  );
  return entry;
}

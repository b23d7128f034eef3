import { PermanentError } from '../../shared/errors.ts';
import { givenUpPrefix } from '../../shared/keys.ts';
import { type CreatedObject, createdObjects } from '../../shared/s3-event.ts';
import { type ConvertDependencies, type Converted, convertObject } from './convert-object.ts';
import type { DeadLetter } from './dead-letter.ts';

/** A queue message, as Lambda hands it over. */
export interface Message {
  readonly body: string;
  /** How often this message was received, this time included. */
  readonly receiveCount: number;
}

export interface MessageDependencies extends ConvertDependencies {
  readonly bury: (letter: DeadLetter) => Promise<void>;
  /** After so many tries the queue gives a message up. */
  readonly maxReceiveCount: number;
}

export type Outcome =
  | ({ readonly rawKey: string } & Converted)
  | { readonly kind: 'ignored'; readonly rawKey: string }
  | {
      readonly kind: 'dead';
      readonly rawKey: string | undefined;
      readonly code: string;
      readonly reason: string;
    };

/**
 * Converts what one message tells of. A permanent failure goes to the dead-letter queue at once, with its reason; so
 * does the last try of any other failure, which the queue would move there by itself, but without a word.
 * @throws whatever is worth another try: the message then stays in the queue
 */
export async function convertMessage(
  message: Message,
  dependencies: MessageDependencies,
): Promise<Outcome[]> {
  const { maxReceiveCount } = dependencies;

  const giveUp = async (error: unknown, body: string, rawKey?: string): Promise<Outcome> => {
    const permanent = error instanceof PermanentError;
    if (!permanent && message.receiveCount < maxReceiveCount) throw error;
    const text =
      error instanceof Error ? `${permanent ? '' : `${error.name}: `}${error.message}` : String(error);
    const code = permanent ? error.code : 'tries-exhausted';
    const reason = permanent ? text : `Failed ${message.receiveCount} times; the last time with ${text}`;
    await dependencies.bury({ body, code, reason, rawKey, tries: message.receiveCount });
    return { kind: 'dead', rawKey, code, reason };
  };

  let objects: Iterable<CreatedObject>;
  try {
    // Each once, though a message may tell of it twice.
    objects = new Map(
      createdObjects(message.body).map((object) => [JSON.stringify([object.bucket, object.key]), object]),
    ).values();
  } catch (error) {
    return [await giveUp(error, message.body)];
  }
  const outcomes: Outcome[] = [];
  for (const { bucket, key, size = 0, record } of objects) {
    try {
      if (bucket !== dependencies.raw) {
        throw new PermanentError(
          'malformed-message',
          `The event is of bucket "${bucket}"; this queue serves "${dependencies.raw}".`,
        );
      }
      // A folder that somebody made in the S3 console is an empty object whose key ends in a slash.
      const isFolder = key.endsWith('/') && size === 0;
      if (isFolder || key.startsWith(givenUpPrefix)) outcomes.push({ kind: 'ignored', rawKey: key });
      else outcomes.push({ rawKey: key, ...(await convertObject(key, dependencies)) });
    } catch (error) {
      outcomes.push(await giveUp(error, JSON.stringify({ Records: [record] }), key));
    }
  }
  return outcomes;
}

import { PermanentError } from '../../shared/errors.ts';
import { givenUpPrefix } from '../../shared/keys.ts';
import { isFolderMarker } from '../../shared/listing.ts';
import { type EventObject, objectsIn } from '../../shared/s3-event.ts';
import { type ConvertDependencies, type Converted, convertObject } from './convert-object.ts';
import { causeOfDeath, type DeadLetter } from './dead-letter.ts';

export interface Message {
  readonly body: string;
  /** How often this message was received, this time included. */
  readonly receiveCount: number;
}

interface MessageDependencies extends ConvertDependencies {
  readonly bury: (letter: DeadLetter) => Promise<void>;
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
 * Converts the objects that one message names, or sends a dead letter for those that it gives up.
 * @throws any error that is worth another try: the message then stays in the queue
 */
export async function convertMessage(
  { body, receiveCount }: Message,
  dependencies: MessageDependencies,
): Promise<Outcome[]> {
  const giveUp = async (error: unknown, letterBody: string, rawKey?: string): Promise<Outcome> => {
    const cause = causeOfDeath(error, receiveCount, dependencies.maxReceiveCount);
    if (!cause) throw error;
    await dependencies.bury({ body: letterBody, rawKey, tries: receiveCount, ...cause });
    return { kind: 'dead', rawKey, ...cause };
  };

  let objects: Iterable<EventObject>;
  try {
    // A message may name an object twice.
    objects = new Map(
      objectsIn(body).map((object) => [JSON.stringify([object.bucket, object.key]), object]),
    ).values();
  } catch (error) {
    return [await giveUp(error, body)];
  }
  const outcomes: Outcome[] = [];
  for (const { bucket, key, size = 0, record } of objects) {
    try {
      if (bucket !== dependencies.raw) {
        throw new PermanentError(
          'malformed-message',
          `The event is about bucket "${bucket}"; this queue serves "${dependencies.raw}".`,
        );
      }
      if (isFolderMarker({ key, size }) || key.startsWith(givenUpPrefix))
        outcomes.push({ kind: 'ignored', rawKey: key });
      else outcomes.push({ rawKey: key, ...(await convertObject(key, dependencies)) });
    } catch (error) {
      outcomes.push(await giveUp(error, JSON.stringify({ Records: [record] }), key));
    }
  }
  return outcomes;
}

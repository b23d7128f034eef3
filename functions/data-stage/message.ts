import { PermanentError } from '../../shared/errors.ts';
import { type EventObject, objectsIn } from '../../shared/s3-event.ts';
import { type CauseOfDeath, causeOfDeath, type DeadLetter, type SubjectName } from './dead-letter.ts';

/** What a stage works on: a raw object, or a day of a table. */
export interface Subject<Done> {
  readonly name: SubjectName;
  /** A message about it alone. */
  readonly message: string;
  /** @throws {PermanentError} when no further try can succeed */
  work(signal: AbortSignal): Promise<Done>;
}

export interface Message {
  readonly body: string;
  /** How often this message was received, this time included. */
  readonly receiveCount: number;
}

interface MessageDependencies<Done> {
  /** The bucket that the events are about. */
  readonly source: string;
  readonly subjectOf: (object: EventObject) => Subject<Done>;
  readonly bury: (letter: DeadLetter) => Promise<void>;
  readonly maxReceiveCount: number;
  /** Aborted when the function's time is nearly over. */
  readonly signal: AbortSignal;
}

export type Outcome<Done> = Pick<Subject<Done>, 'name'> &
  ({ readonly done: Done } | { readonly dead: CauseOfDeath });

/**
 * Works on what one message names, or sends a dead letter for what it gives up.
 * @throws any error that is worth another try: the message then stays in the queue
 */
export async function workOnMessage<Done>(
  { body, receiveCount }: Message,
  { source, subjectOf, bury, maxReceiveCount, signal }: MessageDependencies<Done>,
): Promise<Outcome<Done>[]> {
  const giveUp = async (
    error: unknown,
    { name, message }: Pick<Subject<Done>, 'name' | 'message'>,
  ): Promise<Outcome<Done>> => {
    const dead = causeOfDeath(error, receiveCount, maxReceiveCount);
    if (!dead) throw error;
    await bury({ body: message, tries: receiveCount, ...name, ...dead });
    return { name, dead };
  };

  const named = new Map<string, { readonly bucket: string; readonly subject: Subject<Done> }>();
  try {
    for (const object of objectsIn(body)) {
      const { bucket } = object;
      const subject = subjectOf(object);
      // A message may name an object twice, or two objects of one day.
      named.set(JSON.stringify([bucket, subject.name]), { bucket, subject });
    }
  } catch (error) {
    return [await giveUp(error, { name: {}, message: body })];
  }
  const outcomes: Outcome<Done>[] = [];
  for (const { bucket, subject } of named.values()) {
    try {
      if (bucket !== source) {
        throw new PermanentError(
          'malformed-message',
          `The event is about bucket "${bucket}"; this queue serves "${source}".`,
        );
      }
      outcomes.push({ name: subject.name, done: await subject.work(signal) });
    } catch (error) {
      outcomes.push(await giveUp(error, subject));
    }
  }
  return outcomes;
}

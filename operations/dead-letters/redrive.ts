import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import pMap from 'p-map';
import { givenUpPrefix } from '../../shared/keys.ts';
import { createdObjects } from '../../shared/s3-event.ts';
import type { DeadLetter, DeadLetters } from './dead-letters.ts';
import { type GivenUp, giveUp, type RawObjects } from './given-up.ts';

/** Which letters: all of them when neither is given. */
export interface Selection {
  readonly code?: string | undefined;
  readonly id?: string | undefined;
}

export interface Redriven {
  readonly redriven: readonly DeadLetter[];
  /** Not selected, not sent, or not reached. */
  readonly left: readonly DeadLetter[];
  /** Could not be sent, or was sent and not deleted: sending it again does no harm. */
  readonly failed: readonly { readonly letter: DeadLetter; readonly reason: string }[];
}

export interface RedriveOptions {
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Messages at the same time. */
const concurrency = 10;
/** Longer than the sending of some ten thousand letters takes, in seconds. */
const holdFor = 300;

/**
 * Sends letters to the queue they came from, each as it is. Sent, then deleted: at least once, and converting twice
 * comes to the same. Letters that die again meanwhile are not taken up again.
 * @throws {Error} when there is no letter with the selected id
 */
export function redrive(
  deadLetters: DeadLetters,
  to: { readonly sqs: Pick<SQSClient, 'send'>; readonly queueUrl: string },
  { code, id }: Selection,
  { dryRun = false, signal }: RedriveOptions = {},
): Promise<Redriven> {
  return deadLetters.hold({ seconds: holdFor, signal }, async (letters, remove) => {
    const selected = letters.filter(
      (letter) => (code === undefined || letter.code === code) && (id === undefined || letter.id === id),
    );
    if (id !== undefined && selected.length === 0) throw notFound(id);
    const redriven: DeadLetter[] = [];
    const failed: Redriven['failed'][number][] = [];
    await pMap(
      selected,
      async ({ body, ...letter }) => {
        if (signal?.aborted) return;
        try {
          if (!dryRun) {
            await to.sqs.send(new SendMessageCommand({ QueueUrl: to.queueUrl, MessageBody: body }));
            await remove(letter);
          }
          redriven.push(letter);
        } catch (error) {
          failed.push({ letter, reason: error instanceof Error ? error.message : String(error) });
        }
      },
      { concurrency },
    );
    const gone = new Set(redriven.map((letter) => letter.id));
    const left = letters.filter((letter) => !gone.has(letter.id)).map(({ body: _, ...letter }) => letter);
    return { redriven, left, failed };
  });
}

/** A letter that was dropped, or was not, and what became of the raw objects that it names. */
export interface Dropped {
  readonly letter: DeadLetter;
  readonly dropped: boolean;
  readonly objects: readonly { readonly key: string; readonly outcome: GivenUp }[];
}

/**
 * Gives one letter up: moves its raw object to where nothing looks, then deletes the letter.
 * @param agreed is asked before it happens, while nobody else can take the letter
 * @throws {Error} when there is no such letter, or its object changes meanwhile
 */
export function drop(
  deadLetters: DeadLetters,
  raw: RawObjects,
  id: string,
  agreed: (letter: DeadLetter) => Promise<boolean>,
  signal?: AbortSignal,
): Promise<Dropped> {
  return deadLetters.hold({ seconds: holdFor, signal }, async (letters, remove) => {
    const found = letters.find((letter) => letter.id === id);
    if (!found) throw notFound(id);
    const { body, ...letter } = found;
    const dropped = await agreed(letter);
    const objects: Dropped['objects'][number][] = [];
    if (dropped) {
      for (const key of rawKeysIn(body, raw.bucket))
        objects.push({ key, outcome: await giveUp(raw, key, letter.sentAt) });
      await remove(letter);
    }
    return { letter, dropped, objects };
  });
}

/** None when the message is why it is here. */
function rawKeysIn(body: string, rawBucket: string): string[] {
  try {
    const objects = createdObjects(body).filter(({ bucket }) => bucket === rawBucket);
    return objects.map(({ key }) => key).filter((key) => !key.startsWith(givenUpPrefix));
  } catch {
    return [];
  }
}

function notFound(id: string): Error {
  return new Error(
    `There is no dead letter with the id ${id}. Should somebody else be at work on the dead letters, it is out of sight for up to ${holdFor / 60} minutes.`,
  );
}

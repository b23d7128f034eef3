import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import pMap from 'p-map';
import { dayPrefix, parsedDay } from './keys.ts';
import { objectsIn } from './s3-event.ts';
import { batchesOf, batchSize } from './send-messages.ts';

/** The functions that give messages up. Each has a dead-letter queue of its own. */
export type BuryingFunction = 'convert' | 'compact';

export interface DeadLetterQueue {
  readonly function: BuryingFunction;
  readonly url: string;
}

/** A message that was given up, and why. */
export interface DeadLetter {
  readonly id: string;
  readonly function: BuryingFunction;
  /** One of `PermanentCode`, `tries-exhausted`, or {@link notRecorded}. */
  readonly code: string;
  readonly reason: string;
  /**
   * Of the raw object; for a letter of compact, the prefix of the table's day, or the key of what is not of one. Null when
   * the message does not name any.
   */
  readonly key: string | null;
  /** By the function, when it gave up; by S3, when the queue itself moved the message. */
  readonly sentAt: Date;
  /** How often it was tried before it was given up; null when nobody was left to count. */
  readonly tries: number | null;
}

export interface HeldLetter extends DeadLetter {
  readonly body: string;
}

/** The code of letters that the queue moved by itself: no function was left to say why. */
export const notRecorded = 'not-recorded';

/** Requests at the same time, when there is much. */
const concurrency = 4;

export interface HoldOptions {
  /** How long the letters stay out of sight should this process die, in seconds. @default 60 */
  readonly seconds?: number;
  /** Letters of a queue after which no more of it are looked for. @default all */
  readonly limit?: number;
  readonly signal?: AbortSignal | undefined;
}

/** What was sent to hold, and the way to get rid of it. */
export interface Held {
  /** Oldest first. */
  readonly letters: readonly HeldLetter[];
  /** Deletes letters. @throws {Error} with SQS's reason; what was not deleted stays */
  readonly remove: (letters: readonly Pick<DeadLetter, 'id'>[]) => Promise<void>;
}

/** The messages that wait for somebody to fix what is wrong. */
export class DeadLetters {
  readonly #sqs: Pick<SQSClient, 'send'>;
  readonly #queues: readonly DeadLetterQueue[];
  readonly #waitSeconds: number;

  /**
   * @param waitSeconds Above zero, a request asks all of SQS's servers, and an empty answer means an empty queue. The
   * queue on this computer is one server.
   */
  constructor(sqs: Pick<SQSClient, 'send'>, queues: readonly DeadLetterQueue[], waitSeconds = 1) {
    this.#sqs = sqs;
    this.#queues = queues;
    this.#waitSeconds = waitSeconds;
  }

  /** The letters, oldest first. They stay. */
  list(options: HoldOptions = {}): Promise<DeadLetter[]> {
    return this.hold(options, async ({ letters }) => letters.map(({ body: _, ...letter }) => letter));
  }

  /**
   * Takes the letters out of sight while `work` goes on: SQS cannot look without receiving. What `work` does not remove
   * is visible again afterwards, also when it fails or is stopped.
   */
  async hold<T>(
    { seconds = 60, limit = Number.POSITIVE_INFINITY, signal }: HoldOptions,
    work: (held: Held) => Promise<T>,
  ): Promise<T> {
    /** By message id. A letter that comes twice has a new handle, which alone is good. */
    const receipts = new Map<string, Receipt>();
    const lettersIn = async (queue: DeadLetterQueue) => {
      const letters = new Map<string, HeldLetter>();
      let receivers = 1;
      for (let found = -1; letters.size > found && letters.size < limit; ) {
        signal?.throwIfAborted();
        found = letters.size;
        // Never cut short by the signal: what SQS gave out and nobody took is out of sight all the same.
        const received = await Promise.allSettled(
          Array.from({ length: receivers }, () => this.#receive(queue, seconds)),
        );
        const batches = received.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
        for (const message of batches.flat()) {
          receipts.set(message.MessageId ?? '', { url: queue.url, handle: message.ReceiptHandle ?? '' });
          letters.set(message.MessageId ?? '', letterOf(queue.function, deadMessageOf(message)));
        }
        for (const each of received) if (each.status === 'rejected') throw each.reason;
        receivers = batches.some(({ length }) => length === batchSize) ? concurrency : 1;
      }
      return [...letters.values()];
    };
    try {
      // Each queue by itself, so that many letters of one do not hide those of another.
      const found = await Promise.allSettled(this.#queues.map(lettersIn));
      signal?.throwIfAborted();
      const letters = found.flatMap((each) => {
        if (each.status === 'rejected') throw each.reason;
        return each.value;
      });
      const oldestFirst = letters.sort((a, b) => a.sentAt.getTime() - b.sentAt.getTime());
      return await work({ letters: oldestFirst, remove: (done) => this.#remove(done, receipts) });
    } finally {
      await this.#release([...receipts.values()]);
    }
  }

  async #receive(queue: DeadLetterQueue, seconds: number) {
    const { Messages = [] } = await this.#sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queue.url,
        MaxNumberOfMessages: batchSize,
        VisibilityTimeout: seconds,
        WaitTimeSeconds: this.#waitSeconds,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['SentTimestamp'],
      }),
    );
    return Messages;
  }

  async #remove(letters: readonly Pick<DeadLetter, 'id'>[], receipts: Map<string, Receipt>): Promise<void> {
    for (const { url, batch } of this.#batches(letters.map(({ id }) => ({ id, ...receipts.get(id) })))) {
      const Entries = batch.map(({ handle }, index) => ({ Id: String(index), ReceiptHandle: handle }));
      const { Failed = [] } = await this.#sqs.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
      const refused = new Set(Failed.map(({ Id }) => Id));
      for (const [index, { id }] of batch.entries()) if (!refused.has(String(index))) receipts.delete(id);
      const [failure] = Failed;
      if (failure) throw new Error(`SQS did not delete ${Failed.length} dead letters: ${failure.Code}`);
    }
  }

  /** What SQS refuses here comes back by itself when its time is over. */
  async #release(receipts: readonly Receipt[]): Promise<void> {
    await pMap(
      this.#batches(receipts),
      async ({ url, batch }) => {
        const Entries = batch.map(({ handle }, index) => ({
          Id: String(index),
          ReceiptHandle: handle,
          VisibilityTimeout: 0,
        }));
        await this.#sqs
          .send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries }))
          .catch(() => undefined);
      },
      { concurrency },
    );
  }

  #batches<T extends Partial<Receipt>>(things: readonly T[]): { url: string; batch: T[] }[] {
    return this.#queues.flatMap(({ url }) =>
      batchesOf(things.filter((thing) => thing.url === url)).map((batch) => ({ url, batch })),
    );
  }
}

interface Receipt {
  /** Of the queue. */
  readonly url: string;
  readonly handle: string;
}

/** Keys of the objects that a message names, of one bucket or of any; none when the message is why it is here. */
export function keysIn(body: string, ofBucket?: string): string[] {
  try {
    return objectsIn(body)
      .filter(({ bucket }) => ofBucket === undefined || bucket === ofBucket)
      .map(({ key }) => key);
  } catch {
    return [];
  }
}

/** A message in a dead-letter queue, received or only looked at. */
export interface DeadMessage {
  readonly id: string;
  readonly body: string;
  readonly sentAt: Date;
  readonly attributes: Readonly<Record<string, string | undefined>>;
}

/** The letter that a message in the dead-letter queue of a function is. */
export function letterOf(by: BuryingFunction, { id, body, sentAt, attributes }: DeadMessage): HeldLetter {
  const { code, reason, rawKey, key, tries } = attributes;
  const keys = [...new Set(keysIn(body).map((each) => (by === 'compact' ? dayOrKey(each) : each)))];
  return {
    id,
    function: by,
    code: code ?? notRecorded,
    reason: reason ?? 'no reason recorded: the function was stopped (time-out, memory or crash)',
    // The attribute is cleaned and cut; the body is exact.
    key: keys.join(', ') || (rawKey ?? key ?? null),
    sentAt,
    tries: tries === undefined ? null : Number(tries),
    body,
  };
}

function deadMessageOf({
  MessageId = '',
  Body = '',
  Attributes,
  MessageAttributes = {},
}: Message): DeadMessage {
  return {
    id: MessageId,
    body: Body,
    sentAt: new Date(Number(Attributes?.SentTimestamp)),
    attributes: Object.fromEntries(
      Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]),
    ),
  };
}

/** Of a curated object: the prefix of its day; its key when it is not of one. */
function dayOrKey(key: string): string {
  const day = parsedDay(key);
  return day ? dayPrefix(day) : key;
}

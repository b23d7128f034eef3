import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import pMap from 'p-map';
import { createdObjects } from '../../shared/s3-event.ts';

/** A message that was given up, and why. */
export interface DeadLetter {
  readonly id: string;
  /** One of `PermanentCode`, `tries-exhausted`, or {@link notRecorded}. */
  readonly code: string;
  readonly reason: string;
  /** Of the raw object; null when the message does not name one. */
  readonly key: string | null;
  /** By `convert`, when it gave up; by S3, when the queue itself moved the message. */
  readonly sentAt: Date;
  /** Listing counts too: SQS cannot look without receiving. */
  readonly timesReceived: number;
}

export interface HeldLetter extends DeadLetter {
  readonly body: string;
}

/** The code of letters that the queue moved by itself: no function was left to say why. */
export const notRecorded = 'not-recorded';

/** SQS gives out up to 10 messages at once. */
const batchSize = 10;
/** Requests at the same time, when there is much. */
const concurrency = 4;

export interface HoldOptions {
  /** How long the letters stay out of sight should this process die, in seconds. */
  readonly seconds: number;
  readonly signal?: AbortSignal | undefined;
}

/** The queue of messages that wait for somebody to mend what is wrong. */
export class DeadLetters {
  readonly #sqs: Pick<SQSClient, 'send'>;
  readonly #url: string;

  constructor(sqs: Pick<SQSClient, 'send'>, url: string) {
    this.#sqs = sqs;
    this.#url = url;
  }

  /** Every letter, oldest first. They stay. */
  list(signal?: AbortSignal): Promise<DeadLetter[]> {
    return this.hold({ seconds: 60, signal }, async (letters) =>
      letters.map(({ body: _, ...letter }) => letter),
    );
  }

  /**
   * Takes every letter out of sight while `work` goes on. What `work` does not remove is visible again afterwards, also
   * when it fails or is stopped.
   */
  async hold<T>(
    { seconds, signal }: HoldOptions,
    work: (
      letters: readonly HeldLetter[],
      remove: (letter: Pick<DeadLetter, 'id'>) => Promise<void>,
    ) => Promise<T>,
  ): Promise<T> {
    /** Receipt handles by message id. A letter that comes twice has a new handle, which alone is good. */
    const receipts = new Map<string, string>();
    const letters = new Map<string, HeldLetter>();
    try {
      let receivers = 1;
      for (let found = -1; letters.size > found; ) {
        signal?.throwIfAborted();
        found = letters.size;
        // Never cut short by the signal: what SQS gave out and nobody took is out of sight all the same.
        const answers = await Promise.allSettled(
          Array.from({ length: receivers }, () => this.#receive(seconds)),
        );
        const received = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
        for (const message of received.flat()) {
          receipts.set(message.MessageId ?? '', message.ReceiptHandle ?? '');
          letters.set(message.MessageId ?? '', letterOf(message));
        }
        for (const answer of answers) if (answer.status === 'rejected') throw answer.reason;
        receivers = received.some((messages) => messages.length === batchSize) ? concurrency : 1;
      }
      signal?.throwIfAborted();
      const oldestFirst = [...letters.values()].sort((a, b) => a.sentAt.getTime() - b.sentAt.getTime());
      return await work(oldestFirst, async ({ id }) => {
        await this.#sqs.send(
          new DeleteMessageCommand({ QueueUrl: this.#url, ReceiptHandle: receipts.get(id) }),
        );
        receipts.delete(id);
      });
    } finally {
      await this.#release([...receipts.values()]);
    }
  }

  async #receive(seconds: number): Promise<Message[]> {
    const { Messages = [] } = await this.#sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: this.#url,
        MaxNumberOfMessages: batchSize,
        VisibilityTimeout: seconds,
        // Anything above zero asks all of SQS's servers, so that an empty answer means an empty queue.
        WaitTimeSeconds: 1,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
      }),
    );
    return Messages;
  }

  /** What SQS refuses here comes back by itself when its time is over. */
  async #release(receipts: readonly string[]): Promise<void> {
    const batches = Array.from({ length: Math.ceil(receipts.length / batchSize) }, (_, index) =>
      receipts.slice(index * batchSize, (index + 1) * batchSize),
    );
    await pMap(
      batches,
      async (batch) => {
        const Entries = batch.map((ReceiptHandle, index) => ({
          Id: String(index),
          ReceiptHandle,
          VisibilityTimeout: 0,
        }));
        await this.#sqs
          .send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.#url, Entries }))
          .catch(() => undefined);
      },
      { concurrency },
    );
  }
}

function letterOf({ MessageId, Body = '', Attributes, MessageAttributes }: Message): HeldLetter {
  const attribute = (name: string) => MessageAttributes?.[name]?.StringValue;
  return {
    id: MessageId ?? '',
    code: attribute('code') ?? notRecorded,
    reason: attribute('reason') ?? 'no reason recorded: the function was stopped (time-out, memory or crash)',
    key: attribute('rawKey') ?? keyOf(Body),
    sentAt: new Date(Number(Attributes?.SentTimestamp)),
    timesReceived: Number(Attributes?.ApproximateReceiveCount),
    body: Body,
  };
}

function keyOf(body: string): string | null {
  try {
    return (
      createdObjects(body)
        .map(({ key }) => key)
        .join(', ') || null
    );
  } catch {
    return null; // That it is no S3 event may be why it is here.
  }
}

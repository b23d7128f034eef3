import {
  ChangeMessageVisibilityBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { createdObjects } from '../../shared/s3-event.ts';

/** Seconds for which a letter is out of others' sight at most, should this process end before it gives it back. */
const visibilityTimeout = 120;

export interface DeadKeys {
  /** Raw keys that wait in the dead-letter queue. */
  readonly keys: ReadonlySet<string>;
  /** False when there are more letters than were looked at. */
  readonly complete: boolean;
}

/**
 * Looks into the dead-letter queue and leaves every letter there. SQS has no way to look without receiving, so the
 * letters are out of sight for the few seconds that this takes.
 */
export async function peekDeadKeys(
  sqs: Pick<SQSClient, 'send'>,
  queueUrl: string,
  { limit = 5_000 }: { readonly limit?: number } = {},
): Promise<DeadKeys> {
  const keys = new Set<string>();
  const receipts: string[] = [];
  try {
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: visibilityTimeout,
          // A long poll asks all of SQS's servers: a short one may answer with nothing while letters are there.
          WaitTimeSeconds: 1,
          MessageAttributeNames: ['rawKey'],
        }),
      );
      if (Messages.length === 0) return { keys, complete: true };
      for (const message of Messages) {
        receipts.push(message.ReceiptHandle ?? '');
        for (const key of keysOf(message)) keys.add(key);
      }
      if (receipts.length >= limit) return { keys, complete: false };
    }
  } finally {
    for (let start = 0; start < receipts.length; start += 10) {
      const Entries = receipts
        .slice(start, start + 10)
        .map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle, VisibilityTimeout: 0 }));
      await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }));
    }
  }
}

/** The attribute is cleaned and cut; the body is exact, and all that a letter has which SQS moved there by itself. */
function keysOf({ Body = '', MessageAttributes }: Message): string[] {
  const rawKey = MessageAttributes?.rawKey?.StringValue;
  const attribute = rawKey === undefined ? [] : [rawKey];
  try {
    return [...attribute, ...createdObjects(Body).map(({ key }) => key)];
  } catch {
    return attribute; // A malformed message names no object.
  }
}

import {
  ChangeMessageVisibilityBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { createdObjects } from '../../shared/s3-event.ts';
import { limits } from './limits.ts';

interface DeadKeys {
  readonly keys: ReadonlySet<string>;
  readonly complete: boolean;
}

/** Reads the dead-letter queue and leaves every letter there. SQS hides the letters for the seconds that this takes. */
export async function peekDeadKeys(
  sqs: Pick<SQSClient, 'send'>,
  queueUrl: string,
  { limit = limits.deadLetters }: { readonly limit?: number } = {},
): Promise<DeadKeys> {
  const keys = new Set<string>();
  const receipts: string[] = [];
  try {
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: limits.deadLetterHidden / 1000,
          // A short poll may return nothing although there are letters.
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

/** The attribute may be cut, and a letter that SQS moved by itself has none. */
function keysOf({ Body = '', MessageAttributes }: Message): string[] {
  const rawKey = MessageAttributes?.rawKey?.StringValue;
  const attribute = rawKey === undefined ? [] : [rawKey];
  try {
    return [...attribute, ...createdObjects(Body).map(({ key }) => key)];
  } catch {
    return attribute;
  }
}

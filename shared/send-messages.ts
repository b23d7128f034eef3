import { setTimeout as delay } from 'node:timers/promises';
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** SQS takes no more messages in one request. */
export const batchSize = 10;

/** Lists of up to ten. */
export function batchesOf<T>(things: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(things.length / batchSize) }, (_, index) =>
    things.slice(index * batchSize, (index + 1) * batchSize),
  );
}

/** Tries of a message that SQS did not take, and the first pause between them in milliseconds; each next one is twice as long. */
const tries = 5;
const firstPause = 100;

/**
 * Sends up to ten messages. SQS may take some of a batch and not others: only those are sent again.
 * @throws {Error} with SQS's reason, when a message is not taken at last
 */
export async function sendMessages(
  sqs: Pick<SQSClient, 'send'>,
  queueUrl: string,
  bodies: readonly string[],
): Promise<void> {
  let entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
  for (let attempt = 1; entries.length > 0; attempt++) {
    const { Failed = [] } = await sqs.send(
      new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }),
    );
    const [failure] = Failed;
    if (!failure) return;
    const hopeless = Failed.find(({ SenderFault }) => SenderFault);
    if (hopeless || attempt === tries) {
      const { Code, Message = 'no reason given' } = hopeless ?? failure;
      throw new Error(`SQS did not take ${Failed.length} of ${bodies.length} messages: ${Code}: ${Message}`);
    }
    const ids = new Set(Failed.map(({ Id }) => Id));
    entries = entries.filter(({ Id }) => ids.has(Id));
    await delay(firstPause * 2 ** (attempt - 1));
  }
}

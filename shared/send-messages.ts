import { setTimeout as delay } from 'node:timers/promises';
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** SQS accepts no more messages in one request. */
export const batchSize = 10;

/** Lists of up to ten. */
export function batchesOf<T>(things: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(things.length / batchSize) }, (_, index) =>
    things.slice(index * batchSize, (index + 1) * batchSize),
  );
}

/** Tries of each message. The first pause is in milliseconds, and each further one is twice as long. */
const tries = 5;
const firstPause = 100;

/**
 * Sends up to ten messages. Sends those again that SQS did not accept.
 * @throws {Error} with SQS's reason, when the last try fails
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
      throw new Error(
        `SQS did not accept ${Failed.length} of ${bodies.length} messages: ${Code}: ${Message}`,
      );
    }
    const ids = new Set(Failed.map(({ Id }) => Id));
    entries = entries.filter(({ Id }) => ids.has(Id));
    await delay(firstPause * 2 ** (attempt - 1));
  }
}

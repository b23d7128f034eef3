import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { PermanentError } from '../../shared/errors.ts';

/** Why a message is dead: `code` is for sorting, `reason` for reading. */
export interface CauseOfDeath {
  readonly code: string;
  readonly reason: string;
}

/** Members of log lines, and attributes of a dead letter. */
export interface SubjectName {
  /** Of convert. */
  readonly rawKey?: string | undefined;
  /** Of compact: a table's day, or a key that is not of one. */
  readonly table?: string;
  readonly day?: string;
  readonly key?: string;
}

export interface DeadLetter extends CauseOfDeath, SubjectName {
  /** An S3 event, so that a redrive only has to send it to the queue again. */
  readonly body: string;
  /** How often the message was received. */
  readonly tries: number;
}

/**
 * The rule for dead letters: a permanent failure is dead at once, any other failure, and one that may heal, at the last
 * try. SQS would move the message at that point too, but without a reason.
 * @returns undefined when the message is worth another try
 */
export function causeOfDeath(
  error: unknown,
  receiveCount: number,
  maxReceiveCount: number,
): CauseOfDeath | undefined {
  const isLast = receiveCount >= maxReceiveCount;
  if (error instanceof PermanentError && (isLast || !error.mayHeal))
    return { code: error.code, reason: error.message };
  if (!isLast) return undefined;
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: 'tries-exhausted', reason: `Failed ${receiveCount} times. The last error: ${text}` };
}

export async function sendDeadLetter(
  sqs: Pick<SQSClient, 'send'>,
  queueUrl: string,
  { body, ...attributes }: DeadLetter,
): Promise<void> {
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: body,
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes)
          .filter(([, value]) => value !== undefined)
          .map(([name, value]) => [name, { DataType: 'String', StringValue: sendable(String(value)) }]),
      ),
    }),
  );
}

/** SQS refuses most control characters, lone surrogates, and empty attributes. */
function sendable(text: string): string {
  const clean = text.replaceAll(/[^\t\n\r\u0020-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD');
  return clean.slice(0, 2_000).toWellFormed() || '-';
}

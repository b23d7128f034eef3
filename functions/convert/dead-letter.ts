import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** Why a message is dead: `code` is for sorting, `reason` for reading. */
export interface DeadLetter {
  /** An S3 event, so that sending it to the queue again is all that a redrive takes. */
  readonly body: string;
  readonly code: string;
  readonly reason: string;
  /** Absent when the message did not even name an object. */
  readonly rawKey?: string | undefined;
  /** How often the message was received. */
  readonly tries: number;
}

/** Puts a message where it waits for somebody to fix what is wrong. */
export async function sendDeadLetter(
  sqs: Pick<SQSClient, 'send'>,
  queueUrl: string,
  { body, code, reason, rawKey, tries }: DeadLetter,
): Promise<void> {
  const attributes = { code, reason, tries: String(tries), ...(rawKey === undefined ? {} : { rawKey }) };
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: body,
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, text]) => [
          name,
          { DataType: 'String', StringValue: sendable(text) },
        ]),
      ),
    }),
  );
}

/** SQS refuses most control characters, lone surrogates, and attributes without a value. */
function sendable(text: string): string {
  const clean = text.replaceAll(/[^\t\n\r\u0020-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD');
  return clean.slice(0, 2_000).toWellFormed() || '-';
}

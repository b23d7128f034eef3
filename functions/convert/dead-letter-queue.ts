import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** Why a message is dead: `code` is for sorting, `reason` for reading. */
export interface DeadLetter {
  /** An S3 event, so that sending it to the queue again is all that a redrive takes. */
  readonly body: string;
  readonly code: string;
  readonly reason: string;
  /** Absent when the message did not even name an object. */
  readonly rawKey?: string | undefined;
}

/** Where messages wait for somebody to mend what is wrong. */
export class DeadLetterQueue {
  readonly #sqs: Pick<SQSClient, 'send'>;
  readonly #url: string;

  constructor(sqs: Pick<SQSClient, 'send'>, url: string) {
    this.#sqs = sqs;
    this.#url = url;
  }

  async send({ body, code, reason, rawKey }: DeadLetter): Promise<void> {
    const attributes = { code, reason, ...(rawKey === undefined ? {} : { rawKey }) };
    await this.#sqs.send(
      new SendMessageCommand({
        QueueUrl: this.#url,
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
}

/** SQS refuses most control characters, lone surrogates, and attributes without a value. */
function sendable(text: string): string {
  const clean = text.replaceAll(/[^\t\n\r\u0020-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD');
  return clean.slice(0, 2_000).toWellFormed() || '-';
}

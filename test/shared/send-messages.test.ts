import type { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, test } from '@jest/globals';
import { sendMessages } from '../../shared/send-messages.ts';

/** A queue that takes a message only when `accepts` says so, which the emulator cannot be asked to do. */
function queueThat(accepts: (body: string, request: number) => boolean, SenderFault = false) {
  const taken: string[] = [];
  let request = 0;
  const send = async ({ input }: SendMessageBatchCommand) => {
    request += 1;
    const Failed = [];
    for (const { Id, MessageBody = '' } of input.Entries ?? []) {
      if (accepts(MessageBody, request)) taken.push(MessageBody);
      else Failed.push({ Id, SenderFault, Code: 'InternalError', Message: 'Not now.' });
    }
    return { Failed };
  };
  const sqs = { send } as unknown as Pick<SQSClient, 'send'>;
  return { taken, send: (bodies: string[]) => sendMessages(sqs, 'url', bodies) };
}

describe('the queue', () => {
  test('gets each message once, also when SQS takes only some of a batch at first', async () => {
    const { taken, send } = queueThat((body, request) => request === 3 || (request === 1 && body !== 'b'));
    await send(['a', 'b', 'c']);
    expect(taken).toEqual(['a', 'c', 'b']);
  });

  test('is given up with SQS’s reason when it never takes a message', async () => {
    const { taken, send } = queueThat((body) => body !== 'b');
    await expect(send(['a', 'b', 'c'])).rejects.toThrow(
      'SQS did not accept 1 of 3 messages: InternalError: Not now.',
    );
    expect(taken).toEqual(['a', 'c']);
  });

  test('is given up at once when the message itself is wrong', async () => {
    let requests = 0;
    const { send } = queueThat((_body, request) => {
      requests = request;
      return false;
    }, true);
    await expect(send(['a'])).rejects.toThrow('InternalError');
    expect(requests).toBe(1);
  });
});

import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Aws, startAws } from './aws.ts';
import { until } from './until.ts';

const none = { visible: 0, inFlight: 0, delayed: 0 };

let aws: Aws;
beforeEach(async () => {
  aws = await startAws();
});
afterEach(() => aws.close());

const receive = async (QueueUrl: string, WaitTimeSeconds = 0) =>
  (await aws.sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds }))).Messages ?? [];
const bodies = (arn: string) => aws.emulator.messages(arn).map(({ body }) => body);

test('a message goes from sender to receiver, and is gone when deleted', async () => {
  const { url, arn } = aws.emulator.createQueue('work', {});
  aws.emulator.send(arn, 'hello');
  const [message] = await receive(url);
  expect(message?.Body).toBe('hello');
  expect(aws.emulator.queueDepth(arn)).toEqual({ ...none, inFlight: 1 });
  await aws.sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: message?.ReceiptHandle }));
  expect(aws.emulator.queueDepth(arn)).toEqual(none);
});

test('looking at the messages does not receive them', async () => {
  const { url, arn } = aws.emulator.createQueue('work', {});
  const MessageAttributes = { reason: { DataType: 'String', StringValue: 'bad JSON' } };
  await aws.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'one', MessageAttributes }));
  await receive(url);
  aws.emulator.send(arn, 'two');
  const seen = aws.emulator.messages(arn);
  const one = { body: 'one', attributes: { reason: 'bad JSON' }, receiveCount: 1 };
  expect(seen).toMatchObject([one, { body: 'two', attributes: {}, receiveCount: 0 }]);
  expect(aws.emulator.messages(arn)).toEqual(seen);
});

test('a queue made again has the new attributes and the old messages, also after a restart', async () => {
  const first = aws.emulator.createQueue('work', { VisibilityTimeout: '30', DelaySeconds: '0' });
  aws.emulator.send(first.arn, 'kept');
  expect(aws.emulator.createQueue('work', { VisibilityTimeout: '60' })).toEqual(first);
  await aws.restart();
  const { url, arn } = aws.emulator.createQueue('work', { VisibilityTimeout: '60' });
  const { Attributes } = await aws.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
  );
  expect(Attributes).toMatchObject({ VisibilityTimeout: '60', QueueArn: arn });
  expect(bodies(arn)).toEqual(['kept']);
});

test('every queue URL is on the endpoint, also for queues of the SDK and after a restart', async () => {
  const { QueueUrl } = await aws.sqs.send(new CreateQueueCommand({ QueueName: 'of-sdk' }));
  expect(QueueUrl).toBe(`${aws.emulator.endpoint}/000000000000/of-sdk`);
  await aws.restart();
  const found = await aws.sqs.send(new GetQueueUrlCommand({ QueueName: 'of-sdk' }));
  expect(found.QueueUrl).toBe(`${aws.emulator.endpoint}/000000000000/of-sdk`);
});

test('messages in flight when the process stops are visible at once in the next', async () => {
  const { url, arn } = aws.emulator.createQueue('work', { VisibilityTimeout: '3600' });
  aws.emulator.send(arn, 'in flight');
  await receive(url);
  aws.emulator.send(arn, 'waiting');
  await aws.restart();
  expect(aws.emulator.queueDepth(arn)).toEqual({ ...none, visible: 2 });
  expect(aws.emulator.messages(arn)).toMatchObject([
    { body: 'in flight', receiveCount: 1 },
    { body: 'waiting', receiveCount: 0 },
  ]);
});

test('a message given back with visibility time-out 0 is visible and keeps its receive count', async () => {
  const { url: QueueUrl, arn } = aws.emulator.createQueue('work', {});
  aws.emulator.send(arn, 'again');
  const [{ ReceiptHandle } = {}] = await receive(QueueUrl);
  await aws.sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
  expect(aws.emulator.queueDepth(arn)).toEqual({ ...none, visible: 1 });
  await aws.restart();
  expect(aws.emulator.messages(arn)).toMatchObject([{ body: 'again', receiveCount: 1 }]);
});

test('a message received too often goes to the dead-letter queue, and stays there over a restart', async () => {
  const dead = aws.emulator.createQueue('dead', {});
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 2 });
  const { url, arn } = aws.emulator.createQueue('work', { VisibilityTimeout: '0', RedrivePolicy });
  const id = aws.emulator.send(arn, 'poison');
  for (const count of [1, 1, 0]) expect(await receive(url)).toHaveLength(count);
  expect(aws.emulator.messages(dead.arn)).toMatchObject([{ id, body: 'poison' }]);
  await aws.restart();
  expect([bodies(arn), bodies(dead.arn)]).toEqual([[], ['poison']]);
});

test('closing ends a long poll at once', async () => {
  const { url } = aws.emulator.createQueue('work', {});
  let polls = 0;
  await aws.restart({
    faults: ({ action }) => {
      if (action === 'ReceiveMessage') polls += 1;
      return undefined;
    },
  });
  const poll = receive(url, 20).catch(() => []);
  await until(() => polls === 1);
  const begun = performance.now();
  await Promise.all([aws.emulator.close(), aws.emulator.close()]);
  expect(await poll).toEqual([]);
  expect(performance.now() - begun).toBeLessThan(5000);
});

test('a receiver that has hung up takes no message', async () => {
  const { url, arn } = aws.emulator.createQueue('work', { VisibilityTimeout: '3600' });
  let polls = 0;
  await aws.restart({
    faults: ({ action }) => {
      if (action === 'ReceiveMessage') polls += 1;
      return undefined;
    },
  });
  const hangUp = new AbortController();
  const command = new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20 });
  const poll = aws.sqs.send(command, { abortSignal: hangUp.signal }).catch(({ name }: Error) => name);
  await until(() => polls === 1);
  hangUp.abort();
  expect(await poll).toBe('AbortError');
  // The server learns of it before it answers a request that came later.
  await aws.put('any');

  aws.emulator.send(arn, 'for someone who listens');
  await until(() => aws.emulator.requests.some(({ action }) => action === 'ReceiveMessage'));
  expect(aws.emulator.queueDepth(arn)).toEqual({ ...none, visible: 1 });
  expect(aws.emulator.messages(arn)).toMatchObject([{ receiveCount: 0 }]);
});

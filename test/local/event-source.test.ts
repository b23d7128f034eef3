import { availableParallelism } from 'node:os';
import { GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SQSEvent } from 'aws-lambda';
import type { ApiCall } from '../../local/aws/api-call.ts';
import { planDeployment } from '../../local/deployment-plan.ts';
import { EventSource, type EventSourceSettings } from '../../local/event-source.ts';
import { FunctionRuntime } from '../../local/lambda/function-runtime.ts';
import type { Invocation } from '../../local/lambda/sandbox.ts';
import { References } from '../../local/references.ts';
import { connectEventSources } from '../../local/resources.ts';
import { type Aws, region, startAws } from './aws.ts';
import { until } from './until.ts';

let aws: Aws;
/** Calls that SQS answers with an error now. */
let failing: (call: ApiCall) => boolean;
let queue: { url: string; arn: string };
let deadLetters: { url: string; arn: string };
let sources: EventSource[];
let invoked: string[];
let failures: { body: string | undefined; reason: string }[];

beforeEach(async () => {
  failing = () => false;
  aws = await startAws({
    faults: (call) => (failing(call) ? { status: 503, code: 'ServiceUnavailable' } : undefined),
  });
  deadLetters = aws.emulator.createQueue('dead-letters', {});
  queue = createQueue();
  sources = [];
  invoked = [];
  failures = [];
});
afterEach(async () => {
  await Promise.all(sources.map((source) => source.close()));
  await aws.close();
});

/** The queue, made again with other attributes. */
function createQueue(attributes: Record<string, string> = {}, maxReceiveCount = 3): typeof queue {
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount });
  return aws.emulator.createQueue('work', { VisibilityTimeout: '30', RedrivePolicy, ...attributes });
}

function send(...bodies: string[]): void {
  for (const body of bodies) aws.emulator.send(queue.arn, body);
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i));
const ok = (response: unknown = null): Invocation => ({ ok: true, response });
const depth = () => aws.emulator.queueDepth(queue.arn);
const remaining = () => Object.values(depth()).reduce((sum, count) => sum + count, 0);
const isEmpty = () => remaining() === 0;
const dead = () => aws.emulator.messages(deadLetters.arn).map(({ body }) => body);
const isPoll = ({ action }: ApiCall) => action === 'ReceiveMessage';
const reported = (body: string) => ({ body, reason: expect.stringContaining('reported by the function') });

/** Polls the queue for a function that is this one. */
function connect(
  respond: (event: SQSEvent) => Invocation | Promise<Invocation> = () => ok(),
  settings: Partial<EventSourceSettings> = {},
): EventSource {
  const source = new EventSource(
    {
      queueUrl: queue.url,
      queueArn: queue.arn,
      region,
      maximumConcurrency: 1000,
      reportsFailures: true,
      retryDelay: 0,
      onFailure: ({ message, reason }) => failures.push({ body: message.Body, reason }),
      ...settings,
    },
    aws.sqs,
    {
      invoke: async (event) => {
        invoked.push(...(event as SQSEvent).Records.map(({ body }) => body));
        return respond(event as SQSEvent);
      },
    },
  );
  sources.push(source);
  return source;
}

/** A function that answers when it is told to. */
function connectHeld(settings: Partial<EventSourceSettings> = {}) {
  const held: (() => void)[] = [];
  const source = connect(() => new Promise((resolve) => held.push(() => resolve(ok()))), settings);
  return { source, held };
}

/** Answers that the message failed. */
const failed = ({ Records }: SQSEvent) =>
  ok({ batchItemFailures: Records.map(({ messageId }) => ({ itemIdentifier: messageId })) });

describe('an invocation', () => {
  test('gets one message, and each comes once', async () => {
    send(...numbers(25));
    connect();
    await until(isEmpty);
    expect(invoked.sort()).toEqual(numbers(25).sort());
    expect(failures).toEqual([]);
  });

  test('gets the event that Lambda sends', async () => {
    const MessageAttributes = {
      reason: { DataType: 'String', StringValue: 'not-json' },
      bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2, 255]) },
    };
    const { MessageId } = await aws.sqs.send(
      new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'hello', MessageAttributes }),
    );
    const events: SQSEvent[] = [];
    connect((event) => {
      events.push(event);
      return ok();
    });
    await until(isEmpty);
    const lists = { stringListValues: [], binaryListValues: [] };
    const record = {
      messageId: MessageId,
      receiptHandle: expect.any(String),
      body: 'hello',
      attributes: expect.objectContaining({
        ApproximateReceiveCount: '1',
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
      }),
      messageAttributes: {
        reason: { dataType: 'String', stringValue: 'not-json', ...lists },
        bytes: { dataType: 'Binary', binaryValue: 'AQL/', ...lists },
      },
      md5OfBody: '5d41402abc4b2a76b9719d911017c592',
      eventSource: 'aws:sqs',
      eventSourceARN: queue.arn,
      awsRegion: region,
    };
    expect(events).toEqual([{ Records: [record] }]);
  });
});

describe('after the function has answered', () => {
  test.each([null, undefined, {}, '', 'done', { batchItemFailures: null }, { batchItemFailures: [] }])(
    '%j means that all went well',
    async (response) => {
      send('a');
      connect(() => ok(response));
      await until(isEmpty);
      expect([invoked, failures, dead()]).toEqual([['a'], [], []]);
    },
  );

  test.each([
    [[{ itemIdentifier: 'unknown' }]],
    [[{ itemIdentifier: '' }]],
    [[{ itemIdentifier: null }]],
    [[{ id: 'a' }]],
    [[null]],
    ['a'],
    [{ itemIdentifier: 'a' }],
  ])('failures %j, which name no message, fail the one that it got', async (batchItemFailures) => {
    queue = createQueue({}, 1);
    send('a');
    connect(() => ok({ batchItemFailures }));
    await until(isEmpty);
    expect([invoked, failures, dead()]).toEqual([['a'], [reported('a')], ['a']]);
  });

  test('the names of failures mean nothing unless the mapping asks for them', async () => {
    send('a');
    connect(failed, { reportsFailures: false });
    await until(isEmpty);
    expect([invoked, failures]).toEqual([['a'], []]);
  });

  test.each([true, false])('an error fails the message (failures reported: %s)', async (reportsFailures) => {
    send('a');
    const error = { type: 'Runtime.ExitError', message: 'The process ended with SIGABRT' };
    connect(() => (invoked.length === 1 ? { ok: false, error } : ok()), { reportsFailures });
    await until(isEmpty);
    const reason = 'Runtime.ExitError: The process ended with SIGABRT';
    expect([invoked, failures]).toEqual([['a', 'a'], [{ body: 'a', reason }]]);
  });

  test('an invocation that cannot be made fails the message, and polling goes on', async () => {
    send('a');
    connect(() => {
      if (invoked.length === 1) throw new Error('no process could be started');
      return ok();
    });
    await until(isEmpty);
    expect([invoked, failures]).toEqual([
      ['a', 'a'],
      [{ body: 'a', reason: 'Error: no process could be started' }],
    ]);
  });
});

describe('a message that fails', () => {
  test('goes to the dead-letter queue after its last try, and the others do not', async () => {
    send('good', 'bad');
    connect((event) => (event.Records[0]?.body === 'bad' ? failed(event) : ok()));
    await until(() => dead().length === 1);
    expect(dead()).toEqual(['bad']);
    expect(invoked.filter((body) => body === 'bad')).toHaveLength(3);
    expect(isEmpty()).toBe(true);
  });

  test('comes again after its visibility time-out when no delay is set', async () => {
    queue = createQueue({ VisibilityTimeout: '1' });
    send('a');
    const times: number[] = [];
    connect((event) => (times.push(performance.now()) === 1 ? failed(event) : ok()), {
      retryDelay: undefined,
    });
    await until(isEmpty);
    const [first = 0, second = 0] = times;
    expect(second - first).toBeGreaterThan(900);
    expect(failures).toEqual([reported('a')]);
  });
});

test.each([1, 2])(
  'invocations at the same time are %i at most when the mapping says so, and no more than the processors',
  async (limit) => {
    const expected = Math.min(limit, availableParallelism());
    send(...numbers(6));
    const { held } = connectHeld({ maximumConcurrency: limit });
    for (let left = 6; left > 0; left--) {
      await until(() => held.length >= Math.min(expected, left));
      expect(held.length).toBeLessThanOrEqual(expected);
      held.shift()?.();
      await until(() => remaining() < left);
    }
    expect(invoked).toHaveLength(6);
  },
);

describe('closing', () => {
  /** The milliseconds that closing takes. */
  async function timeToClose(source: EventSource): Promise<number> {
    const start = performance.now();
    await source.close();
    return performance.now() - start;
  }

  test('ends a long poll at once, and what is sent afterwards stays in the queue', async () => {
    const source = connect();
    send('a');
    await until(isEmpty);
    expect(await timeToClose(source)).toBeLessThan(1000);
    send('b');
    expect([depth().visible, invoked]).toEqual([1, ['a']]);
  });

  test('waits for the message that the function works on, and deletes it', async () => {
    const { source, held } = connectHeld();
    expect(source.busy).toBe(false);
    send('a');
    await until(() => held.length === 1);
    expect(source.busy).toBe(true);
    const closed = source.close();
    held[0]?.();
    await closed;
    expect([source.busy, isEmpty()]).toEqual([false, true]);
  });

  test('does not begin a message that was received while the function worked, which stays in the queue', async () => {
    send('a', 'b', 'c');
    const { source, held } = connectHeld({ maximumConcurrency: 1 });
    await until(() => held.length === 1 && depth().inFlight === 2);
    const closed = source.close();
    held[0]?.();
    await closed;
    expect([invoked, remaining()]).toEqual([['a'], 2]);
  });

  test('does not wait for the pause after SQS has failed', async () => {
    failing = isPoll;
    const source = connect();
    await until(() => source.trouble !== undefined);
    expect(await timeToClose(source)).toBeLessThan(500);
  });
});

describe('while SQS fails', () => {
  test('polling goes on after a pause, says why meanwhile, and recovers', async () => {
    const refused: number[] = [];
    failing = (call) => isPoll(call) && refused.length < 2 && refused.push(performance.now()) > 0;
    send('a');
    const source = connect();
    await until(() => source.trouble !== undefined);
    expect(source.trouble).toContain('ServiceUnavailable');
    expect(invoked).toEqual([]);
    await until(isEmpty);
    expect([source.trouble, invoked]).toEqual([undefined, ['a']]);
    const [first = 0, second = 0] = refused;
    expect(second - first).toBeGreaterThan(900);
  });

  test.each(['DeleteMessage', 'ChangeMessageVisibility'])(
    'a message for which %s is refused comes again after its visibility time-out',
    async (action) => {
      queue = createQueue({ VisibilityTimeout: '1' });
      failing = (call) => call.action === action && invoked.length === 1;
      send('a');
      connect((event) => (invoked.length === 1 && action !== 'DeleteMessage' ? failed(event) : ok()));
      await until(isEmpty);
      expect(invoked).toEqual(['a', 'a']);
      expect(failures.at(-1)?.reason).toMatch(/could not be told.*ServiceUnavailable/);
    },
  );
});

test('of several mappings none is polled for when one is wrong', async () => {
  let polls = 0;
  failing = (call) => {
    if (isPoll(call)) polls += 1;
    return false;
  };
  const mapping = { EventSourceArn: queue.arn, FunctionName: 'convert', BatchSize: 1 };
  const eventSources = [mapping, { ...mapping, EventSourceArn: `${queue.arn}-elsewhere` }];
  const plan = planDeployment({ resources: [], outputs: {}, assets: new Map() });
  const connections = {
    sqs: () => aws.sqs,
    queueUrls: new Map([[queue.arn, queue.url]]),
    functionBy: () => new FunctionRuntime({} as never),
    retryDelay: 0,
    onFailure: () => {},
  };
  expect(() =>
    connectEventSources({ plan: { ...plan, eventSources }, references: new References() }, connections),
  ).toThrow('polls queues of the stack only');
  // A poll would have been sent before this, over the same client.
  await aws.sqs.send(new GetQueueUrlCommand({ QueueName: 'work' }));
  expect(polls).toBe(0);
});

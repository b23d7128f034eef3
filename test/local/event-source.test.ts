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
let batches: string[][];
let failures: { body: string | undefined; reason: string }[];

beforeEach(async () => {
  failing = () => false;
  aws = await startAws({
    faults: (call) => (failing(call) ? { status: 503, code: 'ServiceUnavailable' } : undefined),
  });
  deadLetters = aws.emulator.createQueue('dead-letters', {});
  queue = createQueue();
  sources = [];
  batches = [];
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
      batchSize: 10,
      maximumConcurrency: 1000,
      partialFailures: true,
      retryDelay: 0,
      onFailure: ({ message, reason }) => failures.push({ body: message.Body, reason }),
      ...settings,
    },
    aws.sqs,
    {
      invoke: async (event) => {
        batches.push((event as SQSEvent).Records.map(({ body }) => body));
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

/** Answers that these messages failed. */
function failed({ Records }: SQSEvent, ...bodies: string[]): Invocation {
  const those = Records.filter(({ body }) => bodies.includes(body));
  return ok({ batchItemFailures: those.map(({ messageId }) => ({ itemIdentifier: messageId })) });
}

describe('a batch', () => {
  test.each([
    [10, [10, 10, 5]],
    [7, [7, 7, 7, 4]],
  ])('has at most %i messages when the mapping says so, and each comes once', async (batchSize, sizes) => {
    send(...numbers(25));
    connect(() => ok(), { batchSize });
    await until(isEmpty);
    expect(batches.map((batch) => batch.length)).toEqual(sizes);
    expect(batches.flat().sort()).toEqual(numbers(25).sort());
    expect(failures).toEqual([]);
  });

  test('is the event that Lambda sends', async () => {
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
  test('what it reports as failed comes again, alone', async () => {
    send('a', 'b', 'c');
    connect((event) => (batches.length === 1 ? failed(event, 'b') : ok()));
    await until(isEmpty);
    expect(batches).toEqual([['a', 'b', 'c'], ['b']]);
    expect(failures).toEqual([reported('b')]);
  });

  test.each([null, undefined, {}, '', 'done', { batchItemFailures: null }, { batchItemFailures: [] }])(
    '%j means that all succeeded',
    async (response) => {
      send('a', 'b');
      connect(() => ok(response));
      await until(isEmpty);
      expect([batches, dead()]).toEqual([[['a', 'b']], []]);
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
  ])('failures %j, which name no message of it, fail the whole batch', async (batchItemFailures) => {
    queue = createQueue({}, 1);
    send('a', 'b');
    connect(() => ok({ batchItemFailures }));
    await until(isEmpty);
    expect([batches, dead().sort()]).toEqual([[['a', 'b']], ['a', 'b']]);
    expect(failures[0]?.reason).toContain('names a message that is not in the batch');
  });

  test('a known and an unknown name together fail the whole batch', async () => {
    send('a', 'b');
    connect(({ Records }) => {
      const items = [{ itemIdentifier: Records[0]?.messageId }, { itemIdentifier: 'unknown' }];
      return ok(batches.length === 1 ? { batchItemFailures: items } : null);
    });
    await until(isEmpty);
    expect(batches.flat().sort()).toEqual(['a', 'a', 'b', 'b']);
  });

  test('the names of failures mean nothing unless the mapping asks for them', async () => {
    send('a', 'b');
    connect((event) => failed(event, 'a', 'b'), { partialFailures: false });
    await until(isEmpty);
    expect([batches, failures]).toEqual([[['a', 'b']], []]);
  });

  test.each([true, false])(
    'an error fails the whole batch (partial failures: %s)',
    async (partialFailures) => {
      send('a', 'b');
      const error = { type: 'Runtime.ExitError', message: 'The process ended with SIGABRT' };
      connect(() => (batches.length === 1 ? { ok: false, error } : ok()), { partialFailures });
      await until(isEmpty);
      expect(batches.flat().sort()).toEqual(['a', 'a', 'b', 'b']);
      const reason = 'Runtime.ExitError: The process ended with SIGABRT';
      expect(failures).toEqual(['a', 'b'].map((body) => ({ body, reason })));
    },
  );

  test('an invocation that cannot be made fails the whole batch, and polling goes on', async () => {
    send('a');
    connect(() => {
      if (batches.length === 1) throw new Error('no process could be started');
      return ok();
    });
    await until(isEmpty);
    expect(batches).toEqual([['a'], ['a']]);
    expect(failures).toEqual([{ body: 'a', reason: 'Error: no process could be started' }]);
  });
});

describe('a message that fails', () => {
  test('goes to the dead-letter queue after its last try, and the others do not', async () => {
    send('good', 'bad');
    connect((event) => failed(event, 'bad'));
    await until(() => dead().length === 1);
    expect(dead()).toEqual(['bad']);
    expect(batches.flat().filter((body) => body === 'bad')).toHaveLength(3);
    expect(isEmpty()).toBe(true);
  });

  test('comes again after its visibility time-out when no delay is set', async () => {
    queue = createQueue({ VisibilityTimeout: '1' });
    send('a');
    const times: number[] = [];
    connect(
      (event) => {
        times.push(performance.now());
        return times.length === 1 ? failed(event, 'a') : ok();
      },
      { retryDelay: undefined },
    );
    await until(isEmpty);
    const [first = 0, second = 0] = times;
    expect(second - first).toBeGreaterThan(900);
    expect(failures).toEqual([reported('a')]);
  });
});

test.each([1, 2])(
  'batches at the same time are %i at most when the mapping says so, and no more than the processors',
  async (limit) => {
    const expected = Math.min(limit, availableParallelism());
    send(...numbers(6));
    const { held } = connectHeld({ batchSize: 1, maximumConcurrency: limit });
    for (let left = 6; left > 0; left--) {
      await until(() => held.length >= Math.min(expected, left));
      expect(held.length).toBeLessThanOrEqual(expected);
      held.shift()?.();
      await until(() => remaining() < left);
    }
    expect(batches).toHaveLength(6);
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
    expect([depth().visible, batches]).toEqual([1, [['a']]]);
  });

  test('waits for the batch that the function works on, and deletes what it finished', async () => {
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
    expect(batches).toEqual([]);
    await until(isEmpty);
    expect([source.trouble, batches]).toEqual([undefined, [['a']]]);
    const [first = 0, second = 0] = refused;
    expect(second - first).toBeGreaterThan(900);
  });

  test.each(['DeleteMessage', 'ChangeMessageVisibility'])(
    'a message for which %s is refused comes again after its visibility time-out',
    async (action) => {
      queue = createQueue({ VisibilityTimeout: '1' });
      failing = (call) => call.action === action && batches.length === 1;
      send('a');
      connect((event) => (batches.length === 1 && action !== 'DeleteMessage' ? failed(event, 'a') : ok()));
      await until(isEmpty);
      expect(batches).toEqual([['a'], ['a']]);
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
  const mapping = { EventSourceArn: queue.arn, FunctionName: 'convert' };
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

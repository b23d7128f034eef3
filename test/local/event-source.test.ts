import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { ApiCall } from '../../local/aws/api-call.ts';
import { type Emulator, startEmulator } from '../../local/aws/emulator.ts';
import { planDeployment } from '../../local/deployment-plan.ts';
import { EventSource, type EventSourceSettings } from '../../local/event-source.ts';
import { FunctionRuntime } from '../../local/lambda/function-runtime.ts';
import type { Invocation } from '../../local/lambda/sandbox.ts';
import { References } from '../../local/references.ts';
import { connectEventSources } from '../../local/resources.ts';
import { until } from './until.ts';

const region = 'us-east-1';
const empty = { visible: 0, inFlight: 0, delayed: 0 };

let stateDir: string;
let emulator: Emulator;
let sqs: SQSClient;
/** Calls that SQS answers with an error now. */
let failing: (call: ApiCall) => boolean;
let queue: { url: string; arn: string };
let deadLetters: { url: string; arn: string };
let sources: EventSource[];
let batches: string[][];
let failures: { body: string | undefined; reason: string }[];

beforeEach(async () => {
  stateDir = await mkdtemp(path.join(tmpdir(), 'event-source-'));
  failing = () => false;
  emulator = await startEmulator({
    stateDir,
    region,
    faults: (call) => (failing(call) ? { status: 503, code: 'ServiceUnavailable' } : undefined),
  });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  sqs = new SQSClient({ region, credentials, endpoint: emulator.endpoint, maxAttempts: 1 });
  deadLetters = emulator.createQueue('dead-letters', {});
  queue = createQueue();
  sources = [];
  batches = [];
  failures = [];
});

afterEach(async () => {
  await Promise.all(sources.map((source) => source.close()));
  sqs.destroy();
  await emulator.close();
  await rm(stateDir, { recursive: true });
});

/** The queue, made again with other attributes. */
function createQueue(attributes: Record<string, string> = {}, maxReceiveCount = 3): typeof queue {
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount });
  return emulator.createQueue('work', { VisibilityTimeout: '30', RedrivePolicy, ...attributes });
}

function send(...bodies: string[]): void {
  for (const body of bodies) emulator.send(queue.arn, body);
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i));
const ok = (response: unknown = null): Invocation => ({ ok: true, response });
const bodiesOf = (event: unknown) => (event as SQSEvent).Records.map(({ body }) => body);
const remaining = () => Object.values(emulator.queueDepth(queue.arn)).reduce((sum, count) => sum + count, 0);
const isEmpty = () => remaining() === 0;

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
    sqs,
    {
      invoke: async (event) => {
        batches.push(bodiesOf(event));
        return respond(event as SQSEvent);
      },
    },
  );
  sources.push(source);
  return source;
}

/** Answers that these messages failed. */
function failed(event: SQSEvent, ...bodies: string[]): Invocation {
  const batchItemFailures = event.Records.filter(({ body }) => bodies.includes(body)).map(
    ({ messageId }) => ({ itemIdentifier: messageId }),
  );
  return ok({ batchItemFailures } satisfies SQSBatchResponse);
}

describe('a batch', () => {
  test('has at most ten messages, and each comes once', async () => {
    send(...numbers(25));
    connect();
    await until(isEmpty);
    expect(batches.map((batch) => batch.length)).toEqual([10, 10, 5]);
    expect(batches.flat().sort()).toEqual(numbers(25).sort());
    expect(failures).toEqual([]);
  });

  test('is no larger than the mapping says', async () => {
    send(...numbers(5));
    connect(() => ok(), { batchSize: 2 });
    await until(isEmpty);
    expect(batches.map((batch) => batch.length)).toEqual([2, 2, 1]);
  });

  test('is the event that Lambda sends', async () => {
    const { MessageId } = await sqs.send(
      new SendMessageCommand({
        QueueUrl: queue.url,
        MessageBody: 'hello',
        MessageAttributes: {
          reason: { DataType: 'String', StringValue: 'not-json' },
          bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2, 255]) },
        },
      }),
    );
    const events: SQSEvent[] = [];
    connect((event) => {
      events.push(event);
      return ok();
    });
    await until(isEmpty);
    const lists = { stringListValues: [], binaryListValues: [] };
    expect(events).toEqual([
      {
        Records: [
          {
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
          },
        ],
      },
    ]);
  });
});

describe('after the function has answered,', () => {
  test('what it reports as failed comes again, alone', async () => {
    send('a', 'b', 'c');
    connect((event) => (batches.length === 1 ? failed(event, 'b') : ok()));
    await until(isEmpty);
    expect(batches).toEqual([['a', 'b', 'c'], ['b']]);
    expect(failures).toEqual([{ body: 'b', reason: expect.stringContaining('reported by the function') }]);
  });

  test.each([null, undefined, {}, '', 'done', { batchItemFailures: null }, { batchItemFailures: [] }])(
    '%j means that all succeeded',
    async (response) => {
      send('a', 'b');
      connect(() => ok(response));
      await until(isEmpty);
      expect(batches).toEqual([['a', 'b']]);
      expect(emulator.messages(deadLetters.arn)).toEqual([]);
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
    expect(
      emulator
        .messages(deadLetters.arn)
        .map(({ body }) => body)
        .sort(),
    ).toEqual(['a', 'b']);
    expect(batches).toEqual([['a', 'b']]);
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
    expect(batches).toEqual([['a', 'b']]);
    expect(failures).toEqual([]);
  });

  test.each([true, false])(
    'an error fails the whole batch, partial failures or not (%s)',
    async (partialFailures) => {
      send('a', 'b');
      const error = { type: 'Runtime.ExitError', message: 'The process ended with SIGABRT' };
      connect(() => (batches.length === 1 ? { ok: false, error } : ok()), { partialFailures });
      await until(isEmpty);
      expect(batches.flat().sort()).toEqual(['a', 'a', 'b', 'b']);
      const reason = 'Runtime.ExitError: The process ended with SIGABRT';
      expect(failures).toEqual([
        { body: 'a', reason },
        { body: 'b', reason },
      ]);
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
    await until(() => emulator.queueDepth(deadLetters.arn).visible === 1);
    expect(emulator.messages(deadLetters.arn).map(({ body }) => body)).toEqual(['bad']);
    expect(batches.flat().filter((body) => body === 'bad')).toHaveLength(3);
    expect(emulator.queueDepth(queue.arn)).toEqual(empty);
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
    expect(failures).toEqual([{ body: 'a', reason: expect.stringContaining('reported by the function') }]);
  });
});

describe('batches at the same time', () => {
  test.each([1, 2])(
    'are %i at most when the mapping says so, and no more than the processors',
    async (limit) => {
      const expected = Math.min(limit, availableParallelism());
      let now = 0;
      let most = 0;
      const waiting: (() => void)[] = [];
      send(...numbers(6));
      connect(
        async () => {
          now += 1;
          most = Math.max(most, now);
          await new Promise<void>((resolve) => waiting.push(resolve));
          now -= 1;
          return ok();
        },
        { batchSize: 1, maximumConcurrency: limit },
      );
      for (let left = 6; left > 0; left--) {
        await until(() => waiting.length >= Math.min(expected, left));
        waiting.shift()?.();
        await until(() => remaining() < left);
      }
      expect(most).toBe(expected);
      expect(batches).toHaveLength(6);
    },
  );

  test('are known to be in work', async () => {
    let finish = () => {};
    const source = connect(
      () =>
        new Promise((resolve) => {
          finish = () => resolve(ok());
        }),
    );
    expect(source.busy).toBe(false);
    send('a');
    await until(() => batches.length === 1);
    expect(source.busy).toBe(true);
    finish();
    await until(() => !source.busy);
    expect(emulator.queueDepth(queue.arn)).toEqual(empty);
  });
});

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
    expect(emulator.queueDepth(queue.arn)).toEqual({ ...empty, visible: 1 });
    expect(batches).toEqual([['a']]);
  });

  test('waits for the batch in work, and deletes what it finished', async () => {
    let finish = () => {};
    send('a');
    const source = connect(
      () =>
        new Promise((resolve) => {
          finish = () => resolve(ok());
        }),
    );
    await until(() => batches.length === 1);
    const closed = source.close();
    finish();
    await closed;
    expect(emulator.queueDepth(queue.arn)).toEqual(empty);
  });
});

describe('while SQS fails,', () => {
  test('polling goes on after a pause, says why meanwhile, and recovers', async () => {
    const refused: number[] = [];
    failing = ({ action }) => {
      if (action !== 'ReceiveMessage' || refused.length === 2) return false;
      refused.push(performance.now());
      return true;
    };
    send('a');
    const source = connect();
    await until(() => source.trouble !== undefined);
    expect(source.trouble).toContain('ServiceUnavailable');
    expect(batches).toEqual([]);
    await until(isEmpty);
    expect(source.trouble).toBeUndefined();
    expect(batches).toEqual([['a']]);
    const [first = 0, second = 0] = refused;
    expect(second - first).toBeGreaterThan(900);
  });

  test('closing does not wait for the pause', async () => {
    failing = ({ action }) => action === 'ReceiveMessage';
    const source = connect();
    await until(() => source.trouble !== undefined);
    const start = performance.now();
    await source.close();
    expect(performance.now() - start).toBeLessThan(500);
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
  failing = ({ action }) => {
    if (action === 'ReceiveMessage') polls += 1;
    return false;
  };
  const mapping = { EventSourceArn: queue.arn, FunctionName: 'convert' };
  const eventSources = [mapping, { ...mapping, EventSourceArn: `${queue.arn}-elsewhere` }];
  expect(() =>
    connectEventSources(
      {
        plan: { ...planDeployment({ resources: [], outputs: {}, assets: new Map() }), eventSources },
        references: new References(),
      },
      {
        sqs: () => sqs,
        queueUrls: new Map([[queue.arn, queue.url]]),
        functionBy: () => new FunctionRuntime({} as never),
        retryDelay: 0,
        onFailure: () => {},
      },
    ),
  ).toThrow('polls queues of the stack only');
  // A poll would have been sent before this, over the same client.
  await sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'a' }));
  await sqs.send(new GetQueueUrlCommand({ QueueName: 'work' }));
  expect(polls).toBe(0);
});

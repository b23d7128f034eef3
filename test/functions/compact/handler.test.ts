import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { ApiCall } from '../../../local/aws/api-call.ts';
import { objectEvent } from '../../../shared/s3-event.ts';
import { type Aws, startAws } from '../../aws.ts';
import { converted, response } from '../convert/converted.ts';
import { batch, created, s3Message } from '../convert/events.ts';

const table = 'weatherapi/current';
const prefixOf = (day: string) => `${table}/dt=${day}/`;
const compactedKeyOf = (day: string) => `${prefixOf(day)}day.parquet`;
const partOf = (day: string, hour = 0) => `${prefixOf(day)}${day.replaceAll('-', '')}T0${hour}0000Z.parquet`;
const day = '2026-11-22';

let aws: Aws;
let compact: (event: SQSEvent, remaining?: number) => Promise<SQSBatchResponse>;
/** What the function printed: log lines, without what each of them has, and metrics. */
let printed: Record<string, unknown>[];

beforeAll(async () => {
  aws = await startAws();
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: aws.config.endpoint,
    AWS_REGION: aws.config.region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_MAX_ATTEMPTS: '1',
    CURATED_BUCKET: 'curated',
    COMPACTED_BUCKET: 'compacted',
    DEAD_LETTER_QUEUE_URL: aws.deadLettersUrl,
    MAX_RECEIVE_COUNT: '5',
    // Has it print by the console that is watched here.
    POWERTOOLS_DEV: 'true',
    POWERTOOLS_METRICS_DISABLED: 'false',
    POWERTOOLS_METRICS_NAMESPACE: 'Test',
  });
  const { handler } = await import('../../../functions/compact/handler.ts');
  compact = async (event, remaining = 300_000) => {
    const context = {
      functionName: 'compact',
      awsRequestId: 'request',
      getRemainingTimeInMillis: () => remaining,
    } as Context;
    // The middleware turns what the handler returns into Lambda's answer; the types do not say so.
    return (await handler(event, context)) as unknown as SQSBatchResponse;
  };
});
beforeEach(() => {
  printed = [];
  for (const method of ['log', 'info', 'warn', 'error'] as const)
    jest.spyOn(console, method).mockImplementation((line: unknown) => printed.push(JSON.parse(String(line))));
});
afterEach(async () => {
  jest.restoreAllMocks();
  await aws.empty();
});
afterAll(() => aws.stop());

const none = { batchItemFailures: [] };

function failed(...indexes: number[]): SQSBatchResponse {
  return { batchItemFailures: indexes.map((index) => ({ itemIdentifier: `message-${index}` })) };
}

/** Answers 503 to one action, on one key if there is one. */
function slowDown(action: string, key?: string) {
  return (call: ApiCall) =>
    call.action === action && (key === undefined || call.key === key)
      ? { status: 503, code: 'SlowDown' }
      : undefined;
}

const event = (key: string) => created(key, { bucket: 'curated' });
const removal = (key: string) => ({ ...event(key), eventName: 'ObjectRemoved:Delete' });
const message = (key: string) => s3Message(event(key));
const dayMessage = (of: string) => objectEvent({ bucket: 'curated', key: prefixOf(of), size: 0 });
const onTry = (receiveCount: number, body: string) => ({ body, receiveCount });

async function putPart(of: string, hour = 0): Promise<void> {
  const key = partOf(of, hour);
  const { file } = await converted(response({ temp_c: hour }), { key: key.replace('.parquet', '.json') });
  await aws.put('curated', key, file);
}

const logLines = () =>
  printed
    .filter(({ message }) => message !== undefined)
    .map(({ timestamp: _, service, sampling_rate: __, xray_trace_id: ___, ...line }) => {
      expect(service).toBe('compact');
      return line;
    });

/** The metrics of what was printed, by name. */
const metrics = () =>
  printed.flatMap(
    (line) =>
      (
        line._aws as { CloudWatchMetrics: { Metrics: { Name: string }[] }[] } | undefined
      )?.CloudWatchMetrics.flatMap(({ Metrics }) => Metrics.map(({ Name }) => [Name, line[Name]])) ?? [],
  );

test('a batch keeps exactly what is worth another try, buries the poison by day with its reason, and compacts the rest', async () => {
  const days = ['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23'] as const;
  for (const each of days) await putPart(each);
  await aws.put('curated', partOf(days[1], 1), 'This is text.');
  aws.fault = slowDown('PutObject', compactedKeyOf(days[2]));

  expect(await compact(batch(...days.map((each) => message(partOf(each)))))).toEqual(failed(2));

  expect(await aws.keys('compacted')).toEqual([days[0], days[3]].map(compactedKeyOf));
  expect(aws.deadLetters()).toEqual([
    {
      body: dayMessage(days[1]),
      attributes: {
        code: 'not-parquet',
        tries: '1',
        reason: expect.stringContaining(partOf(days[1], 1)) as unknown,
        table,
        day: days[1],
      },
    },
  ]);
  expect(metrics()).toEqual([
    ['DaysCompacted', [1, 1]],
    ['CompactRetries', 1],
  ]);
});

describe('an event about a day of a table', () => {
  test('has its object made, which the log tells', async () => {
    await putPart(day);
    await putPart(day, 1);
    expect(await compact(batch(message(partOf(day))))).toEqual(none);
    expect(await aws.keys('compacted')).toEqual([compactedKeyOf(day)]);
    expect(logLines()).toEqual([
      { level: 'INFO', message: 'Compacted', table, day, key: compactedKeyOf(day), parts: 2, rows: 2 },
    ]);
    expect(metrics()).toEqual([['DaysCompacted', 1]]);
  });

  test('that is current does nothing, which the log tells, and counts nothing', async () => {
    await putPart(day);
    await compact(batch(message(partOf(day))));
    printed = [];
    expect(await compact(batch(message(partOf(day))))).toEqual(none);
    expect(printed).toHaveLength(1);
    expect(logLines()).toEqual([
      {
        level: 'INFO',
        message: 'Current already: it was made of these parts',
        table,
        day,
        parts: 1,
      },
    ]);
  });

  test('whose last part was removed has its object removed, which the log tells', async () => {
    await putPart(day);
    await compact(batch(message(partOf(day))));
    printed = [];
    await aws.remove('curated', partOf(day));
    expect(await compact(batch(s3Message(removal(partOf(day)))))).toEqual(none);
    expect(await aws.keys('compacted')).toEqual([]);
    expect(printed).toHaveLength(1);
    expect(logLines()).toEqual([
      { level: 'INFO', message: 'Removed: the day has no parts left', table, day },
    ]);
  });

  test('may be about the whole day, as reconcile and dead letters write it', async () => {
    await putPart(day);
    expect(await compact(batch(dayMessage(day)))).toEqual(none);
    expect(await aws.keys('compacted')).toEqual([compactedKeyOf(day)]);
  });

  test('that names several of its parts has the day compacted once, or one dead letter', async () => {
    for (const hour of [0, 1, 2]) await putPart(day, hour);
    const before = aws.emulator.requests.length;
    const records = [0, 1, 2, 1].map((hour) => event(partOf(day, hour)));
    expect(await compact(batch(s3Message(...records)))).toEqual(none);
    const heads = aws.emulator.requests.slice(before).filter(({ action }) => action === 'HeadObject');
    expect(heads).toHaveLength(1);

    await aws.put('curated', partOf(day, 1), 'This is text.');
    expect(await compact(batch(s3Message(...records)))).toEqual(none);
    expect(aws.deadLetters()).toHaveLength(1);
  });
});

describe('a message is tried again', () => {
  test('when S3 is slow, which the log tells and a metric counts', async () => {
    await putPart(day);
    aws.fault = slowDown('PutObject');
    expect(await compact(batch(onTry(2, message(partOf(day)))))).toEqual(failed(0));
    expect(logLines()).toEqual([
      {
        level: 'WARN',
        message: 'Left in the queue for another try',
        table,
        day,
        messageId: 'message-0',
        receiveCount: '2',
        error: expect.objectContaining({ name: 'SlowDown' }) as unknown,
      },
    ]);
    expect(metrics()).toEqual([['CompactRetries', 1]]);
  });

  test('up to its last try, which buries it with the error', async () => {
    await putPart(day);
    aws.fault = slowDown('GetObject');
    expect(await compact(batch(onTry(4, message(partOf(day)))))).toEqual(failed(0));
    expect(aws.deadLetters()).toEqual([]);
    expect(await compact(batch(onTry(5, message(partOf(day)))))).toEqual(none);
    expect(aws.deadLetters()).toEqual([
      {
        body: dayMessage(day),
        attributes: {
          code: 'tries-exhausted',
          tries: '5',
          reason: expect.stringMatching(/^Failed 5 times. The last error: SlowDown: /) as unknown,
          table,
          day,
        },
      },
    ]);
    expect(logLines().at(-1)).toMatchObject({
      level: 'ERROR',
      message: 'Sent to the dead-letter queue',
      table,
      day,
      code: 'tries-exhausted',
      reason: expect.stringContaining('SlowDown') as unknown,
    });
  });

  test('when the dead-letter queue does not take it', async () => {
    await aws.put('curated', partOf(day), 'This is text.');
    aws.fault = slowDown('SendMessage');
    expect(await compact(batch(message(partOf(day))))).toEqual(failed(0));
  });

  test('when its time runs out, which the dead letter of its last try says', async () => {
    await putPart(day);
    expect(await compact(batch(onTry(4, message(partOf(day)))), 10_000)).toEqual(failed(0));
    expect(await compact(batch(onTry(5, message(partOf(day)))), 10_000)).toEqual(none);
    expect(aws.deadLetters()).toMatchObject([
      {
        attributes: {
          code: 'tries-exhausted',
          reason: expect.stringContaining('ran out of time and stopped, after 0 of 1 parts') as unknown,
        },
      },
    ]);
    expect(await aws.keys('compacted')).toEqual([]);
  });
});

describe('the dead-letter queue holds, with its reason and as it came,', () => {
  test('a message that is not JSON', async () => {
    expect(await compact(batch('hello'))).toEqual(none);
    expect(aws.deadLetters()).toEqual([
      {
        body: 'hello',
        attributes: {
          code: 'malformed-message',
          tries: '1',
          reason: expect.stringContaining('JSON') as unknown,
        },
      },
    ]);
  });

  test.each([partOf(day), 'somewhere/else.parquet'])(
    'the event of an object in another bucket: %s',
    async (key) => {
      await compact(batch(s3Message(created(key, { bucket: 'raw' }))));
      expect(aws.deadLetters()).toMatchObject([
        {
          attributes: {
            code: 'malformed-message',
            reason: 'The event is about bucket "raw"; this queue serves "curated".',
          },
        },
      ]);
    },
  );

  test.each([
    'somewhere/else.parquet',
    'weatherapi/current/a.parquet',
    'weatherapi/current/dt=2026-02-30/a.parquet',
  ])('the event of an object that is not of a table: %s', async (key) => {
    expect(await compact(batch(message(key)))).toEqual(none);
    expect(aws.deadLetters()).toEqual([
      {
        body: message(key),
        attributes: {
          code: 'unknown-table',
          tries: '1',
          reason: expect.stringContaining(`"${key}" is not under a day of a table.`) as unknown,
          key,
        },
      },
    ]);
  });
});

test('an object that is not of a table may be removed, as the reason of its dead letter asks for', async () => {
  expect(await compact(batch(s3Message(removal('somewhere/else.parquet'))))).toEqual(none);
  expect(aws.deadLetters()).toEqual([]);
});

test("S3's test event is done, with nothing to do", async () => {
  const body = JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'curated' });
  expect(await compact(batch(body))).toEqual(none);
  expect(aws.deadLetters()).toEqual([]);
});

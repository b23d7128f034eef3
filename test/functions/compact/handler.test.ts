import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { tableDayOf } from '../../../shared/keys.ts';
import { objectEvent } from '../../../shared/s3-event.ts';
import { type Aws, startAws } from '../../aws.ts';
import { converted, response } from '../convert/converted.ts';
import { batch, created, s3Message } from '../convert/events.ts';
import { failed, none, type StageFunction, slowDown, stageFunction } from '../data-stage/stage-function.ts';
import { partOf as partFile } from './merged.ts';

const table = 'weatherapi/current';
const prefixOf = (day: string) => `${table}/dt=${day}/`;
const compactedKeyOf = (day: string) => `${prefixOf(day)}day.parquet`;
const partOf = (day: string, hour = 0) => `${prefixOf(day)}${day.replaceAll('-', '')}T0${hour}0000Z.parquet`;
const day = '2026-11-22';

const start = stageFunction('compact');
let aws: Aws;
let compact: StageFunction;
beforeAll(async () => {
  aws = await startAws();
  compact = await start(aws);
});
afterEach(() => aws.empty());
afterAll(() => aws.stop());

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

test('a batch keeps exactly what is worth another try, buries the poison by day with its reason, and compacts the rest', async () => {
  const days = ['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23'] as const;
  for (const each of days) await putPart(each);
  await aws.put('curated', partOf(days[1], 1), 'This is text.');
  aws.fault = slowDown('PutObject', compactedKeyOf(days[2]));

  expect(await compact.invoke(batch(...days.map((each) => message(partOf(each)))))).toEqual(failed(2));

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
  expect(compact.metrics()).toEqual([
    ['DaysCompacted', [1, 1]],
    ['CompactRetries', 1],
  ]);
});

describe('an event about a day of a table', () => {
  test('has its object made, which the log tells', async () => {
    await putPart(day);
    await putPart(day, 1);
    expect(await compact.invoke(batch(message(partOf(day))))).toEqual(none);
    expect(await aws.keys('compacted')).toEqual([compactedKeyOf(day)]);
    expect(compact.logLines()).toEqual([
      { level: 'INFO', message: 'Compacted', table, day, key: compactedKeyOf(day), parts: 2, rows: 2 },
    ]);
    expect(compact.metrics()).toEqual([['DaysCompacted', 1]]);
  });

  test('that is current does nothing, which the log tells, and counts nothing', async () => {
    await putPart(day);
    await compact.invoke(batch(message(partOf(day))));
    expect(await compact.invoke(batch(message(partOf(day))))).toEqual(none);
    expect(compact.printed).toHaveLength(1);
    expect(compact.logLines()).toEqual([
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
    await compact.invoke(batch(message(partOf(day))));
    await aws.remove('curated', partOf(day));
    expect(await compact.invoke(batch(s3Message(removal(partOf(day)))))).toEqual(none);
    expect(await aws.keys('compacted')).toEqual([]);
    expect(compact.printed).toHaveLength(1);
    expect(compact.logLines()).toEqual([
      { level: 'INFO', message: 'Removed: the day has no parts left', table, day },
    ]);
  });

  test('may be about the whole day, as reconcile and dead letters write it', async () => {
    await putPart(day);
    expect(await compact.invoke(batch(dayMessage(day)))).toEqual(none);
    expect(await aws.keys('compacted')).toEqual([compactedKeyOf(day)]);
  });

  test('that names several of its parts has the day compacted once, or one dead letter', async () => {
    for (const hour of [0, 1, 2]) await putPart(day, hour);
    const before = aws.emulator.requests.length;
    const records = [0, 1, 2, 1].map((hour) => event(partOf(day, hour)));
    expect(await compact.invoke(batch(s3Message(...records)))).toEqual(none);
    const heads = aws.emulator.requests.slice(before).filter(({ action }) => action === 'HeadObject');
    expect(heads).toHaveLength(1);

    await aws.put('curated', partOf(day, 1), 'This is text.');
    expect(await compact.invoke(batch(s3Message(...records)))).toEqual(none);
    expect(aws.deadLetters()).toHaveLength(1);
  });
});

describe('a message is tried again', () => {
  test('when S3 is slow, which the log tells and a metric counts', async () => {
    await putPart(day);
    aws.fault = slowDown('PutObject');
    expect(await compact.invoke(batch(onTry(2, message(partOf(day)))))).toEqual(failed(0));
    expect(compact.logLines()).toEqual([
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
    expect(compact.metrics()).toEqual([['CompactRetries', 1]]);
  });

  test('up to its last try, which buries it with the error', async () => {
    await putPart(day);
    aws.fault = slowDown('GetObject');
    expect(await compact.invoke(batch(onTry(4, message(partOf(day)))))).toEqual(failed(0));
    expect(aws.deadLetters()).toEqual([]);
    expect(await compact.invoke(batch(onTry(5, message(partOf(day)))))).toEqual(none);
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
    expect(compact.logLines().at(-1)).toMatchObject({
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
    expect(await compact.invoke(batch(message(partOf(day))))).toEqual(failed(0));
  });

  test('when its time runs out, which the dead letter of its last try says', async () => {
    await putPart(day);
    expect(await compact.invoke(batch(onTry(4, message(partOf(day)))), 10_000)).toEqual(failed(0));
    expect(await compact.invoke(batch(onTry(5, message(partOf(day)))), 10_000)).toEqual(none);
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

describe('a part that has another type than the table has the day', () => {
  const { table: declared } = tableDayOf(prefixOf(day));
  const old = {
    ...declared,
    fields: declared.fields.map((field) =>
      field.column === 'temp_c' ? { ...field, type: 'string' as const } : field,
    ),
  };
  const putOld = (hour: number) =>
    aws.put('curated', partOf(day, hour), partFile([[{ temp_c: 'warm' }]], old).file);
  const changedType = {
    code: 'changed-type',
    reason: expect.stringContaining(
      `temp_c of "${partOf(day)}" is string, but the table has double`,
    ) as unknown,
  };

  test('buried at once when no part has the declared type', async () => {
    await putOld(0);
    await putOld(1);
    expect(await compact.invoke(batch(message(partOf(day))))).toEqual(none);
    expect(aws.deadLetters()).toMatchObject([{ attributes: { ...changedType, tries: '1' } }]);
  });

  test('tried again while other parts have the declared type, as a replay is probably under way, and buried at the last try', async () => {
    await putOld(0);
    await putPart(day, 1);
    expect(await compact.invoke(batch(onTry(4, message(partOf(day)))))).toEqual(failed(0));
    expect(aws.deadLetters()).toEqual([]);
    expect(await compact.invoke(batch(onTry(5, message(partOf(day)))))).toEqual(none);
    expect(aws.deadLetters()).toMatchObject([{ attributes: { ...changedType, tries: '5' } }]);
    await putPart(day, 0);
    expect(await compact.invoke(batch(message(partOf(day))))).toEqual(none);
    expect(await aws.keys('compacted')).toEqual([compactedKeyOf(day)]);
  });
});

describe('the dead-letter queue holds, with its reason and as it came,', () => {
  test('a message that is not JSON', async () => {
    expect(await compact.invoke(batch('hello'))).toEqual(none);
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
      await compact.invoke(batch(s3Message(created(key, { bucket: 'raw' }))));
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
    'weatherapi/current/dt=none/',
  ])('the event of an object that is not of a table: %s', async (key) => {
    await aws.put('curated', key);
    expect(await compact.invoke(batch(message(key)))).toEqual(none);
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

test('an object that is not of a table may be removed, as the reason of its dead letter asks for: the event of that, and the letter when it is sent again, are done', async () => {
  const key = 'somewhere/else';
  await aws.put('curated', key);
  await compact.invoke(batch(message(key)));
  const [letter] = aws.deadLetters();
  await aws.empty();
  // Another one whose key begins with it.
  await aws.put('curated', `${key}.parquet`);
  expect(await compact.invoke(batch(s3Message(removal(key)), letter?.body ?? ''))).toEqual(none);
  expect(aws.deadLetters()).toEqual([]);
  const ignored = { level: 'INFO', message: 'Ignored: it is gone, and was not of a table', key };
  expect(compact.logLines()).toEqual([ignored, ignored]);
});

test("S3's test event is done, with nothing to do", async () => {
  const body = JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'curated' });
  expect(await compact.invoke(batch(body))).toEqual(none);
  expect(aws.deadLetters()).toEqual([]);
});

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { readParquet } from '../../../operations/query/parquet-rows.ts';
import { type Aws, startAws } from '../../aws.ts';
import { failed, none, type StageFunction, slowDown, stageFunction } from '../data-stage/stage-function.ts';
import { response } from './converted.ts';
import { batch, created, s3Message } from './events.ts';

const folder = 'weatherapi/current/dt=2026-11-22/';
const poison = '{"location":{"name":"Os';

const start = stageFunction('convert');
let aws: Aws;
let convert: StageFunction;
beforeAll(async () => {
  aws = await startAws();
  convert = await start(aws);
});
afterEach(() => aws.empty());
afterAll(() => aws.stop());

const message = (key: string) => s3Message(created(key));
const onTry = (receiveCount: number, body: string) => ({ body, receiveCount });

const rowsOf = (key: string) => readParquet([aws.emulator.pathOf('curated', key)]);

async function temperatures(key: string): Promise<unknown[]> {
  const rows = await rowsOf(key);
  return rows.map(({ temp_c }) => temp_c);
}

describe('a batch', () => {
  test('keeps exactly what is worth another try, buries the poison with its reason, and converts the rest', async () => {
    const names = ['a', 'poison', 'b', 'slow', 'c', 'error', 'd', 'e', 'f', 'g'];
    const bodies: Record<string, string> = {
      poison,
      error: '{"error":{"code":1006,"message":"No matching location found."}}',
    };
    for (const [index, name] of names.entries()) {
      await aws.put('raw', `${folder}${name}.json`, bodies[name] ?? response({ temp_c: index }));
    }
    aws.fault = slowDown('PutObject', `${folder}slow.parquet`);

    const answer = await convert.invoke(batch(...names.map((name) => message(`${folder}${name}.json`))));

    expect(answer).toEqual(failed(3));
    expect(await aws.keys('curated')).toEqual(
      ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => `${folder}${name}.parquet`),
    );
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
      expect(await temperatures(`${folder}${name}.parquet`)).toEqual([names.indexOf(name)]);
    }
    const letters = aws
      .deadLetters()
      .sort((a, b) => (a.attributes.code ?? '').localeCompare(b.attributes.code ?? ''));
    expect(letters).toEqual([
      {
        body: message(`${folder}error.json`),
        attributes: {
          code: 'error-body',
          tries: '1',
          reason: 'Record 1 is an error answer (code 1006: No matching location found.), not data.',
          rawKey: `${folder}error.json`,
        },
      },
      {
        body: message(`${folder}poison.json`),
        attributes: {
          code: 'not-json',
          tries: '1',
          reason: expect.stringContaining('The file is not JSON') as unknown,
          rawKey: `${folder}poison.json`,
        },
      },
    ]);
    expect((await aws.object('raw', `${folder}poison.json`)).body).toEqual(Buffer.from(poison));
  });
});

describe('a message is tried again', () => {
  test('when the dead-letter queue does not take its poison', async () => {
    await aws.put('raw', `${folder}a.json`, poison);
    await aws.put('raw', `${folder}b.json`, response({ temp_c: 1 }));
    aws.fault = slowDown('SendMessage');
    const messages = [message(`${folder}a.json`), message(`${folder}b.json`), 'hello'];
    expect(await convert.invoke(batch(...messages))).toEqual(failed(0, 2));
    expect(aws.deadLetters()).toEqual([]);
    expect(await aws.keys('curated')).toEqual([`${folder}b.parquet`]);
  });

  test('when the dead-letter queue does not take it on its last try, so that the queue moves it there', async () => {
    await aws.put('raw', `${folder}a.json`, response({ temp_c: 1 }));
    aws.fault = (call) => slowDown('PutObject')(call) ?? slowDown('SendMessage')(call);
    expect(await convert.invoke(batch(onTry(5, message(`${folder}a.json`))))).toEqual(failed(0));
  });

  test('up to its last try, which buries it with the error', async () => {
    await aws.put('raw', `${folder}a.json`, response({ temp_c: 1 }));
    aws.fault = slowDown('PutObject');
    const body = message(`${folder}a.json`);
    for (const receiveCount of [1, 2, 3, 4])
      expect(await convert.invoke(batch(onTry(receiveCount, body)))).toEqual(failed(0));
    expect(aws.deadLetters()).toEqual([]);

    expect(await convert.invoke(batch(onTry(5, body)))).toEqual(none);
    expect(aws.deadLetters()).toEqual([
      {
        body,
        attributes: {
          tries: '5',
          code: 'tries-exhausted',
          reason: expect.stringMatching(/^Failed 5 times. The last error: SlowDown: /) as unknown,
          rawKey: `${folder}a.json`,
        },
      },
    ]);
    expect(await aws.keys('curated')).toEqual([]);
    expect((await aws.object('raw', `${folder}a.json`)).body).toEqual(Buffer.from(response({ temp_c: 1 })));
  });

  test('when its time runs out, which the dead letter of its last try says [out-of-time]', async () => {
    await aws.put('raw', `${folder}a.json`, response({ temp_c: 1 }));
    const body = message(`${folder}a.json`);
    expect(await convert.invoke(batch(onTry(4, body)), 10_000)).toEqual(failed(0));
    expect(await convert.invoke(batch(onTry(5, body)), 10_000)).toEqual(none);
    expect(aws.deadLetters()).toMatchObject([
      {
        attributes: {
          code: 'tries-exhausted',
          reason: expect.stringContaining(
            'ran out of time and stopped, after 0.0 MB of text and 0 records',
          ) as unknown,
        },
      },
    ]);
    expect(await aws.keys('curated')).toEqual([]);
  });
});

describe('a message is done, with nothing to do,', () => {
  test("when it is S3's test event", async () => {
    const body = JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'raw' });
    expect(await convert.invoke(batch(body))).toEqual(none);
    expect(aws.deadLetters()).toEqual([]);
  });

  test('when the raw object is gone', async () => {
    expect(await convert.invoke(batch(message(`${folder}gone.json`)))).toEqual(none);
    expect(aws.deadLetters()).toEqual([]);
    expect(await aws.keys('curated')).toEqual([]);
  });

  test('when somebody made a folder, wherever', async () => {
    const folders = ['new folder/', folder, 'weatherapi/'];
    for (const key of folders) await aws.put('raw', key, '');
    const bodies = folders.map((key) => s3Message(created(key, { size: 0 })));
    expect(await convert.invoke(batch(...bodies, s3Message(created(folder, { size: null }))))).toEqual(none);
    expect(aws.deadLetters()).toEqual([]);
  });

  test('when somebody gave the object up', async () => {
    const key = `given-up/${folder}a.json`;
    await aws.put('raw', key, poison);
    expect(await convert.invoke(batch(message(key)))).toEqual(none);
    expect(aws.deadLetters()).toEqual([]);
    expect(await aws.keys('raw')).toEqual([key]);
  });
});

describe('an object', () => {
  test('whose key looks like a folder is converted when there is something in it', async () => {
    await aws.put('raw', folder, response({ temp_c: 1 }));
    expect(await convert.invoke(batch(message(folder)))).toEqual(none);
    const [key = ''] = await aws.keys('curated');
    expect(await temperatures(key)).toEqual([1]);
  });

  test.each([
    'weatherapi/current/dt=2026-11-22/two words.json',
    'weatherapi/current/dt=2026-11-22/1+1=2 & 100%.json',
    'weatherapi/current/dt=2026-11-22/%20+%2B.json',
    'weatherapi/current/dt=2026-11-22/Besançon/日本 🚴.json',
    `weatherapi/current/dt=2026-11-22/${'long'.repeat(50)}/${'x'.repeat(250)}.json`,
  ])('is found under its key, and its rows tell it: %s', async (key) => {
    await aws.put('raw', key, response({ temp_c: 1 }));
    expect(await convert.invoke(batch(message(key)))).toEqual(none);
    const [curatedKey = '', ...others] = await aws.keys('curated');
    expect(others).toEqual([]);
    expect(await rowsOf(curatedKey)).toMatchObject([{ temp_c: 1, raw_key: key }]);
    expect(aws.deadLetters()).toEqual([]);
  });

  test('of a message that tells of several is converted, though another is poison', async () => {
    await aws.put('raw', `${folder}a.json`, response({ temp_c: 1 }));
    await aws.put('raw', `${folder}b.json`, poison);
    await aws.put('raw', `${folder}c.json`, response({ temp_c: 3 }));
    const records = ['a', 'b', 'c'].map((name) => created(`${folder}${name}.json`));
    expect(await convert.invoke(batch(s3Message(...records)))).toEqual(none);
    expect(await aws.keys('curated')).toEqual([`${folder}a.parquet`, `${folder}c.parquet`]);
    expect(aws.deadLetters()).toMatchObject([
      { body: s3Message(records[1]), attributes: { code: 'not-json' } },
    ]);
  });
});

test('a message that tells of an object twice has it converted once, and one dead letter [no-other-message]', async () => {
  await aws.put('raw', `${folder}a.json`, response({ temp_c: 1 }));
  await aws.put('raw', `${folder}b.json`, poison);
  const before = aws.emulator.requests.length;
  const records = ['a', 'b', 'a', 'b'].map((name) => created(`${folder}${name}.json`));
  expect(await convert.invoke(batch(s3Message(...records)))).toEqual(none);
  const reads = aws.emulator.requests.slice(before).filter(({ action }) => action === 'GetObject');
  expect(reads.map(({ key }) => key)).toEqual([`${folder}a.json`, `${folder}b.json`]);
  expect(aws.deadLetters()).toHaveLength(1);
});

describe('the dead-letter queue holds, with its reason,', () => {
  test.each([
    ['a message that is not JSON', 'hello', 'malformed-message', 'not JSON'],
    ['a message of another shape', '{"hello":1}', 'malformed-message', 'Records'],
    ['a message without records', '{"Records":[]}', 'malformed-message', 'Records'],
  ])('%s, as it came and without a key', async (_what, body, code, reason) => {
    expect(await convert.invoke(batch(body))).toEqual(none);
    expect(aws.deadLetters()).toEqual([
      { body, attributes: { code, tries: '1', reason: expect.stringContaining(reason) as unknown } },
    ]);
  });

  test('the event of an object in another bucket', async () => {
    await convert.invoke(batch(s3Message(created(`${folder}a.json`, { bucket: 'other' }))));
    expect(aws.deadLetters()).toMatchObject([
      { attributes: { code: 'malformed-message', rawKey: `${folder}a.json` } },
    ]);
  });

  test.each([
    ['unknown-dataset', 'raw/2024/1/1/5.json', 'Put the file under one of: weatherapi/current/'],
    ['unknown-dataset', 'weatherapi/current/dt=2026-02-30/a.json', 'Expected dt=YYYY-MM-DD'],
    ['before-first-day', 'weatherapi/current/dt=2023-12-31/a.json', 'begins on 2024-01-01'],
    ['no-day', 'weatherapi/current/a.json', 'Put it under weatherapi/current/dt=YYYY-MM-DD/'],
  ])('%s: an object under the key %s', async (code, key, reason) => {
    await aws.put('raw', key, response({ temp_c: 1 }));
    expect(await convert.invoke(batch(message(key)))).toEqual(none);
    expect(aws.deadLetters()).toEqual([
      {
        body: message(key),
        attributes: { code, tries: '1', rawKey: key, reason: expect.stringContaining(reason) as unknown },
      },
    ]);
    expect(await aws.keys('curated')).toEqual([]);
  });

  test('a reason of any characters and length, cut to what SQS takes', async () => {
    const name = `\u0001\ud800\uffff🚴${'x'.repeat(5_000)}`;
    await aws.put('raw', `${folder}a.json`, JSON.stringify({ error: { code: name, message: name } }));
    await aws.put('raw', `${folder}b\u0001.json`, `{${JSON.stringify(name)}:1}`);
    const malformed = `{"Records":"x${'\\ud83d\\udeb4'.repeat(5_000)}"}`;
    const messages = [message(`${folder}a.json`), message(`${folder}b\u0001.json`), malformed];
    expect(await convert.invoke(batch(...messages))).toEqual(none);
    const letters = aws.deadLetters();
    expect(letters.map(({ attributes }) => attributes.code).sort()).toEqual([
      'error-body',
      'foreign-record',
      'malformed-message',
    ]);
    for (const { attributes } of letters) {
      expect(attributes.reason?.isWellFormed()).toBe(true);
      expect(attributes.reason?.length).toBeLessThanOrEqual(2_000);
      // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
      expect(Object.values(attributes).join('')).toMatch(
        /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u,
      );
    }
  });
});

describe('the log and the metrics tell', () => {
  const key = `${folder}a.json`;
  const curatedKey = `${folder}a.parquet`;

  test('what was converted', async () => {
    await aws.put('raw', key, `${response({ temp_c: 1, new: 1 })}\n${response({ temp_c: 2 })}`);
    await convert.invoke(batch(message(key)));
    expect(convert.logLines()).toEqual([
      {
        level: 'INFO',
        message: 'Converted',
        rawKey: key,
        tables: [{ key: curatedKey, rows: 2 }],
        rescuedFields: 1,
        unexpected: [],
      },
    ]);
    expect(convert.metrics()).toEqual([
      ['ObjectsConverted', 1],
      ['RowsConverted', 2],
      ['FieldsRescued', 1],
      ['ExpectationsFailed', 0],
    ]);
  });

  test('what was not', async () => {
    await aws.put('raw', `${folder}poison.json`, poison);
    await aws.put('raw', `${folder}slow.json`, response());
    aws.fault = slowDown('PutObject');
    const names = ['gone', 'poison', 'slow'];
    await convert.invoke(
      batch(...names.map((name) => message(`${folder}${name}.json`)), message('given-up/b.json')),
    );
    const lines = convert.logLines().sort((a, b) => String(a.rawKey).localeCompare(String(b.rawKey)));
    expect(lines).toEqual([
      { level: 'INFO', message: 'Ignored: it is a folder marker or was given up', rawKey: 'given-up/b.json' },
      {
        level: 'WARN',
        message: 'The raw object is gone: nothing to convert',
        rawKey: `${folder}gone.json`,
      },
      {
        level: 'ERROR',
        message: 'Sent to the dead-letter queue',
        rawKey: `${folder}poison.json`,
        code: 'not-json',
        reason: expect.any(String),
      },
      {
        level: 'WARN',
        message: 'Left in the queue for another try',
        rawKey: `${folder}slow.json`,
        messageId: 'message-2',
        receiveCount: '1',
        error: expect.objectContaining({ name: 'SlowDown' }),
      },
    ]);
    expect(convert.metrics()).toEqual([
      ['ObjectsGone', 1],
      ['ConvertRetries', 1],
    ]);
  });

  test('where an object was filed', async () => {
    const dropped = 'weatherapi/current/dropped.json';
    await aws.put('raw', dropped, response({ last_updated_epoch: 1_795_323_600 }));
    await convert.invoke(batch(message(dropped)));
    const [filed] = await aws.keys('raw');
    expect(convert.logLines()).toEqual([
      {
        level: 'INFO',
        message: 'Filed under its day: the event of the copy converts it',
        rawKey: dropped,
        key: filed,
      },
    ]);
    expect(convert.printed).toHaveLength(1);
  });

  test('values that their columns do not expect', async () => {
    await aws.put('raw', key, response({ humidity: 200 }));
    await convert.invoke(batch(message(key)));
    expect(convert.logLines()).toMatchObject([
      { level: 'WARN', message: 'Converted, with values that their columns do not expect', rawKey: key },
    ]);
    expect(convert.metrics()).toContainEqual(['ExpectationsFailed', 1]);
  });
});

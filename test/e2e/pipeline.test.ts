import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readTemplate, type Template } from '../../local/template.ts';
import { rawEvent } from '../../shared/s3-event.ts';
import { assemblyDirectory } from '../assembly.ts';
import { type Pipeline, startPipeline } from './pipeline.ts';

const fiveOClock = new Date('2026-11-22T05:00:00Z');
const rawRunKey = 'weatherapi/current/dt=2026-11-22/20261122T050000Z.json';
const curatedRunKey = 'weatherapi/current/dt=2026-11-22/20261122T050000Z.parquet';

/** One response, as small as they come. */
const response = (temp_c: number, last_updated_epoch = 1_795_323_600) =>
  JSON.stringify({ location: { name: 'Oslo' }, current: { last_updated_epoch, temp_c } });

let template: Template;
let pipeline: Pipeline;

beforeAll(async () => {
  template = await readTemplate(assemblyDirectory());
});

afterEach(() => pipeline.close());

describe('the pipeline', () => {
  beforeEach(async () => {
    pipeline = await startPipeline(template);
  });

  test('takes what the API answers to rows, by way of one raw and one curated object', async () => {
    const report = await pipeline.fetch(fiveOClock, ['Melbourne', 'Oslo']);
    await pipeline.runtime.settled();

    expect(report).toMatchObject({ key: rawRunKey, landed: true, fetched: 2, skipped: [], failed: [] });
    expect(pipeline.curatedKeys()).toEqual([curatedRunKey]);
    const answers = (await pipeline.rawText(rawRunKey))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers).toHaveLength(2);
    expect(await pipeline.curatedRows(curatedRunKey)).toEqual(
      answers.map(({ location, current }) =>
        expect.objectContaining({
          observed_at: new Date(current.last_updated_epoch * 1000).toISOString(),
          location_name: location.name,
          location_lat: location.lat,
          location_localtime_epoch: location.localtime_epoch,
          temp_c: current.temp_c,
          condition_text: current.condition.text,
          humidity: current.humidity,
          fetched_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
          raw_key: rawRunKey,
          rescued: null,
        }),
      ),
    );
    expect(pipeline.deadLetters()).toEqual([]);
  });

  test('converts a small file by four requests: it looks at the target, reads, writes, and looks at the source', async () => {
    const { requests } = pipeline.runtime.emulator;
    await pipeline.drop(rawRunKey, response(1));
    const dropped = requests.length;
    await pipeline.runtime.settled();
    const sent = requests
      .slice(dropped)
      .flatMap(({ service, action, bucket, key }) => (service === 's3' ? [{ action, bucket, key }] : []));
    expect(sent).toEqual([
      { action: 'HeadObject', bucket: 'curated', key: curatedRunKey },
      { action: 'GetObject', bucket: 'raw', key: rawRunKey },
      { action: 'PutObject', bucket: 'curated', key: curatedRunKey },
      { action: 'HeadObject', bucket: 'raw', key: rawRunKey },
    ]);
  });

  test('lands an hour once, however often it is started', async () => {
    const first = await pipeline.fetch(fiveOClock, ['Oslo']);
    const landed = await pipeline.rawText(rawRunKey);
    const second = await pipeline.fetch(fiveOClock, ['Oslo']);

    expect([first.landed, second.landed]).toEqual([true, false]);
    expect(await pipeline.rawText(rawRunKey)).toBe(landed);
  });

  test('writes the same bytes when the same event comes twice', async () => {
    await pipeline.fetch(fiveOClock, ['Oslo']);
    await pipeline.runtime.settled();
    const once = await pipeline.curatedBytes(curatedRunKey);

    const { QueueUrl, RawBucketName } = pipeline.outputs;
    const record = {
      eventName: 'ObjectCreated:Copy',
      s3: { bucket: { name: RawBucketName }, object: { key: rawRunKey } },
    };
    const writes = () =>
      pipeline.runtime.emulator.requests.filter(
        ({ action, key }) => action === 'PutObject' && key === curatedRunKey,
      ).length;
    const before = writes();
    pipeline.runtime.emulator.send(QueueUrl, JSON.stringify({ Records: [record] }));
    await pipeline.runtime.settled();

    expect(writes()).toBe(before + 1);
    expect((await pipeline.curatedBytes(curatedRunKey)).equals(once)).toBe(true);
  });

  test('buries a poison file with its reason, while others convert', async () => {
    const good = ['a', 'b', 'c'].map((name) => `weatherapi/current/dt=2026-11-22/${name}.json`);
    const poison = 'weatherapi/current/dt=2026-11-22/poison.json';
    await Promise.all([
      ...good.map((key, index) => pipeline.drop(key, response(index))),
      pipeline.drop(poison, '{"location": {"name": "Os'),
    ]);
    await pipeline.runtime.settled();

    expect(pipeline.curatedKeys()).toEqual(good.map((key) => key.replace('.json', '.parquet')));
    const [letter, ...others] = pipeline.deadLetters();
    expect(others).toEqual([]);
    expect(letter).toMatchObject({
      key: poison,
      code: 'not-json',
      reason: expect.stringContaining('is not JSON'),
    });
    expect(await pipeline.rawText(poison)).toBe('{"location": {"name": "Os');
  });

  test('files what was dropped without a dt= folder by its earliest observation, and converts it there', async () => {
    const lines = [response(1), response(2, Date.parse('2026-11-21T23:59:59Z') / 1000)];
    await pipeline.drop('weatherapi/current/my file (1)+ä=%.ndjson', lines.join('\n'));
    await pipeline.runtime.settled();

    const [key = '', ...others] = pipeline.curatedKeys();
    expect(others).toEqual([]);
    expect(key).toMatch(/^weatherapi\/current\/dt=2026-11-21\/my-file-1-.*\.parquet$/);
    const rows = await pipeline.curatedRows(key);
    expect(rows).toMatchObject([{ temp_c: 1 }, { temp_c: 2 }]);
    expect(await pipeline.rawText(String(rows[0]?.raw_key))).toBe(lines.join('\n'));
    expect(pipeline.deadLetters()).toEqual([]);
  });

  test('says in the dead letters where a file should have been dropped', async () => {
    await pipeline.drop('Raw/2024/1/1/5.json', response(1));
    await pipeline.runtime.settled();

    expect(pipeline.curatedKeys()).toEqual([]);
    expect(pipeline.deadLetters()).toMatchObject([
      {
        key: 'Raw/2024/1/1/5.json',
        code: 'unknown-dataset',
        reason: expect.stringContaining('weatherapi/current/'),
      },
    ]);
  });

  test('has nothing to convert, and nothing to try again, when the raw object is gone', async () => {
    const { RawBucketName, QueueUrl } = pipeline.outputs;
    const sqs = new SQSClient(pipeline.runtime.clientConfig);
    const MessageBody = rawEvent({ bucket: RawBucketName, key: rawRunKey, size: 1 });
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    sqs.destroy();
    await pipeline.runtime.settled();

    const reads = pipeline.runtime.emulator.requests.filter(({ action }) => action === 'GetObject');
    expect(reads).toHaveLength(1);
    expect(pipeline.deadLetters()).toEqual([]);
  });

  test('skips an hour in which the API answers nothing of use: nothing lands, nothing fails', async () => {
    const report = await pipeline.fetch(fiveOClock, ['fail:html']);

    expect(report).toMatchObject({ landed: false, fetched: 0, failed: [] });
    expect(report.key).toBeUndefined();
    expect(report.skipped).toEqual([
      {
        location: 'fail:html',
        reason: 'HTTP 200, but convert would refuse the body: not-json (after 3 tries)',
      },
    ]);
    expect(pipeline.runtime.emulator.requests.filter(({ action }) => action === 'PutObject')).toEqual([]);
  }, 15_000);

  test('fails loudly when the key is refused, and names what to do', async () => {
    pipeline.runtime.emulator.secrets.set(pipeline.outputs.ApiKeySecretName, 'another-key');
    await expect(pipeline.fetch(fiveOClock, ['Oslo'])).rejects.toThrow(
      /code 2006: API key is invalid.*Check the key/,
    );
  });
});

describe('a converter that fails', () => {
  test('in the middle of its work is started again, and the object is converted', async () => {
    let crashed = false;
    pipeline = await startPipeline(template, {
      faults: {
        request: ({ action, bucket }) => {
          if (action !== 'PutObject' || bucket !== 'curated' || crashed) return undefined;
          crashed = true;
          void pipeline.runtime.crash('convert-function');
          return { status: 503, code: 'SlowDown' };
        },
      },
    });
    await pipeline.fetch(fiveOClock, ['Oslo']);
    await pipeline.runtime.settled();

    expect(crashed).toBe(true);
    expect(await pipeline.curatedRows(curatedRunKey)).toMatchObject([{ location_name: 'Oslo' }]);
    expect(pipeline.deadLetters()).toEqual([]);
  });

  test('five times gives the message up with the last error as its reason; sent back, it converts', async () => {
    let denied = true;
    pipeline = await startPipeline(template, {
      faults: {
        request: ({ action, bucket }) =>
          denied && action === 'PutObject' && bucket === 'curated'
            ? { status: 403, code: 'AccessDenied' }
            : undefined,
      },
    });
    await pipeline.fetch(fiveOClock, ['Oslo']);
    await pipeline.runtime.settled();

    expect(pipeline.curatedKeys()).toEqual([]);
    const [letter, ...others] = pipeline.deadLetters();
    expect(others).toEqual([]);
    expect(letter).toMatchObject({
      key: rawRunKey,
      code: 'tries-exhausted',
      reason: expect.stringMatching(/^Failed 5 times.*AccessDenied/),
    });

    denied = false;
    pipeline.runtime.emulator.send(pipeline.outputs.QueueUrl, letter?.body ?? '');
    await pipeline.runtime.settled();
    expect(await pipeline.curatedRows(curatedRunKey)).toMatchObject([{ location_name: 'Oslo' }]);
  });
});

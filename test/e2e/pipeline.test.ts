import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { datasets } from '../../shared/datasets.ts';
import { compactedKey, curatedKey, curatedKeys, parseRawKey, tableDayOf } from '../../shared/keys.ts';
import { objectEvent } from '../../shared/s3-event.ts';
import { type Stack, startStack } from '../stack.ts';

const fiveOClock = new Date('2026-11-22T05:00:00Z');
const rawRunKey = 'weatherapi/current/dt=2026-11-22/20261122T050000Z.json';
const curatedRunKey = 'weatherapi/current/dt=2026-11-22/20261122T050000Z.parquet';
const dayKey = 'weatherapi/current/dt=2026-11-22/day.parquet';

/** One response, as small as they come. */
const response = (temp_c: number, last_updated_epoch = 1_795_323_600) =>
  JSON.stringify({ location: { name: 'Oslo' }, current: { last_updated_epoch, temp_c } });

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterEach(() => stack.clear());
afterAll(() => stack.close());

const rawText = async (key: string) => String((await stack.raw(key))?.body);
/** The days of the tables that curated objects belong to. */
const daysOf = (keys: readonly string[]) => [...new Set(keys.map((key) => compactedKey(tableDayOf(key))))];
/** The requests of the functions to S3 and SQS while something happens. */
async function requestsOf(happen: () => Promise<unknown>) {
  const { requests } = stack.runtime.emulator;
  const before = requests.length;
  await happen();
  await stack.runtime.settled();
  return requests.slice(before).filter(({ caller }) => caller?.endsWith('-function'));
}

describe('the pipeline', () => {
  test('takes what the API answers to rows, by way of one raw, one curated and one compacted object', async () => {
    const report = await stack.fetch(fiveOClock, ['Melbourne', 'Oslo']);
    await stack.runtime.settled();

    expect(report).toMatchObject({ keys: [rawRunKey], landed: 1, fetched: 2, skipped: [], failed: [] });
    expect(await stack.curatedKeys()).toEqual([curatedRunKey]);
    const answers = (await rawText(rawRunKey))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers).toHaveLength(2);
    expect([...(await stack.compacted()).keys()]).toEqual([dayKey]);
    expect(await stack.tableRows(dayKey)).toEqual(await stack.rows(curatedRunKey));
    expect(await stack.tableRows(dayKey)).toEqual(
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
    expect(stack.letters()).toEqual([]);
  });

  test('converts a small file by four requests: it looks at the target, reads, writes, and looks at the source', async () => {
    const sent = await requestsOf(() => stack.put(rawRunKey, response(1)));
    expect(
      sent.filter(({ service, caller }) => service === 's3' && caller === 'convert-function'),
    ).toMatchObject([
      { action: 'HeadObject', bucket: 'curated', key: curatedRunKey },
      { action: 'GetObject', bucket: 'raw', key: rawRunKey },
      { action: 'PutObject', bucket: 'curated', key: curatedRunKey },
      { action: 'HeadObject', bucket: 'raw', key: rawRunKey },
    ]);
  });

  test('compacts a day by a look at the target, a listing, a read of each part, a write, and a listing', async () => {
    const sent = await requestsOf(() => stack.put(rawRunKey, response(1)));
    const prefix = 'weatherapi/current/dt=2026-11-22/';
    expect(
      sent.filter(({ service, caller }) => service === 's3' && caller === 'compact-function'),
    ).toMatchObject([
      { action: 'HeadObject', bucket: 'compacted', key: dayKey },
      { action: 'ListObjectsV2', bucket: 'curated', prefix },
      { action: 'GetObject', bucket: 'curated', key: curatedRunKey },
      { action: 'PutObject', bucket: 'compacted', key: dayKey },
      { action: 'ListObjectsV2', bucket: 'curated', prefix },
    ]);
  });

  test.each(datasets.map((dataset) => [dataset.name, dataset] as const))(
    'takes what the API answers for %s to the rows of every table [every-table]',
    async (name, dataset) => {
      const report = await stack.fetch(fiveOClock, ['Melbourne', 'Oslo'], name);
      await stack.runtime.settled();
      expect(report).toMatchObject({ fetched: 2, skipped: [], failed: [] });
      expect(stack.landed.toSorted()).toEqual(report.keys.toSorted());

      const rawKeys = report.keys.map((key) => ({ ...parseRawKey(key), day: parseRawKey(key).day ?? '' }));
      const curated = rawKeys.flatMap(curatedKeys).sort();
      expect(await stack.curatedKeys()).toEqual(curated);
      expect([...(await stack.compacted()).keys()]).toEqual(daysOf(curated));
      for (const table of dataset.tables) {
        const parts = await Promise.all(rawKeys.map((key) => stack.rows(curatedKey(key, table))));
        const rows = await Promise.all(
          daysOf(rawKeys.map((key) => curatedKey(key, table))).map(stack.tableRows),
        );
        expect(rows.flat()).toEqual(parts.flat());
        const places = new Set(rows.flat().map(({ location_name }) => location_name));
        // There may be no alert.
        if (rows.flat().length > 0 || table.rows !== 'alerts.alert[]')
          expect([...places].sort()).toEqual(['Melbourne', 'Oslo']);
      }
      expect([...stack.letters(), ...stack.letters('compact')]).toEqual([]);
    },
  );

  test('lands an hour once, however often it is started [started-again]', async () => {
    const first = await stack.fetch(fiveOClock, ['Oslo']);
    const landed = await rawText(rawRunKey);
    const second = await stack.fetch(fiveOClock, ['Oslo']);

    expect([first.landed, second.landed]).toEqual([1, 0]);
    expect(await rawText(rawRunKey)).toBe(landed);
  });

  test('writes the same bytes when the same event comes twice [event-twice]', async () => {
    await stack.put(rawRunKey, response(1));
    await stack.runtime.settled();
    const once = await stack.curated();

    const event = objectEvent({ bucket: stack.outputs.RawBucketName, key: rawRunKey, size: 1 });
    const sent = await requestsOf(async () => stack.runtime.emulator.send(stack.outputs.QueueUrl, event));

    expect(sent.filter(({ action }) => action === 'PutObject')).toMatchObject([{ key: curatedRunKey }]);
    expect(await stack.curated()).toEqual(once);
  });

  test('takes a day out of the table with its last part, and makes the same bytes of all when all is replayed [replayed]', async () => {
    const times = [fiveOClock, new Date('2026-11-22T06:00:00Z'), new Date('2026-11-23T06:00:00Z')];
    for (const { name } of datasets)
      for (const time of times) await stack.fetch(time, ['Melbourne', 'Oslo'], name);
    await stack.runtime.settled();
    const before = await stack.compacted();
    expect([...before.keys()]).toEqual(daysOf(await stack.curatedKeys()));

    const curated = await stack.curatedKeys();
    await Promise.all(curated.map((key) => stack.remove(key, 'curated')));
    await stack.runtime.settled();
    expect(await stack.compacted()).toEqual(new Map());

    for (const key of [...stack.landed].reverse())
      stack.runtime.emulator.send(
        stack.outputs.QueueUrl,
        objectEvent({ bucket: stack.outputs.RawBucketName, key, size: 1 }),
      );
    await stack.runtime.settled();
    expect(await stack.compacted()).toEqual(before);
    expect([...stack.letters(), ...stack.letters('compact')]).toEqual([]);
  });

  test('buries a poison file with its reason, while others convert', async () => {
    const good = ['a', 'b', 'c'].map((name) => `weatherapi/current/dt=2026-11-22/${name}.json`);
    const poison = 'weatherapi/current/dt=2026-11-22/poison.json';
    await Promise.all([
      ...good.map((key, index) => stack.put(key, response(index))),
      stack.put(poison, '{"location": {"name": "Os'),
    ]);
    await stack.runtime.settled();

    expect(await stack.curatedKeys()).toEqual(good.map((key) => key.replace('.json', '.parquet')));
    expect(stack.letters()).toMatchObject([
      { key: poison, code: 'not-json', reason: expect.stringContaining('is not JSON') },
    ]);
    expect(await rawText(poison)).toBe('{"location": {"name": "Os');
  });

  test('files what was dropped without a dt= folder by its earliest observation, and converts it there', async () => {
    const lines = [response(1), response(2, Date.parse('2026-11-21T23:59:59Z') / 1000)];
    await stack.put('weatherapi/current/my file (1)+ä=%.ndjson', lines.join('\n'));
    await stack.runtime.settled();

    const [key = '', ...others] = await stack.curatedKeys();
    expect(others).toEqual([]);
    expect(key).toMatch(/^weatherapi\/current\/dt=2026-11-21\/my-file-1-.*\.parquet$/);
    const rows = await stack.rows(key);
    expect(rows).toMatchObject([{ temp_c: 1 }, { temp_c: 2 }]);
    expect(await rawText(String(rows[0]?.raw_key))).toBe(lines.join('\n'));
    expect(stack.letters()).toEqual([]);
  });
});

describe('a converter that fails', () => {
  test('in the middle of its work is started again, and the object is converted', async () => {
    let crashes = 0;
    stack.faults = {
      request: ({ action, bucket }, { crash }) =>
        action === 'PutObject' && bucket === 'curated' && ++crashes === 1
          ? { before: () => crash('convert-function'), cut: 'request' }
          : undefined,
    };
    await stack.put(rawRunKey, response(1));
    await stack.runtime.settled();

    expect(crashes).toBe(2);
    expect(await stack.rows(curatedRunKey)).toMatchObject([{ location_name: 'Oslo' }]);
    expect(stack.letters()).toEqual([]);
  });

  test('five times gives the message up with the last error as its reason; sent back, it converts [tries-exhausted]', async () => {
    stack.faults = {
      request: ({ action, bucket }) =>
        action === 'PutObject' && bucket === 'curated' ? { status: 403, code: 'AccessDenied' } : undefined,
    };
    await stack.put(rawRunKey, response(1));
    await stack.runtime.settled();

    expect(await stack.curatedKeys()).toEqual([]);
    const reason = expect.stringMatching(/^Failed 5 times.*AccessDenied/);
    expect(stack.letters()).toMatchObject([{ key: rawRunKey, code: 'tries-exhausted', reason }]);

    stack.faults = {};
    await stack.redrive();
    await stack.runtime.settled();
    expect(await stack.rows(curatedRunKey)).toMatchObject([{ location_name: 'Oslo' }]);
  });
});

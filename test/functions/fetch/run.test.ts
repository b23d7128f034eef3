import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type FastifyReply, fastify } from 'fastify';
import { ApiKey } from '../../../functions/fetch/api-key.ts';
import type { Clock } from '../../../functions/fetch/passes.ts';
import { encodePlaces } from '../../../functions/fetch/place-set.ts';
import { RawBucket } from '../../../functions/fetch/raw-bucket.ts';
import { type RunReport, run } from '../../../functions/fetch/run.ts';
import { type Answer, WeatherApi } from '../../../functions/fetch/weatherapi.ts';
import { startWeatherApi } from '../../../local/weatherapi/server.ts';
import { weatherapiCurrent } from '../../../shared/datasets/weatherapi-current.ts';
import { rawKey } from '../../../shared/keys.ts';
import { listDigest } from '../../../shared/list-digest.ts';
import { type Aws, type StoredObject, startAws } from '../../aws.ts';
import { FakeSecrets } from './fake-secrets.ts';

const scheduledTime = new Date('2026-11-22T05:00:00Z');
const key = rawKey(weatherapiCurrent, scheduledTime);
const fetchedAt = Date.parse('2026-11-22T05:00:03.250Z');
const never = new AbortController().signal;

let aws: Aws;
let raw: RawBucket;
const closers: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  aws = await startAws();
  raw = new RawBucket(aws.s3, 'raw');
});
afterEach(async () => {
  await aws.empty();
  await Promise.all(closers.splice(0).map((close) => close()));
});
afterAll(() => aws.stop());

async function standIn(options: { key?: string } = {}) {
  const api = await startWeatherApi({ key: 'first', now: () => scheduledTime, ...options });
  closers.push(api.close);
  return api;
}

const record = (name: string) => ({ location: { name }, current: { uv: 1 } });

/** A provider that answers place by place as it is told, and keeps the places that it was asked for. */
async function provider(
  answer: (q: string, reply: FastifyReply, asked: readonly string[]) => unknown = (q, reply) =>
    reply.send(record(q)),
) {
  const app = fastify({ forceCloseConnections: true });
  const asked: string[] = [];
  app.get<{ Querystring: { q: string } }>('/v1/current.json', async ({ query: { q } }, reply) => {
    asked.push(q);
    await answer(q, reply, asked);
    return reply;
  });
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  closers.push(() => app.close());
  return { url: `${address}/v1`, asked };
}

/** A provider without data for some places. */
const without = (...missing: string[]) =>
  provider((q, reply) => (missing.includes(q) ? reply.code(500).send() : reply.send(record(q))));

/** A clock on which a pause takes its time, but nobody else's. */
function impatient(start = fetchedAt): Clock {
  let now = start;
  return {
    now: () => now,
    async sleep(milliseconds) {
      now += milliseconds;
    },
  };
}

interface Setting {
  secrets?: FakeSecrets;
  /** Of one execution environment: given by tests in which it lives longer than a run. */
  apiKey?: ApiKey;
  deadline?: AbortSignal;
  options?: Record<string, string>;
  clock?: Clock;
}

function runOf(
  locations: string[],
  { url }: { url: string },
  {
    secrets = new FakeSecrets('first'),
    apiKey,
    deadline = never,
    options = {},
    clock = impatient(),
  }: Setting = {},
): Promise<RunReport> {
  const api = new WeatherApi(url, apiKey ?? new ApiKey(secrets.client, 'key'));
  return run(
    { scheduledTime, dataset: weatherapiCurrent, locations, options },
    { api, raw, clock, onPause: () => {} },
    deadline,
  );
}

/** The names of the places in a raw object, line by line. */
function namesIn({ body }: StoredObject): string[] {
  const text = body.toString();
  expect(text.endsWith('\n')).toBe(true);
  const lines = text.slice(0, -1).split('\n');
  return lines.map((line) => (JSON.parse(line) as { location: { name: string } }).location.name);
}

const landedNames = async (of = key) => namesIn(await aws.object('raw', of));

function places(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `place-${index + 1}`);
}

describe('a run', () => {
  test('lands one line per place, in the order of the event, under the key of its hour', async () => {
    const server = await provider(async (q, reply, asked) => {
      if (q === 'Melbourne') await until(() => asked.length === 3); // The first is answered last.
      return reply.send(record(q));
    });
    expect(await runOf(['Melbourne', 'Tokyo', 'Berlin'], server)).toEqual({
      keys: [key],
      landed: 1,
      fetched: 3,
      places: 3,
      skipped: [],
      failed: [],
      missing: [],
      quotaSpent: false,
      outage: false,
      runFailure: undefined,
    });
    expect(await landedNames()).toEqual(['Melbourne', 'Tokyo', 'Berlin']);
    expect(await aws.keys('raw')).toEqual([key]);
  });

  test('lands what the provider sent, with a space for each line break and nothing else changed', async () => {
    const body =
      '{\r\n  "location": {"name": "Zürich \u2028"},\n\n  "current": {"temp_c": 1.0, "text": "a\\nb"}\r}\n';
    const server = await provider((_q, reply) => reply.type('application/json').send(body));
    await runOf(['Zürich', 'Zürich'], server);
    const line = body.replaceAll(/[\r\n]/g, ' ');
    expect((await aws.object('raw', key)).body).toEqual(Buffer.from(`${line}\n${line}\n`));
  });

  test('tells beside the data when it was scheduled, when it ran and what it asked', async () => {
    const locations = ['Melbourne', 'fail:500x1', 'fail:1006'];
    const options = { aqi: 'yes', lang: 'zh_tw' };
    await runOf(locations, await standIn(), { options });
    expect(await aws.object('raw', key)).toMatchObject({
      contentType: 'application/x-ndjson',
      metadata: {
        'scheduled-time': '2026-11-22T05:00:00.000Z',
        'fetched-at': '2026-11-22T05:00:03.250Z',
        endpoint: 'current.json',
        query: 'aqi=yes&lang=zh_tw',
        tries: '4',
        places: '2',
        'places-missing': '1',
        'places-list': listDigest({ locations, options }),
        'places-landed': encodePlaces([0, 1]),
      },
    });
  });

  test('asks with the options of the event', async () => {
    await runOf(['Melbourne'], await standIn(), { options: { aqi: 'yes' } });
    expect((await aws.object('raw', key)).body.toString()).toContain('"air_quality"');
  });

  test('lands no body that repeats the key: that place fails, the others land [key-in-answer]', async () => {
    const server = await provider((q, reply) =>
      reply.send({ ...record(q), ...(q === 'Tokyo' ? { request: '?key=first' } : {}) }),
    );
    expect(await runOf(['Melbourne', 'Tokyo', 'Berlin'], server)).toMatchObject({
      landed: 1,
      fetched: 2,
      skipped: [],
      failed: [{ location: 'Tokyo', reason: expect.stringContaining('repeats the API key') }],
    });
    expect(await landedNames()).toEqual(['Melbourne', 'Berlin']);
  });

  test('fails when the bucket refuses', async () => {
    aws.fault = () => ({ status: 403, code: 'AccessDenied' });
    await expect(runOf(['Melbourne'], await standIn())).rejects.toThrow();
    aws.fault = ({ action }) => (action === 'PutObject' ? { status: 403, code: 'AccessDenied' } : undefined);
    await expect(runOf(['Melbourne'], await standIn())).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  test('asks for eight places at a time and no more', async () => {
    let open = 0;
    let most = 0;
    const server = await provider(async (q, reply, asked) => {
      open += 1;
      most = Math.max(most, open);
      await until(() => open >= 8 || asked.length === 24);
      for (let turn = 0; turn < 20; turn += 1) await nextTurn(); // A ninth would come meanwhile.
      open -= 1;
      return reply.send(record(q));
    });
    expect(await runOf(places(24), server)).toMatchObject({ fetched: 24 });
    expect(most).toBe(8);
  });

  test('lands what fits when the disk of the function is full, and stops asking [disk-full]', async () => {
    const file = await open(fileURLToPath(import.meta.url));
    const { write } = Object.getPrototypeOf(file) as typeof file;
    let writes = 0;
    const spy = jest
      .spyOn(Object.getPrototypeOf(file) as { write: (...args: unknown[]) => unknown }, 'write')
      .mockImplementation(function (this: unknown, ...args) {
        if (++writes > 4) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        return Reflect.apply(write, this, args);
      });
    try {
      const server = await provider();
      const report = await runOf(places(30), server);
      expect(report).toMatchObject({ landed: 1, fetched: 4, failed: [], runFailure: undefined });
      expect(report.skipped.map(({ reason }) => reason)).toEqual(
        Array.from({ length: 26 }, () => expect.stringContaining("the function's disk is full")),
      );
      expect(server.asked.length).toBeLessThan(30);
      expect(await landedNames()).toHaveLength(4);
    } finally {
      spy.mockRestore();
      await file.close();
    }
  });

  test('leaves no temporary file behind, however it ends', async () => {
    const { TMPDIR } = process.env;
    const directory = await mkdtemp(path.join(tmpdir(), 'spool-'));
    process.env.TMPDIR = directory;
    try {
      const left: string[][] = [];
      const server = await provider(async (q, reply) => {
        left.push(await readdir(directory));
        return reply.send(record(q));
      });
      await runOf(['Melbourne'], server);
      aws.fault = ({ action }) =>
        action === 'PutObject' ? { status: 403, code: 'AccessDenied' } : undefined;
      await runOf(['Tokyo'], server).catch(() => {});
      left.push(await readdir(directory));
      expect(left).toEqual([[], [], []]);
    } finally {
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
      await rm(directory, { recursive: true });
    }
  });
});

describe('a run that happens again', () => {
  const three = ['Oslo', 'Ulm', 'Rome'];

  test('asks only for what has not landed, and writes old and new lines in their order [completed]', async () => {
    const first = await runOf(three, await without('Ulm'));
    expect(first).toMatchObject({
      keys: [key],
      landed: 1,
      fetched: 2,
      places: 2,
      skipped: [{ location: 'Ulm' }],
    });
    const triesBefore = Number((await aws.object('raw', key)).metadata.tries);
    const oslo = (await aws.object('raw', key)).body.toString().split('\n')[0];

    const server = await provider();
    const second = await runOf(three, server, { clock: impatient(fetchedAt + 60_000) });
    expect(second).toMatchObject({ keys: [key], landed: 1, fetched: 1, places: 3, skipped: [] });
    expect(server.asked).toEqual(['Ulm']);
    expect(await landedNames()).toEqual(three);
    const { body, metadata } = await aws.object('raw', key);
    expect(body.toString().split('\n')[0]).toBe(oslo);
    expect(metadata).toMatchObject({
      'fetched-at': new Date(fetchedAt).toISOString(),
      tries: String(triesBefore + 1),
      places: '3',
      'places-missing': '0',
      'places-landed': encodePlaces([0, 1, 2]),
    });
  });

  test('asks for nothing when all has landed, and adds nothing', async () => {
    const server = await provider();
    await runOf(three, server);
    expect(await runOf(three, server)).toMatchObject({ keys: [key], landed: 0, fetched: 0, places: 3 });
    expect(server.asked).toHaveLength(3);
  });

  test('keeps what has landed when nothing more comes', async () => {
    await runOf(three, await without('Ulm'));
    const server = await without('Ulm');
    expect(await runOf(three, server)).toMatchObject({
      keys: [key],
      landed: 0,
      fetched: 0,
      places: 2,
      skipped: [{ location: 'Ulm' }],
    });
    expect(await landedNames()).toEqual(['Oslo', 'Rome']);
  });

  test('at the same time loses nothing of the other [two-runs]', async () => {
    const other = await without('Rome');
    let otherRun: Promise<RunReport> | undefined;
    const server = await provider(async (q, reply) => {
      // While this run is at work, the other one lands.
      otherRun ??= runOf(three, other);
      await otherRun;
      return q === 'Oslo' ? reply.code(500).send() : reply.send(record(q));
    });
    expect(await runOf(three, server)).toMatchObject({ landed: 1, fetched: 1, places: 3 });
    expect(await otherRun).toMatchObject({ landed: 1, fetched: 2 });
    expect(await landedNames()).toEqual(three);
    expect(await aws.keys('raw')).toEqual([key]);
  });

  test('lands what it has when the object was deleted meanwhile [two-runs]', async () => {
    await runOf(three, await without('Ulm'));
    const server = await provider(async (q, reply) => {
      await aws.remove('raw', key);
      return reply.send(record(q));
    });
    expect(await runOf(three, server)).toMatchObject({ landed: 1, fetched: 1, places: 1 });
    expect(await landedNames()).toEqual(['Ulm']);
  });

  test.each([409, 412])(
    'looks again when the write is refused with %i, but not for ever [two-runs]',
    async (status) => {
      const code = status === 409 ? 'ConditionalRequestConflict' : 'PreconditionFailed';
      let refusals = 1;
      aws.fault = ({ action }) => (action === 'PutObject' && refusals-- > 0 ? { status, code } : undefined);
      expect(await runOf(three, await provider())).toMatchObject({ landed: 1, fetched: 3 });
      await aws.remove('raw', key);
      refusals = Number.POSITIVE_INFINITY;
      await expect(runOf(three, await provider())).rejects.toThrow(`"${key}" changed 5 times`);
    },
  );

  test('refuses to merge with an object that is not what its metadata says', async () => {
    await runOf(three, await without('Ulm'));
    const { metadata } = await aws.object('raw', key);
    await aws.put('raw', key, '{}\n', metadata);
    await expect(runOf(three, await provider())).rejects.toThrow('has 1 lines');
    expect((await aws.object('raw', key)).body.toString()).toBe('{}\n');
  });
});

describe('another list of places for the same hour', () => {
  const list = ['Oslo', 'Rome'];
  const ownKey = rawKey(weatherapiCurrent, scheduledTime, listDigest({ locations: list, options: {} }));

  test.each<[string, string[], Record<string, string>]>([
    ['fewer places', ['Oslo'], {}],
    ['another order', ['Rome', 'Oslo'], {}],
    ['other options', list, { aqi: 'yes' }],
  ])('has a key of its own, whichever is first: %s [other-list]', async (_what, locations, options) => {
    const server = await provider();
    await runOf(locations, server, { options });
    expect(await runOf(list, server)).toMatchObject({ keys: [ownKey], landed: 1, fetched: 2 });
    expect(ownKey).toMatch(/dt=2026-11-22\/20261122T050000Z\.[0-9a-f]{12}\.json$/);
    expect(await landedNames(ownKey)).toEqual(list);
    expect(await landedNames(key)).toEqual(locations);
    expect(await runOf(list, server)).toMatchObject({ keys: [ownKey], landed: 0 });
    expect(await runOf(locations, server, { options })).toMatchObject({ keys: [key], landed: 0 });
  });

  test('has a key of its own beside a file that was dropped, too, and is completed there [other-list]', async () => {
    await aws.put('raw', key, '{}\n');
    expect(await runOf(list, await without('Oslo'))).toMatchObject({ keys: [ownKey], fetched: 1 });
    expect(await runOf(list, await provider())).toMatchObject({ keys: [ownKey], fetched: 1, places: 2 });
    expect(await landedNames(ownKey)).toEqual(list);
    expect((await aws.object('raw', key)).body.toString()).toBe('{}\n');
  });

  test('that lands first, while this one is at work, leaves this one its own key', async () => {
    const other = await provider();
    let otherRun: Promise<RunReport> | undefined;
    const server = await provider(async (q, reply) => {
      otherRun ??= runOf(['Ulm'], other);
      await otherRun;
      return reply.send(record(q));
    });
    expect(await runOf(list, server)).toMatchObject({ keys: [ownKey], landed: 1, fetched: 2 });
    expect(await landedNames(key)).toEqual(['Ulm']);
  });
});

describe('a place that is missing', () => {
  const list = ['Oslo', 'Ulm', 'Rome'];
  const hoursBefore = (hours: number) => new Date(scheduledTime.getTime() - hours * 3_600_000);

  /** Lands an earlier run with some of the places. */
  async function landed(hours: number, numbers: number[], locations = list): Promise<void> {
    await aws.put('raw', rawKey(weatherapiCurrent, hoursBefore(hours)), '{}\n', {
      'places-list': listDigest({ locations, options: {} }),
      'places-landed': encodePlaces(numbers),
    });
  }
  const missing = async () => (await runOf(list, await without('Ulm', 'Rome'))).missing;

  test('in this run and in the two landed runs before it is told [missing-place]', async () => {
    await landed(1, [0]);
    await landed(2, [0, 2]);
    expect(await missing()).toEqual(['Ulm']);
  });

  test('is told though hours without any data are between, and the day before', async () => {
    await landed(4, [0]);
    await landed(7, [0]);
    expect(await missing()).toEqual(['Ulm', 'Rome']);
  });

  test('is told though other lists of places have landed between', async () => {
    await landed(1, [0], ['Ulm']);
    await landed(2, [0]);
    await landed(3, [0], ['Rome', 'Ulm']);
    await landed(4, [0]);
    expect(await missing()).toEqual(['Ulm', 'Rome']);
  });

  test.each([1, 7, 30, 366])('is told when a run comes every %i days', async (days) => {
    // Files dropped between the runs do not count as runs.
    await aws.put('raw', 'weatherapi/current/dt=2026-11-21/20261121.json', '{}\n');
    await aws.put('raw', 'weatherapi/current/dt=never/20261121T050000Z.json', '{}\n');
    await landed(24 * days, [0]);
    await landed(48 * days, [0, 2]);
    expect(await missing()).toEqual(['Ulm']);
  });

  test.each<[string, () => Promise<void>]>([
    ['for the first time', async () => {}],
    ['for the second time', () => landed(1, [0])],
    ['not in each of the two runs before', () => landed(1, [0]).then(() => landed(2, [1, 2]))],
    ['in later runs', () => landed(-1, [0]).then(() => landed(-2, [0]))],
  ])('%s is not', async (_when, before) => {
    await before();
    expect(await missing()).toEqual([]);
  });

  test('because it does not exist is told as failed, not as missing', async () => {
    await landed(1, [0, 2]);
    await landed(2, [0, 2]);
    const server = await provider((q, reply) =>
      q === 'Ulm' ? reply.code(400).send({ error: { code: 1006 } }) : reply.send(record(q)),
    );
    expect(await runOf(list, server)).toMatchObject({ missing: [], failed: [{ location: 'Ulm' }] });
  });
});

describe('a place without data', () => {
  test.each(['fail:500', 'fail:error200', 'fail:cut'])(
    'is skipped when the trouble does not pass, and loses no other: %s',
    async (q) => {
      const report = await runOf(['Melbourne', q, 'Tokyo'], await standIn());
      expect(report).toMatchObject({ landed: 1, fetched: 2, failed: [], runFailure: undefined });
      const reason = expect.stringMatching(/ \(after ([6-9]|1\d) tries\)$/);
      expect(report.skipped).toEqual([{ location: q, reason }]);
      expect(await landedNames()).toEqual(['Melbourne', 'Tokyo']);
    },
  );

  test.each(['fail:malformed', 'fail:html', 'fail:huge'])(
    'is skipped after three answers that make no sense, and loses no other: %s',
    async (q) => {
      const report = await runOf(['Melbourne', q, 'Tokyo'], await standIn());
      const reason = expect.stringMatching(/^HTTP 200.* \(after 3 tries\)$/);
      expect(report).toMatchObject({ fetched: 2, failed: [], skipped: [{ location: q, reason }] });
      expect(await landedNames()).toEqual(['Melbourne', 'Tokyo']);
    },
  );

  test('is skipped when it answers an empty object, or half of an answer: the others land', async () => {
    const server = await provider((q, reply) =>
      reply.send(q === 'Ulm' ? {} : q === 'Nice' ? { location: { name: 'Nice' } } : record(q)),
    );
    expect(await runOf(['Oslo', 'Ulm', 'Nice', 'Rome'], server)).toMatchObject({
      fetched: 2,
      skipped: [
        { location: 'Ulm', reason: expect.stringContaining('foreign-record') },
        { location: 'Nice', reason: expect.stringContaining('incomplete') },
      ],
    });
    expect(await landedNames()).toEqual(['Oslo', 'Rome']);
  });

  test.each(['fail:500x2', 'fail:cutx2', 'fail:malformedx2', 'fail:htmlx2', 'fail:9999x6', 'fail:500x6'])(
    'has it in the end when trouble passes: %s',
    async (q) => {
      const server = await standIn();
      expect(await runOf([q], server)).toMatchObject({ fetched: 1, skipped: [] });
      expect(server.requests).toHaveLength(Number(q.split('x')[1]) + 1);
    },
  );

  test.each(['fail:1003', 'fail:1005', 'fail:1006', 'fail:1007'])(
    'is failed and loses no other when somebody has to act: %s',
    async (q) => {
      const report = await runOf(['Melbourne', q, 'Tokyo'], await standIn());
      expect(report).toMatchObject({ landed: 1, fetched: 2, skipped: [], runFailure: undefined });
      expect(report.failed).toEqual([
        { location: q, reason: expect.stringContaining(`code ${q.replace('fail:', '')}`) },
      ]);
      expect(await landedNames()).toEqual(['Melbourne', 'Tokyo']);
    },
  );

  test.each([
    'fail:500',
    'fail:html',
    'fail:error200',
    'fail:1006',
    'fail:2007',
    'fail:2008',
    'fail:redirect',
  ])('lands nothing when there is no other: %s', async (q) => {
    expect(await runOf([q], await standIn())).toMatchObject({
      keys: [],
      landed: 0,
      fetched: 0,
      places: 0,
    });
    expect(await aws.keys('raw')).toEqual([]);
  });
});

describe('the deadline', () => {
  test('skips what has not come, asks for nothing more, and lands what has', async () => {
    const deadline = new AbortController();
    const server = await provider((q, reply, asked) => {
      if (q === 'place-1') return reply.send(record(q));
      if (asked.length === 9) deadline.abort();
      return reply.hijack();
    });
    const report = await runOf(places(12), server, { deadline: deadline.signal });
    expect(report).toMatchObject({ landed: 1, fetched: 1, failed: [], runFailure: undefined });
    expect(report.skipped).toEqual(
      places(12)
        .slice(1)
        .map((location) => ({ location, reason: 'the run was out of time' })),
    );
    expect(server.asked.toSorted()).toEqual(places(9));
    expect(await landedNames()).toEqual(['place-1']);
    const { metadata } = await aws.object('raw', key);
    expect(metadata).toMatchObject({ tries: '9', places: '1', 'places-missing': '11' });
  });

  test('that is over before the run begins skips everything without a request', async () => {
    const server = await standIn();
    const report = await runOf(['Melbourne', 'Tokyo'], server, { deadline: AbortSignal.abort() });
    expect(report).toMatchObject({ keys: [], fetched: 0, skipped: [{}, {}] });
    expect(server.requests).toEqual([]);
  });
});

describe('what concerns every place:', () => {
  /** Answers the second of twelve places with `refusal`, and those that are under way by then with data, after it. */
  async function refusedAtTheSecond(refusal: Answer) {
    const asked: string[] = [];
    const refused = Promise.withResolvers<void>();
    const call = async (_dataset: unknown, { q = '' }: Record<string, string>): Promise<Answer> => {
      asked.push(q);
      if (q === 'place-2') {
        await nextTurn(); // As many as possible are being asked by then.
        setImmediate(refused.resolve); // After the run has seen the refusal.
        return refusal;
      }
      await refused.promise;
      return { kind: 'data', line: Buffer.from(JSON.stringify(record(q))), tries: 1 };
    };
    const event = { scheduledTime, dataset: weatherapiCurrent, locations: places(12), options: {} };
    const dependencies = { api: { call }, raw, clock: impatient(), onPause: () => {} };
    const report = await run(event, dependencies, never);
    return { report, asked, names: await landedNames() };
  }

  const underWay = places(8).filter((place) => place !== 'place-2');
  const notAsked = places(12).slice(8);

  test('a spent quota skips the hour: nothing more is asked, and what is under way is landed', async () => {
    const reason = 'HTTP 403 code 2007: the calls of this month are spent';
    const { report, asked, names } = await refusedAtTheSecond({ kind: 'quota-spent', reason, tries: 1 });
    expect(asked).toEqual(places(8));
    expect(names).toEqual(underWay);
    expect(report).toMatchObject({ keys: [key], landed: 1, fetched: 7, failed: [], runFailure: undefined });
    expect(report.quotaSpent).toBe(true);
    expect(report.skipped).toEqual([
      { location: 'place-2', reason },
      ...notAsked.map((location) => ({ location, reason: `the run was stopped: ${reason}` })),
    ]);
  });

  test.each(['run-failed', 'key-refused'] as const)(
    'a verdict of %s stops the run and is its failure, not that of a place; what is under way is landed',
    async (kind) => {
      const reason = 'HTTP 403 code 2008: API key has been disabled';
      const { report, asked, names } = await refusedAtTheSecond({ kind, reason, tries: 1 });
      expect(asked).toEqual(places(8));
      expect(names).toEqual(underWay);
      expect(report).toMatchObject({
        keys: [key],
        landed: 1,
        fetched: 7,
        quotaSpent: false,
        runFailure: reason,
      });
      expect(report.failed).toEqual([]);
      expect(report.skipped.map(({ location }) => location)).toEqual(['place-2', ...notAsked]);
    },
  );

  test('a redirect of every place is the failure of the run [redirect]', async () => {
    const report = await runOf(['fail:redirect', 'fail:redirect'], await standIn());
    expect(report.runFailure).toBe('HTTP 302: a redirect, which is never followed');
  });

  test('a redirect of one place is its own failure: the others are asked for and land [redirect]', async () => {
    const list = ['fail:redirect', ...places(9)];
    const redirected = {
      failed: [{ location: 'fail:redirect', reason: 'HTTP 302: a redirect, which is never followed' }],
      skipped: [],
      runFailure: undefined,
    };
    expect(await runOf(list, await standIn())).toMatchObject({ fetched: 9, ...redirected });
    // Also when a run is tried again, and this place is the only one that is left.
    expect(await runOf(list, await standIn())).toMatchObject({ fetched: 0, places: 9, ...redirected });
  });
});

describe('the key', () => {
  test('that was rotated between two runs is read again once, and no place is lost', async () => {
    const secrets = new FakeSecrets('first');
    const apiKey = new ApiKey(secrets.client, 'key');
    await apiKey.get();
    secrets.secret = 'second';
    const report = await runOf(places(20), await standIn({ key: 'second' }), { apiKey });
    expect(report).toMatchObject({ fetched: 20, skipped: [], failed: [], runFailure: undefined });
    expect(secrets.reads).toBe(2);
  });

  test('that cannot be read fails the run, and the next run reads it', async () => {
    const secrets = new FakeSecrets('first');
    const apiKey = new ApiKey(secrets.client, 'key');
    const server = await standIn();
    secrets.failure = new Error('no network');
    await expect(runOf(places(20), server, { apiKey })).rejects.toThrow('no network');
    secrets.failure = undefined;
    expect(await runOf(places(20), server, { apiKey })).toMatchObject({ fetched: 20 });
  });
});

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Gives up in the end, so that a test that fails does not keep jest from ending. */
async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 4_000;
  while (!condition() && Date.now() < end) await nextTurn();
}

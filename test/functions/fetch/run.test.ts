import { afterEach, describe, expect, test } from '@jest/globals';
import { type FastifyReply, fastify } from 'fastify';
import { ApiKey } from '../../../functions/fetch/api-key.ts';
import { RawBucket } from '../../../functions/fetch/raw-bucket.ts';
import { type RunReport, run } from '../../../functions/fetch/run.ts';
import { type Answer, defaultLimits, WeatherApi } from '../../../functions/fetch/weatherapi.ts';
import { startWeatherApi } from '../../../local/weatherapi/server.ts';
import { weatherapiCurrent } from '../../../shared/datasets/weatherapi-current.ts';
import { FakeAws, type StoredObject } from './aws.ts';

const key = 'weatherapi/current/dt=2026-11-22/20261122T050000Z.json';
const scheduledTime = new Date('2026-11-22T05:00:00Z');
const fetchedAt = new Date('2026-11-22T05:00:03.250Z');
const never = new AbortController().signal;

const closers: (() => Promise<unknown>)[] = [];
afterEach(() => Promise.all(closers.splice(0).map((close) => close())));

async function standIn(options: { key?: string } = {}) {
  const api = await startWeatherApi({ key: 'first', now: () => scheduledTime, ...options });
  closers.push(api.close);
  return api;
}

/** A provider that answers place by place as it is told, and keeps the places that it was asked for. */
async function provider(answer: (q: string, reply: FastifyReply, asked: readonly string[]) => unknown) {
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

interface Setting {
  aws?: FakeAws;
  /** Of one execution environment: given by tests in which it lives longer than a run. */
  apiKey?: ApiKey;
  deadline?: AbortSignal;
  options?: Record<string, string>;
}

function runOf(
  locations: string[],
  { url }: { url: string },
  { aws = new FakeAws('first'), apiKey, deadline = never, options = {} }: Setting = {},
): Promise<RunReport> {
  const api = new WeatherApi(url, apiKey ?? new ApiKey(aws.client, 'key'), { ...defaultLimits, backoff: 1 });
  return run(
    { scheduledTime, dataset: weatherapiCurrent, locations, options },
    { api, raw: new RawBucket(aws.client, 'raw'), now: () => fetchedAt },
    deadline,
  );
}

function landed(aws: FakeAws): StoredObject {
  const object = aws.objects.get(`raw/${key}`);
  if (!object) throw new Error('Nothing landed.');
  return object;
}

/** The names of the places in the raw object, line by line. */
function namesIn({ body }: StoredObject): string[] {
  expect(body.endsWith('\n')).toBe(true);
  const lines = body.slice(0, -1).split('\n');
  return lines.map((line) => (JSON.parse(line) as { location: { name: string } }).location.name);
}

function places(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `place-${index + 1}`);
}

describe('a run', () => {
  test('lands one line a place, in the order of the event, under the key of its hour', async () => {
    const server = await provider(async (q, reply, asked) => {
      if (q === 'Melbourne') await until(() => asked.length === 3); // The first is answered last.
      return reply.send({ location: { name: q } });
    });
    const aws = new FakeAws('first');
    expect(await runOf(['Melbourne', 'Tokyo', 'Berlin'], server, { aws })).toEqual({
      key,
      landed: true,
      fetched: 3,
      skipped: [],
      failed: [],
      quotaSpent: false,
      runFailure: undefined,
    });
    expect(namesIn(landed(aws))).toEqual(['Melbourne', 'Tokyo', 'Berlin']);
    expect([...aws.objects.keys()]).toEqual([`raw/${key}`]);
  });

  test('lands what the provider sent, with its line breaks replaced and nothing else changed', async () => {
    const body =
      '{\r\n  "location": {"name": "Zürich"},\n\n  "current": {"temp_c": 1.0, "text": "a\\nb"}\r}\n';
    const server = await provider((_q, reply) => reply.type('application/json').send(body));
    const aws = new FakeAws('first');
    await runOf(['Zürich', 'Zürich'], server, { aws });
    const line = '{   "location": {"name": "Zürich"},   "current": {"temp_c": 1.0, "text": "a\\nb"} }';
    expect(landed(aws).body).toBe(`${line}\n${line}\n`);
  });

  test('tells beside the data when it was scheduled, when it ran and what it asked', async () => {
    const aws = new FakeAws('first');
    await runOf(['Melbourne', 'fail:500x1', 'fail:1006'], await standIn(), {
      aws,
      options: { aqi: 'yes', lang: 'zh_tw' },
    });
    expect(landed(aws)).toMatchObject({
      contentType: 'application/x-ndjson',
      metadata: {
        'scheduled-time': '2026-11-22T05:00:00.000Z',
        'fetched-at': '2026-11-22T05:00:03.250Z',
        endpoint: 'current.json',
        query: 'aqi=yes&lang=zh_tw',
        tries: '4',
        places: '2',
        'places-missing': '1',
      },
    });
  });

  test('asks with the options of the event', async () => {
    const aws = new FakeAws('first');
    await runOf(['Melbourne'], await standIn(), { aws, options: { aqi: 'yes' } });
    expect(landed(aws).body).toContain('"air_quality"');
  });

  test('lands no body that repeats the key: that place fails, the others land', async () => {
    const server = await provider((q, reply) =>
      reply.send({ location: { name: q }, ...(q === 'Tokyo' ? { request: '?key=first' } : {}) }),
    );
    const aws = new FakeAws('first');
    expect(await runOf(['Melbourne', 'Tokyo', 'Berlin'], server, { aws })).toMatchObject({
      landed: true,
      fetched: 2,
      skipped: [],
      failed: [{ location: 'Tokyo', reason: expect.stringContaining('repeats the API key') }],
    });
    expect(namesIn(landed(aws))).toEqual(['Melbourne', 'Berlin']);
  });

  test('that happens twice lands once, and both succeed', async () => {
    const aws = new FakeAws('first');
    const server = await standIn();
    expect(await runOf(['Melbourne'], server, { aws })).toMatchObject({ key, landed: true });
    expect(await runOf(['Tokyo'], server, { aws })).toMatchObject({ key, landed: false, fetched: 1 });
    expect(namesIn(landed(aws))).toEqual(['Melbourne']);
  });

  test('fails when the bucket refuses for another reason', async () => {
    const aws = new FakeAws('first');
    const apiKey = new ApiKey(aws.client, 'key');
    await apiKey.get();
    aws.failure = Object.assign(new Error('Access Denied'), { name: 'AccessDenied' });
    await expect(runOf(['Melbourne'], await standIn(), { aws, apiKey })).rejects.toThrow('Access Denied');
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
      return reply.send({ location: { name: q } });
    });
    expect(await runOf(places(24), server)).toMatchObject({ fetched: 24 });
    expect(most).toBe(8);
  });
});

describe('a place without data', () => {
  test.each(['fail:500', 'fail:malformed', 'fail:error200', 'fail:cut', 'fail:huge'])(
    'is skipped and loses no other: %s',
    async (q) => {
      const aws = new FakeAws('first');
      const report = await runOf(['Melbourne', q, 'Tokyo'], await standIn(), { aws });
      expect(report).toMatchObject({ landed: true, fetched: 2, failed: [], runFailure: undefined });
      expect(report.skipped).toEqual([{ location: q, reason: expect.stringContaining('after 3 tries') }]);
      expect(namesIn(landed(aws))).toEqual(['Melbourne', 'Tokyo']);
    },
  );

  test.each(['fail:1003', 'fail:1005', 'fail:1006'])(
    'is failed and loses no other when somebody has to act: %s',
    async (q) => {
      const aws = new FakeAws('first');
      const report = await runOf(['Melbourne', q, 'Tokyo'], await standIn(), { aws });
      expect(report).toMatchObject({ landed: true, fetched: 2, skipped: [], runFailure: undefined });
      expect(report.failed).toEqual([
        { location: q, reason: expect.stringContaining(`code ${q.replace('fail:', '')}`) },
      ]);
      expect(namesIn(landed(aws))).toEqual(['Melbourne', 'Tokyo']);
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
    const aws = new FakeAws('first');
    expect(await runOf([q], await standIn(), { aws })).toMatchObject({
      key: undefined,
      landed: false,
      fetched: 0,
    });
    expect([...aws.objects]).toEqual([]);
  });
});

describe('the deadline', () => {
  test('skips what has not come, asks for nothing more, and lands what has', async () => {
    const deadline = new AbortController();
    const server = await provider((q, reply, asked) => {
      if (q === 'place-1') return reply.send({ location: { name: q } });
      if (asked.length === 9) deadline.abort();
      return reply.hijack();
    });
    const aws = new FakeAws('first');
    const report = await runOf(places(12), server, { aws, deadline: deadline.signal });
    expect(report).toMatchObject({ landed: true, fetched: 1, failed: [], runFailure: undefined });
    expect(report.skipped).toEqual(
      places(12)
        .slice(1)
        .map((location) => ({ location, reason: 'the run was out of time' })),
    );
    expect(server.asked).toEqual(places(9));
    expect(namesIn(landed(aws))).toEqual(['place-1']);
    expect(landed(aws).metadata).toMatchObject({ tries: '9', places: '1', 'places-missing': '11' });
  });

  test('that is over before the run begins skips everything without a request', async () => {
    const server = await standIn();
    const report = await runOf(['Melbourne', 'Tokyo'], server, { deadline: AbortSignal.abort() });
    expect(report).toMatchObject({ key: undefined, fetched: 0, skipped: [{}, {}] });
    expect(server.requests).toEqual([]);
  });
});

describe('what concerns every place', () => {
  /** Answers the second of twelve places with `refusal`, and those that are under way by then with data, after it. */
  async function refusedAtTheSecond(refusal: Answer) {
    const asked: string[] = [];
    const aws = new FakeAws('first');
    const refused = Promise.withResolvers<void>();
    const call = async (_endpoint: string, { q = '' }: Record<string, string>): Promise<Answer> => {
      asked.push(q);
      if (q === 'place-2') {
        await nextTurn(); // As many as possible are being asked by then.
        setImmediate(refused.resolve); // After the run has seen the refusal.
        return refusal;
      }
      await refused.promise;
      return { kind: 'data', body: JSON.stringify({ location: { name: q } }), tries: 1 };
    };
    const event = { scheduledTime, dataset: weatherapiCurrent, locations: places(12), options: {} };
    const raw = new RawBucket(aws.client, 'raw');
    const report = await run(event, { api: { call }, raw, now: () => fetchedAt }, never);
    return { report, asked, names: namesIn(landed(aws)) };
  }

  const underWay = places(8).filter((place) => place !== 'place-2');
  const notAsked = places(12).slice(8);

  test('a spent quota skips the hour: nothing more is asked, and what is under way is landed', async () => {
    const reason = 'HTTP 403 code 2007: the calls of this month are spent';
    const { report, asked, names } = await refusedAtTheSecond({ kind: 'quota-spent', reason, tries: 1 });
    expect(asked).toEqual(places(8));
    expect(names).toEqual(underWay);
    expect(report).toMatchObject({ key, landed: true, fetched: 7, failed: [], runFailure: undefined });
    expect(report.quotaSpent).toBe(true);
    expect(report.skipped).toEqual([
      { location: 'place-2', reason },
      ...notAsked.map((location) => ({ location, reason: `the run was stopped: ${reason}` })),
    ]);
  });

  test.each(['run-failed', 'key-refused'] as const)(
    'a verdict of %s stops the run and is its failure, and what is under way is landed',
    async (kind) => {
      const reason = 'HTTP 403 code 2008: API key has been disabled';
      const { report, asked, names } = await refusedAtTheSecond({ kind, reason, tries: 1 });
      expect(asked).toEqual(places(8));
      expect(names).toEqual(underWay);
      expect(report).toMatchObject({ key, landed: true, fetched: 7, quotaSpent: false, runFailure: reason });
      expect(report.failed).toEqual([{ location: 'place-2', reason }]);
      expect(report.skipped.map(({ location }) => location)).toEqual(notAsked);
    },
  );

  test('a redirect stops the run and is its failure', async () => {
    const report = await runOf(['fail:redirect'], await standIn());
    expect(report.runFailure).toBe('HTTP 302: a redirect, which is never followed');
  });
});

describe('the key', () => {
  test('is read once for all places, and again for no later run', async () => {
    const aws = new FakeAws('first');
    const apiKey = new ApiKey(aws.client, 'key');
    const server = await standIn();
    expect(await runOf(places(20), server, { aws, apiKey })).toMatchObject({ fetched: 20 });
    expect(await runOf(places(20), server, { aws, apiKey })).toMatchObject({ fetched: 20 });
    expect(aws.secretReads).toBe(1);
  });

  test('that was rotated between two runs is read again once, and no place is lost', async () => {
    const aws = new FakeAws('first');
    const apiKey = new ApiKey(aws.client, 'key');
    await apiKey.get();
    aws.secret = 'second';
    const report = await runOf(places(20), await standIn({ key: 'second' }), { aws, apiKey });
    expect(report).toMatchObject({ fetched: 20, skipped: [], failed: [], runFailure: undefined });
    expect(aws.secretReads).toBe(2);
  });

  test('that is refused though it was read again is the failure of the run', async () => {
    const aws = new FakeAws('first');
    const report = await runOf(['Melbourne'], await standIn({ key: 'second' }), { aws });
    expect(report).toMatchObject({ key: undefined, landed: false, fetched: 0, skipped: [] });
    expect(report.runFailure).toBe('HTTP 401 code 2006: API key is invalid');
    expect(report.failed).toEqual([{ location: 'Melbourne', reason: report.runFailure }]);
    expect(aws.secretReads).toBe(2);
  });

  test('that cannot be read fails the run, and the next run reads it', async () => {
    const aws = new FakeAws('first');
    const apiKey = new ApiKey(aws.client, 'key');
    const server = await standIn();
    aws.failure = new Error('no network');
    await expect(runOf(places(20), server, { aws, apiKey })).rejects.toThrow('no network');
    aws.failure = undefined;
    expect(await runOf(places(20), server, { aws, apiKey })).toMatchObject({ fetched: 20 });
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

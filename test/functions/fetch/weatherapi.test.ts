import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { ApiKey } from '../../../functions/fetch/api-key.ts';
import { type Answer, WeatherApi } from '../../../functions/fetch/weatherapi.ts';
import { startWeatherApi } from '../../../local/weatherapi/server.ts';
import { weatherapiCurrent } from '../../../shared/datasets/weatherapi-current.ts';
import { selfSigned } from './certificate.ts';
import { FakeSecrets } from './fake-secrets.ts';

/** Of a try; for what never answers, less: the other tests leave a busy computer its time. */
const tryTimeout = 4_000;
const hurriedTimeout = 200;
const data = '{"location":{"name":"Marysville"},"current":{"temp_c":21.4}}';
const never = new AbortController().signal;

const closers: (() => Promise<unknown>)[] = [];
afterEach(() => Promise.all(closers.splice(0).map((close) => close())));

interface Provider {
  url: string;
  /** When each request came, in milliseconds of the epoch. */
  arrivals: number[];
}

/** A provider that answers as it is told. */
async function provider(
  answer: (reply: FastifyReply, nth: number, request: FastifyRequest) => unknown,
): Promise<Provider> {
  const app = fastify({ forceCloseConnections: true });
  const arrivals: number[] = [];
  app.get('/v1/current.json', async (request, reply) => {
    await answer(reply, arrivals.push(Date.now()), request);
    return reply;
  });
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  closers.push(() => app.close());
  return { url: `${address}/v1`, arrivals };
}

async function standIn(options: { key?: string; faultDelay?: number } = {}) {
  const api = await startWeatherApi({
    key: 'first',
    now: () => new Date('2026-11-22T05:00:00Z'),
    ...options,
  });
  closers.push(api.close);
  return api;
}

interface Call {
  q?: string;
  aws?: FakeSecrets;
  timeout?: number;
  signal?: AbortSignal;
}

function call(
  { url }: { url: string },
  { q = 'Melbourne', aws = new FakeSecrets('first'), timeout = tryTimeout, signal = never }: Call = {},
): Promise<Answer> {
  return new WeatherApi(url, new ApiKey(aws.client, 'key'), timeout).call(weatherapiCurrent, { q }, signal);
}

/** An answer whose body became this line. */
function dataOf(line: string | Uint8Array, tries = 1): Answer {
  return { kind: 'data', line: Buffer.from(line), tries };
}

describe('a call', () => {
  test('gives the body as one line: each line break is a space, a byte-order mark is gone, the rest is as it came', async () => {
    const body =
      '{ "location": {"name": "Zürich"},\r\n "current": {"temp_c": 1.0, "text": "a\\nb\ufeff"} }\n';
    const server = await provider((reply) =>
      reply.type('application/json').send(Buffer.from(`\ufeff${body}`)),
    );
    const line = '{ "location": {"name": "Zürich"},   "current": {"temp_c": 1.0, "text": "a\\nb\ufeff"} } ';
    expect(await call(server)).toEqual(dataOf(line));
  });

  test('asks the endpoint below the base URL with the query, the place and the key', async () => {
    const asked: unknown[] = [];
    const server = await provider((reply, _nth, { query }) => {
      asked.push(query);
      return reply.send(data);
    });
    const api = new WeatherApi(`${server.url}/`, new ApiKey(new FakeSecrets('a+b/c=&d').client, 'key'));
    await api.call(weatherapiCurrent, { aqi: 'yes', q: 'São Paulo, Brazil' }, never);
    expect(asked).toEqual([{ aqi: 'yes', q: 'São Paulo, Brazil', key: 'a+b/c=&d' }]);
  });

  test.each([
    ['fail:500', 'HTTP 500'],
    ['fail:502', 'HTTP 502'],
    ['fail:503', 'HTTP 503'],
    ['fail:504', 'HTTP 504'],
    ['fail:429', 'HTTP 429, asking to wait 1 s'],
    ['fail:9999', 'HTTP 400 code 9999: internal error of the provider'],
    ['fail:error200', 'HTTP 200 code 9999: internal error of the provider'],
    ['fail:cut', 'connection failed: UND_ERR_SOCKET'],
  ])('is in transient trouble, and asks once: %s [error-table]', async (q, reason) => {
    const server = await standIn();
    expect(await call(server, { q })).toMatchObject({ kind: 'transient', reason, tries: 1 });
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ['fail:malformed', 'HTTP 200, but convert would refuse the body: not-json'],
    ['fail:html', 'HTTP 200, but convert would refuse the body: not-json'],
    ['fail:huge', 'HTTP 200 with a body of more than 65536 bytes'],
  ])('refuses an answer that makes no sense: %s', async (q, reason) => {
    const server = await standIn();
    expect(await call(server, { q })).toEqual({ kind: 'refused', reason, tries: 1 });
  });

  test.each([
    ['fail:1002', 'run-failed'],
    ['fail:1003', 'location-failed'],
    ['fail:1005', 'location-failed'],
    ['fail:1006', 'location-failed'],
    ['fail:1007', 'location-failed'],
    ['fail:1008', 'run-failed'],
    ['fail:2007', 'quota-spent'],
    ['fail:2008', 'run-failed'],
    ['fail:2009', 'run-failed'],
    ['fail:9000', 'run-failed'],
    ['fail:9001', 'run-failed'],
    ['fail:redirect', 'redirected'],
  ])('tells what no further try can change: %s is %s [error-table]', async (q, kind) => {
    const server = await standIn();
    expect(await call(server, { q })).toMatchObject({ kind, tries: 1 });
    expect(server.requests).toHaveLength(1);
  });
});

describe('a connection', () => {
  test('that is refused is told by its code', async () => {
    const app = fastify();
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    await app.close();
    expect(await call({ url: `http://127.0.0.1:${port}/v1` })).toEqual({
      kind: 'transient',
      reason: 'connection failed: ECONNREFUSED',
      tries: 1,
    });
  });

  test('to a server whose certificate nobody vouches for is not used: no request is sent, and so no key [certificate]', async () => {
    const app = fastify({ https: selfSigned, forceCloseConnections: true });
    const urls: string[] = [];
    app.get('*', ({ url }, reply) => {
      urls.push(url);
      return reply.send(data);
    });
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    closers.push(() => app.close());
    expect(await call({ url: `${url}/v1` })).toEqual({
      kind: 'transient',
      reason: 'connection failed: DEPTH_ZERO_SELF_SIGNED_CERT',
      tries: 1,
    });
    expect(urls).toEqual([]);
  });

  test.each([
    ['a status that no Response can have', 'HTTP/1.1 999 Denied\r\ncontent-length: 2\r\n\r\n{}'],
    ['a status that may have no body', 'HTTP/1.1 205 Reset Content\r\ncontent-length: 2\r\n\r\n{}'],
    ['no content', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['no HTTP', 'hello\r\n\r\n'],
    ['nothing', ''],
    ['broken chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}'],
    ['a broken gzip', 'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}'],
    ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'],
  ])('that brings %s fails the try, never the run [broken-answer]', async (_what, bytes) => {
    const server = await provider((reply) => reply.hijack().raw.socket?.end(bytes));
    const kind = expect.stringMatching(/^(transient|refused)$/);
    expect(await call(server)).toMatchObject({ kind, tries: 1 });
    expect(server.arrivals).toHaveLength(1);
  });

  test('that brings no answer in time is given up [slow-answer]', async () => {
    const server = await standIn();
    const answer = await call(server, { q: 'fail:slow', timeout: hurriedTimeout });
    expect(answer).toEqual({ kind: 'transient', reason: 'no answer within 0.2 s', tries: 1 });
  });

  test('that is slow, but not too slow, brings its data at the first try [slow-answer]', async () => {
    const server = await provider(async (reply) => {
      reply.hijack().raw.writeHead(200, { 'content-type': 'application/json' });
      reply.raw.write(data.slice(0, 20));
      await delay(tryTimeout / 10);
      reply.raw.write(data.slice(20));
      reply.raw.end();
    });
    expect(await call(server)).toEqual(dataOf(data));
  });

  test('that stalls in the middle of a body is given up like one that never answers [slow-answer]', async () => {
    const server = await provider((reply) => {
      reply.hijack().raw.writeHead(200, { 'content-type': 'application/json' }).write(data.slice(0, 20));
    });
    expect(await call(server, { timeout: hurriedTimeout })).toEqual({
      kind: 'transient',
      reason: 'no answer within 0.2 s',
      tries: 1,
    });
  });
});

describe('a body', () => {
  const start = '{"location":{"lat":2},"current":{"uv":1},"filler":"';
  const full = `${start}${'x'.repeat(weatherapiCurrent.maxAnswerBytes - start.length - 2)}"}`;

  test('of as many bytes as allowed is data, and one byte more is not', async () => {
    const fits = await provider((reply) => reply.send(full));
    expect(await call(fits)).toEqual(dataOf(full));
    const tooLong = await provider((reply) => reply.send(`${full} `));
    expect(await call(tooLong)).toMatchObject({ kind: 'refused' });
  });

  test('that is an error of the provider is transient trouble, however long it is', async () => {
    const server = await provider((reply) => reply.code(502).send(`${full} `));
    expect(await call(server)).toEqual({ kind: 'transient', reason: 'HTTP 502', tries: 1 });
  });

  test.each<[string, string | Uint8Array, string]>([
    ['empty', '', 'empty'],
    ['an empty object', '{}', 'foreign-record'],
    ['a record without its data', '{"location":{"name":"Ulm","lat":48.4,"lon":9.99}}', 'incomplete'],
    ['a record with empty data', '{"location":{"name":"Ulm"},"current":{}}', 'incomplete'],
    ['a record with null for its data', '{"location":{"name":"Ulm"},"current":null}', 'incomplete'],
    ['Latin-1', Buffer.from(data.replace('Marysville', 'Zürich'), 'latin1'), 'not-utf8'],
    ['two byte-order marks', `\ufeff\ufeff${data}`, 'not-json'],
    ['an array of records', `[${data}]`, 'not-one-record'],
    ['a record in a string', JSON.stringify(data), 'not-one-record'],
    ['several records', `${data}\n${data}`, 'not-one-record'],
    ['a line feed in a text', data.replace('ville', '\nville'), 'not-json'],
    ['a carriage return in a text', data.replace('ville', '\rville'), 'not-json'],
    ['a line break in a name', data.replace('temp_c', 'temp\r\n_c'), 'not-json'],
    ['a line break in a number', data.replace('21.4', '21\n.4'), 'not-json'],
    ['a bulk answer', `{"bulk":[{"query":${data}},{"query":${data}}]}`, 'not-one-record'],
    ['a record with a member named twice', `{"location":{"lat":2},${data.slice(1)}`, 'ambiguous'],
    [
      'too deep',
      `{"location":{"lat":2},"current":{"uv":1},"x":${'['.repeat(500)}${']'.repeat(500)}}`,
      'too-deep',
    ],
    ['gzip', gzipSync(data), 'not-utf8'],
  ])(
    'that convert would refuse is refused, in our own words: %s [unusable-answer]',
    async (_what, body, code) => {
      const server = await provider((reply) => reply.type('application/json').send(Buffer.from(body)));
      const reason = `HTTP 200, but convert would refuse the body: ${code}`;
      expect(await call(server)).toEqual({ kind: 'refused', reason, tries: 1 });
    },
  );

  test('is counted as it is unpacked [endless-answer]', async () => {
    const server = await provider((reply) =>
      reply.header('content-encoding', 'gzip').send(gzipSync(`{"filler":"${'x'.repeat(10_000_000)}"}`)),
    );
    expect(await call(server)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('more than 65536 bytes'),
    });
  });

  test('that never ends is hung up on [endless-answer]', async () => {
    const ended: Promise<unknown>[] = [];
    const server = await provider((reply) => {
      ended.push(new Promise((resolve) => reply.raw.once('close', () => resolve('hung up'))));
      const chunk = Buffer.alloc(16_384, 'x');
      return reply.send(Readable.from(Array.from({ length: 100_000 }, () => chunk)));
    });
    await call(server);
    expect(await Promise.all(ended)).toEqual(['hung up']);
  });
});

describe('a body that repeats the key', () => {
  const secret = 'CANARY+"key"/%1';
  test.each([
    ['as it is', secret],
    ['as the URL has it', `/v1/current.json?${new URLSearchParams({ q: 'Melbourne', key: secret })}`],
    ['as a path has it', encodeURIComponent(secret)],
  ])('is not data, is not asked for again, and is not quoted: %s [key-in-answer]', async (_how, echo) => {
    const server = await provider((reply) => reply.send({ location: { name: 'Melbourne' }, request: echo }));
    expect(await call(server, { aws: new FakeSecrets(secret) })).toEqual({
      kind: 'location-failed',
      reason: 'HTTP 200, but the body repeats the API key: not landed',
      tries: 1,
    });
    expect(server.arrivals).toHaveLength(1);
  });
});

describe('a redirect', () => {
  test.each([301, 302, 303, 307, 308])('is never followed: HTTP %i [redirect]', async (status) => {
    const elsewhere = await provider((reply) => reply.send(data));
    const server = await provider((reply, _nth, { url }) =>
      reply.code(status).header('location', elsewhere.url.replace('/v1', url)).send(),
    );
    expect(await call(server)).toEqual({
      kind: 'redirected',
      reason: `HTTP ${status}: a redirect, which is never followed`,
      tries: 1,
    });
    expect(elsewhere.arrivals).toEqual([]);
  });
});

describe('Retry-After', () => {
  const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();

  test.each([
    ['2', 2_000],
    ['3600', 3_600_000],
    [inAnHour, expect.closeTo(3_600_000, -5)],
  ])('of %s is handed on, with any status [retry-after]', async (value, retryAfter) => {
    for (const status of [429, 503]) {
      const server = await provider((reply) => reply.code(status).header('retry-after', value).send());
      const reason = expect.stringMatching(new RegExp(`^HTTP ${status}, asking to wait \\d+ s$`));
      expect(await call(server)).toEqual({ kind: 'transient', reason, retryAfter, tries: 1 });
    }
  });

  test.each(['0', 'soon', new Date(0).toUTCString()])(
    'of %s asks for nothing [retry-after]',
    async (value) => {
      const server = await provider((reply) => reply.code(429).header('retry-after', value).send());
      expect(await call(server)).toEqual({ kind: 'transient', reason: 'HTTP 429', tries: 1 });
    },
  );
});

describe('the signal', () => {
  test('ends a call that waits for an answer', async () => {
    const server = await standIn();
    const answer = await call(server, { q: 'fail:slow', signal: AbortSignal.timeout(50) });
    expect(answer).toEqual({ kind: 'transient', reason: 'the run was out of time', tries: 1 });
  });
});

describe('a refused key', () => {
  /** The secret as it was read by an earlier call, and then rotated. */
  async function rotated(url: string, { to }: { to: string }) {
    const aws = new FakeSecrets('first');
    const key = new ApiKey(aws.client, 'key');
    await key.get();
    aws.secret = to;
    return { aws, api: new WeatherApi(url, key, tryTimeout) };
  }

  test('is read again once, and a rotated one succeeds', async () => {
    const server = await standIn({ key: 'second' });
    const { aws, api } = await rotated(server.url, { to: 'second' });
    expect(await api.call(weatherapiCurrent, { q: 'Melbourne' }, never)).toMatchObject({
      kind: 'data',
      tries: 2,
    });
    expect(server.requests.map(({ status }) => status)).toEqual([401, 200]);
    expect(aws.reads).toBe(2);
    await api.call(weatherapiCurrent, { q: 'Melbourne' }, never);
    expect(server.requests.map(({ status }) => status)).toEqual([401, 200, 200]);
  });

  test('ends the call when the secret still holds it', async () => {
    const server = await standIn({ key: 'second' });
    const { aws, api } = await rotated(server.url, { to: 'first' });
    expect(await api.call(weatherapiCurrent, { q: 'Melbourne' }, never)).toEqual({
      kind: 'key-refused',
      reason: 'HTTP 401 code 2006: API key is invalid',
      tries: 1,
    });
    expect(aws.reads).toBe(2);
  });

  test('ends the call when the rotated one is refused as well', async () => {
    const server = await standIn({ key: 'third' });
    const { aws, api } = await rotated(server.url, { to: 'second' });
    expect(await api.call(weatherapiCurrent, { q: 'Melbourne' }, never)).toMatchObject({
      kind: 'key-refused',
      tries: 2,
    });
    expect(aws.reads).toBe(2);
  });

  test('fails the call when the secret cannot be read again', async () => {
    const server = await standIn({ key: 'second' });
    const { aws, api } = await rotated(server.url, { to: 'second' });
    aws.failure = new Error('AccessDenied');
    await expect(api.call(weatherapiCurrent, { q: 'Melbourne' }, never)).rejects.toThrow('AccessDenied');
  });
});

test('a secret that cannot be read fails the call before anything is asked', async () => {
  const server = await standIn();
  const aws = new FakeSecrets();
  aws.failure = new Error('AccessDenied');
  await expect(call(server, { aws })).rejects.toThrow('AccessDenied');
  expect(server.requests).toEqual([]);
});

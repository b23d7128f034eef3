import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { ApiKey } from '../../../functions/fetch/api-key.ts';
import {
  type Answer,
  type CallLimits,
  defaultLimits,
  WeatherApi,
} from '../../../functions/fetch/weatherapi.ts';
import { startWeatherApi } from '../../../local/weatherapi/server.ts';
import { FakeAws } from './aws.ts';
import { selfSigned } from './certificate.ts';

const quick: CallLimits = {
  tries: 3,
  tryTimeout: 4_000,
  backoff: 1,
  maxRetryAfter: 2_000,
  maxBody: 100_000,
};
/** For what never answers; the other tests leave a busy computer its time. */
const hurried: CallLimits = { ...quick, tryTimeout: 200 };
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
  aws?: FakeAws;
  limits?: CallLimits;
  signal?: AbortSignal;
}

function call(
  { url }: { url: string },
  { q = 'Melbourne', aws = new FakeAws('first'), limits = quick, signal = never }: Call = {},
): Promise<Answer> {
  return new WeatherApi(url, new ApiKey(aws.client, 'key'), limits).call('current.json', { q }, signal);
}

describe('a call', () => {
  test('gives the body as it came', async () => {
    const body = '{ "location": {"name": "Zürich"},\r\n "current": {"temp_c": 1.0} }\n';
    const server = await provider((reply) => reply.type('application/json').send(body));
    expect(await call(server)).toEqual({ kind: 'data', body, tries: 1 });
  });

  test('asks the endpoint below the base URL with the query, the place and the key', async () => {
    const asked: unknown[] = [];
    const server = await provider((reply, _nth, { query }) => {
      asked.push(query);
      return reply.send(data);
    });
    const api = new WeatherApi(`${server.url}/`, new ApiKey(new FakeAws('a+b/c=&d').client, 'key'), quick);
    await api.call('current.json', { aqi: 'yes', q: 'São Paulo, Brazil' }, never);
    expect(asked).toEqual([{ aqi: 'yes', q: 'São Paulo, Brazil', key: 'a+b/c=&d' }]);
  });

  test('has limits that fit into a run, unless it is told others', () => {
    const { tries, tryTimeout, backoff } = defaultLimits;
    expect(tries * tryTimeout + backoff * (2 ** (tries - 1) - 1)).toBeLessThan(60_000);
  });

  test.each(['fail:500x2', 'fail:503x2', 'fail:9999x1', 'fail:cutx2', 'fail:malformedx1', 'fail:htmlx2'])(
    'gets the data in the end when trouble passes: %s',
    async (q) => {
      const server = await standIn();
      const answer = await call(server, { q });
      expect(answer).toMatchObject({ kind: 'data', body: expect.stringContaining('"temp_c"') });
      expect(server.requests).toHaveLength(answer.tries);
    },
  );

  test.each([
    ['fail:500', 'HTTP 500 (after 3 tries)'],
    ['fail:502', 'HTTP 502 (after 3 tries)'],
    ['fail:503', 'HTTP 503 (after 3 tries)'],
    ['fail:504', 'HTTP 504 (after 3 tries)'],
    ['fail:9999', 'HTTP 400 code 9999: internal error of the provider (after 3 tries)'],
    ['fail:error200', 'HTTP 200 code 9999: internal error of the provider (after 3 tries)'],
    ['fail:malformed', 'HTTP 200, but the body is not a JSON object (after 3 tries)'],
    ['fail:html', 'HTTP 200, but the body is not a JSON object (after 3 tries)'],
    ['fail:cut', 'connection failed: UND_ERR_SOCKET (after 3 tries)'],
    ['fail:huge', 'HTTP 200 with a body of more than 100000 bytes (after 3 tries)'],
  ])('ends without data after exactly three requests when trouble stays: %s', async (q, reason) => {
    const server = await standIn();
    expect(await call(server, { q })).toEqual({ kind: 'retry', reason, tries: 3 });
    expect(server.requests).toHaveLength(3);
  });

  test.each([
    ['fail:1002', 'run-failed'],
    ['fail:1003', 'location-failed'],
    ['fail:1005', 'location-failed'],
    ['fail:1006', 'location-failed'],
    ['fail:2007', 'quota-spent'],
    ['fail:2008', 'run-failed'],
    ['fail:2009', 'run-failed'],
    ['fail:9000', 'run-failed'],
    ['fail:9001', 'run-failed'],
    ['fail:redirect', 'run-failed'],
  ])('does not try again what cannot change: %s is %s', async (q, kind) => {
    const server = await standIn();
    expect(await call(server, { q })).toMatchObject({ kind, tries: 1 });
    expect(server.requests).toHaveLength(1);
  });
});

describe('a connection', () => {
  test('that is refused is tried three times, and told by its code', async () => {
    const app = fastify();
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    await app.close();
    expect(await call({ url: `http://127.0.0.1:${port}/v1` })).toEqual({
      kind: 'retry',
      reason: 'connection failed: ECONNREFUSED (after 3 tries)',
      tries: 3,
    });
  });

  test('to a server whose certificate nobody vouches for is not used: no request is sent, and so no key', async () => {
    const app = fastify({ https: selfSigned, forceCloseConnections: true });
    const urls: string[] = [];
    app.get('*', ({ url }, reply) => {
      urls.push(url);
      return reply.send(data);
    });
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    closers.push(() => app.close());
    expect(await call({ url: `${url}/v1` })).toEqual({
      kind: 'retry',
      reason: 'connection failed: DEPTH_ZERO_SELF_SIGNED_CERT (after 3 tries)',
      tries: 3,
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
  ])('that brings %s fails the try, never the run', async (_what, bytes) => {
    const server = await provider((reply) => reply.hijack().raw.socket?.end(bytes));
    expect(await call(server)).toMatchObject({ kind: 'retry', tries: 3 });
    expect(server.arrivals).toHaveLength(3);
  });

  test('that brings no answer in time is tried three times', async () => {
    const server = await standIn();
    expect(await call(server, { q: 'fail:slow', limits: hurried })).toEqual({
      kind: 'retry',
      reason: 'no answer within 0.2 s (after 3 tries)',
      tries: 3,
    });
    expect(server.requests).toHaveLength(3);
  });

  test('that is slow, but not too slow, brings its data at the first try', async () => {
    const server = await provider(async (reply) => {
      reply.hijack().raw.writeHead(200, { 'content-type': 'application/json' });
      reply.raw.write(data.slice(0, 20));
      await delay(quick.tryTimeout / 10);
      reply.raw.write(data.slice(20));
      reply.raw.end();
    });
    expect(await call(server)).toEqual({ kind: 'data', body: data, tries: 1 });
  });

  test('that stalls in the middle of a body is given up like one that never answers', async () => {
    const server = await provider((reply) => {
      reply.hijack().raw.writeHead(200, { 'content-type': 'application/json' }).write(data.slice(0, 20));
    });
    expect(await call(server, { limits: { ...hurried, tries: 1 } })).toEqual({
      kind: 'retry',
      reason: 'no answer within 0.2 s',
      tries: 1,
    });
  });
});

describe('a body', () => {
  const full = `{"filler":"${'x'.repeat(quick.maxBody - '{"filler":""}'.length)}"}`;

  test('of as many bytes as allowed is data, and one byte more is not', async () => {
    const fits = await provider((reply) => reply.send(full));
    expect(await call(fits)).toEqual({ kind: 'data', body: full, tries: 1 });
    const tooLong = await provider((reply) => reply.send(`${full} `));
    expect(await call(tooLong)).toMatchObject({ kind: 'retry', tries: 3 });
  });

  test('is counted as it is unpacked', async () => {
    const server = await provider((reply) =>
      reply.header('content-encoding', 'gzip').send(gzipSync(`{"filler":"${'x'.repeat(10_000_000)}"}`)),
    );
    expect(await call(server)).toMatchObject({
      kind: 'retry',
      reason: expect.stringContaining('more than 100000 bytes'),
    });
  });

  test('that never ends is hung up on', async () => {
    const ended: Promise<unknown>[] = [];
    const server = await provider((reply) => {
      ended.push(new Promise((resolve) => reply.raw.once('close', () => resolve('hung up'))));
      const chunk = Buffer.alloc(16_384, 'x');
      return reply.send(Readable.from(Array.from({ length: 100_000 }, () => chunk)));
    });
    await call(server);
    expect(await Promise.all(ended)).toEqual(['hung up', 'hung up', 'hung up']);
  });
});

describe('a body that repeats the key', () => {
  const secret = 'CANARY+"key"/%1';
  test.each([
    ['as it is', secret],
    ['as the URL has it', `/v1/current.json?${new URLSearchParams({ q: 'Melbourne', key: secret })}`],
    ['as a path has it', encodeURIComponent(secret)],
  ])('%s is no data, is not asked for again, and is not quoted', async (_how, echo) => {
    const server = await provider((reply) => reply.send({ location: { name: 'Melbourne' }, request: echo }));
    expect(await call(server, { aws: new FakeAws(secret) })).toEqual({
      kind: 'location-failed',
      reason: 'HTTP 200, but the body repeats the API key: not landed',
      tries: 1,
    });
    expect(server.arrivals).toHaveLength(1);
  });
});

describe('a redirect', () => {
  test.each([301, 302, 303, 307, 308])('is never followed: HTTP %i', async (status) => {
    const elsewhere = await provider((reply) => reply.send(data));
    const server = await provider((reply, _nth, { url }) =>
      reply.code(status).header('location', elsewhere.url.replace('/v1', url)).send(),
    );
    expect(await call(server)).toEqual({
      kind: 'run-failed',
      reason: `HTTP ${status}: a redirect, which is never followed`,
      tries: 1,
    });
    expect(elsewhere.arrivals).toEqual([]);
  });
});

describe('Retry-After', () => {
  const asking = (value: string) => (reply: FastifyReply, nth: number) =>
    nth === 1 ? reply.code(429).header('retry-after', value).send() : reply.send(data);

  test('in seconds is waited for', async () => {
    const server = await provider(asking('1'));
    expect(await call(server)).toEqual({ kind: 'data', body: data, tries: 2 });
    const [first = 0, second = 0] = server.arrivals;
    expect(second - first).toBeGreaterThanOrEqual(990); // A timer may be some milliseconds early.
  });

  test('as an HTTP date is waited for', async () => {
    const date = new Date(Date.now() + 1_100).toUTCString();
    const server = await provider(asking(date));
    expect(await call(server)).toEqual({ kind: 'data', body: data, tries: 2 });
    expect(server.arrivals[1]).toBeGreaterThanOrEqual(Date.parse(date) - 10);
  });

  test('counts with other statuses than 429, too', async () => {
    const server = await provider((reply) => reply.code(503).header('retry-after', '3600').send());
    expect(await call(server)).toMatchObject({ reason: 'HTTP 503, asking to wait 3600 s', tries: 1 });
  });

  test.each(['3', '3600', new Date(Date.now() + 3_600_000).toUTCString()])(
    'of longer than is worth waiting for ends the call at once: %s',
    async (value) => {
      const server = await provider(asking(value));
      expect(await call(server)).toEqual({
        kind: 'retry',
        reason: expect.stringMatching(/^HTTP 429, asking to wait \d+ s$/),
        tries: 1,
      });
      expect(server.arrivals).toHaveLength(1);
    },
  );

  test.each(['0', 'soon', new Date(0).toUTCString()])('of %s is tried again soon', async (value) => {
    const server = await provider(asking(value));
    expect(await call(server)).toMatchObject({ kind: 'data', tries: 2 });
  });
});

describe('the signal', () => {
  test('ends a call that waits for an answer', async () => {
    const server = await standIn();
    const answer = await call(server, { q: 'fail:slow', signal: AbortSignal.timeout(50) });
    expect(answer).toEqual({ kind: 'retry', reason: 'the run was out of time', tries: 1 });
  });

  test('ends a call that waits for its next try, and gives the reason', async () => {
    const stop = new AbortController();
    const server = await provider((reply) => {
      setTimeout(() => stop.abort('the run was stopped: for a test'), 50);
      return reply.code(429).header('retry-after', '2').send();
    });
    expect(await call(server, { signal: stop.signal })).toEqual({
      kind: 'retry',
      reason: 'the run was stopped: for a test',
      tries: 1,
    });
    expect(server.arrivals).toHaveLength(1);
  });
});

describe('a refused key', () => {
  /** The secret as it was read by an earlier call, and then rotated. */
  async function rotated(url: string, { to }: { to: string }) {
    const aws = new FakeAws('first');
    const key = new ApiKey(aws.client, 'key');
    await key.get();
    aws.secret = to;
    return { aws, api: new WeatherApi(url, key, quick) };
  }

  test('is read again once, and a rotated one succeeds', async () => {
    const server = await standIn({ key: 'second' });
    const { aws, api } = await rotated(server.url, { to: 'second' });
    expect(await api.call('current.json', { q: 'Melbourne' }, never)).toMatchObject({
      kind: 'data',
      tries: 2,
    });
    expect(server.requests.map(({ status }) => status)).toEqual([401, 200]);
    expect(aws.secretReads).toBe(2);
    await api.call('current.json', { q: 'Melbourne' }, never);
    expect(server.requests.map(({ status }) => status)).toEqual([401, 200, 200]);
  });

  test('is not used again by the tries that follow', async () => {
    const server = await standIn({ key: 'second' });
    const { api } = await rotated(server.url, { to: 'second' });
    expect(await api.call('current.json', { q: 'fail:500x1' }, never)).toMatchObject({
      kind: 'data',
      tries: 3,
    });
    expect(server.requests.map(({ status }) => status)).toEqual([401, 500, 200]);
  });

  test('ends the call when the secret still holds it', async () => {
    const server = await standIn({ key: 'second' });
    const { aws, api } = await rotated(server.url, { to: 'first' });
    expect(await api.call('current.json', { q: 'Melbourne' }, never)).toEqual({
      kind: 'key-refused',
      reason: 'HTTP 401 code 2006: API key is invalid',
      tries: 1,
    });
    expect(aws.secretReads).toBe(2);
  });

  test('ends the call when the rotated one is refused as well', async () => {
    const server = await standIn({ key: 'third' });
    const { aws, api } = await rotated(server.url, { to: 'second' });
    expect(await api.call('current.json', { q: 'Melbourne' }, never)).toMatchObject({
      kind: 'key-refused',
      tries: 2,
    });
    expect(aws.secretReads).toBe(2);
  });

  test('fails the call when the secret cannot be read again', async () => {
    const server = await standIn({ key: 'second' });
    const { aws, api } = await rotated(server.url, { to: 'second' });
    aws.failure = new Error('AccessDenied');
    await expect(api.call('current.json', { q: 'Melbourne' }, never)).rejects.toThrow('AccessDenied');
  });
});

test('a secret that cannot be read fails the call before anything is asked', async () => {
  const server = await standIn();
  const aws = new FakeAws();
  aws.failure = new Error('AccessDenied');
  await expect(call(server, { aws })).rejects.toThrow('AccessDenied');
  expect(server.requests).toEqual([]);
});

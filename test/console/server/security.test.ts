import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { type ConsoleServer, startServer } from '../../../console/server/server.ts';
import type { LiveStack } from '../../../operations/live/live-stack.ts';

const token = 'token-of-this-start';
let server: ConsoleServer;
let asked: string[];
let app: FastifyInstance;
/** Each that the server has, whoever registered it. */
const routes: { readonly method: string; readonly path: string }[] = [];

const watch = (message: unknown) => {
  app = (message as { fastify: FastifyInstance }).fastify;
  app.addHook('onRoute', ({ method, path }) => {
    for (const each of [method].flat()) routes.push({ method: each, path });
  });
};

/** Says what it was asked for, and does nothing. */
const live = {
  flow: () => {
    asked.push('flow');
    return {};
  },
  activities: {
    list: () => [],
    begin: (title: string) => {
      asked.push(title);
      return { id: 'entry', step: () => {} };
    },
  },
  now: () => new Date(),
  signal: new AbortController().signal,
  hear: () => () => {},
} as unknown as LiveStack;

beforeAll(async () => {
  asked = [];
  const page = new Map([['/', { type: 'text/html; charset=utf-8', body: 'the page' }]]);
  subscribe('fastify.initialization', watch);
  server = await startServer(live, { ports: [0], token, page });
  unsubscribe('fastify.initialization', watch);
});
afterAll(() => server.close());

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** As it is, with any Host and any path: `fetch` would tidy both up. */
async function ask({ method = 'GET', path = '/api/flow', headers = {}, body }: Asked) {
  asked = [];
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const { port } = server;
    request({ host: '127.0.0.1', port, method, path, headers }, resolve).on('error', reject).end(body);
  });
  const text = (await response.setEncoding('utf8').toArray()).join('');
  return { status: response.statusCode, text, headers: response.headers };
}
const action = { method: 'POST', path: '/api/actions', body: '{"kind":"reconcile"}' };
const json = { 'content-type': 'application/json' };
const own = () => `http://127.0.0.1:${server.port}`;

describe('a request', () => {
  test.each(['evil.example', '127.0.0.1', '127.0.0.1:1', 'localhost.evil.example', '[::1]'])(
    'for the host "%s" is refused: its name may resolve to this computer [page-host]',
    async (host) => {
      const { status } = await ask({ headers: { host } });
      expect([status, asked]).toEqual([421, []]);
    },
  );

  test.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:1' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('of another page is refused: %j [page-origin]', async (headers) => {
    const reading = await ask({ headers });
    expect([reading.status, asked]).toEqual([403, []]);
    const acting = await ask({ ...action, headers: { ...headers, ...json, 'x-console-token': token } });
    expect([acting.status, asked]).toEqual([403, []]);
  });

  test.each([undefined, '', 'token-of-an-earlier-start', `${token} `.repeat(2), token.toUpperCase()])(
    'that changes something with the token %j is refused [page-token]',
    async (given) => {
      const headers = given === undefined ? json : { ...json, 'x-console-token': given };
      const { status } = await ask({ ...action, headers });
      expect([status, asked]).toEqual([403, []]);
    },
  );

  test('of the page, with its token, is answered', async () => {
    const origin = { origin: own(), 'sec-fetch-site': 'same-origin' };
    const { status, text } = await ask({
      ...action,
      headers: { ...origin, ...json, 'x-console-token': token },
    });
    expect([status, JSON.parse(text), asked]).toEqual([202, { activityId: 'entry' }, ['reconcile']]);
    expect((await ask({ headers: { host: `localhost:${server.port}` } })).status).toBe(200);
  });

  test('to any route that is not a GET needs the token, too [page-token]', async () => {
    expect(routes).toEqual(
      expect.arrayContaining([
        { method: 'POST', path: '/api/actions' },
        { method: 'PUT', path: '/api/files' },
        { method: 'POST', path: '/api/letters/:id/edit' },
        { method: 'POST', path: '/api/break' },
        { method: 'POST', path: '/api/query' },
      ]),
    );
    for (const route of routes.filter(({ method }) => method !== 'GET')) {
      const path = route.path.replaceAll(/:\w+/g, 'x');
      for (const method of [route.method, 'DELETE', 'PATCH', 'OPTIONS']) {
        const { status } = await ask({ method, path, headers: json, body: '{}' });
        expect({ method, path, status, asked }).toEqual({ method, path, status: 403, asked: [] });
      }
    }
  });

  test.each([
    '/../package.json',
    '/..%2fpackage.json',
    '/%2e%2e/%2e%2e/etc/passwd',
    '//etc/passwd',
    '/main.js/../../package.json',
    '/etc/passwd%00.js',
    '/.git/config',
    '/index.html',
    '/%',
  ])('for %s finds nothing [page-paths]', async (path) => {
    const { status, text } = await ask({ path });
    expect([400, 404]).toContain(status);
    expect(text).not.toMatch(/tdf-weather|root:/);
  });

  test('for an action that does not exist is answered with all that is wrong with it', async () => {
    const headers = { ...json, 'x-console-token': token };
    const body = JSON.stringify({
      kind: 'backfill',
      dataset: 'weather',
      from: '2026-02-30',
      to: '2026-11-26',
    });
    const { status, text } = await ask({ ...action, body, headers });
    expect([status, asked]).toEqual([400, []]);
    expect(JSON.parse(text).message).toMatch(
      /^dataset: expected one of .*; from: expected a day that exists/,
    );
  });
});

describe('an answer', () => {
  test.each(['/', '/api/flow', '/nothing'])(
    'to %s loads nothing from elsewhere, and is not kept [page-policy]',
    async (path) => {
      const { headers } = await ask({ path });
      expect(headers).toMatchObject({
        'content-security-policy': expect.stringMatching(/^default-src 'self';.*frame-ancestors 'none'/),
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      });
      expect(headers).not.toHaveProperty('access-control-allow-origin');
    },
  );

  test('is for this computer only', () => {
    expect(server.url).toBe(`${own()}/`);
    expect(app.addresses()).toEqual([{ address: '127.0.0.1', family: 'IPv4', port: server.port }]);
  });
});

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ConsoleServer, startServer } from '../../../console/server/server.ts';
import type { LiveEvent } from '../../../operations/live/live-event.ts';
import type { LiveStack } from '../../../operations/live/live-stack.ts';
import { until } from '../../local/until.ts';

let server: ConsoleServer;
const listeners = new Set<(event: LiveEvent) => void>();

/** Who hears without a page: the server itself. */
const own = 1;

const live = {
  flow: () => ({ now: 'at first' }),
  hear: (listener: (event: LiveEvent) => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  signal: new AbortController().signal,
} as unknown as LiveStack;

beforeAll(async () => {
  server = await startServer(live, { ports: [0], page: new Map() });
});
afterAll(() => server.close());

async function listen() {
  const stop = new AbortController();
  const response = await fetch(`${server.url}api/events`, { signal: stop.signal });
  let heard = '';
  const reading = (async () => {
    for await (const part of response.body ?? []) heard += new TextDecoder().decode(part);
  })().catch(() => {});
  return { response, heard: () => heard, end: () => stop.abort(), reading };
}

test('a page hears the flow at once, then each event as it is, and nobody speaks to it once it is closed', async () => {
  const page = await listen();
  expect(page.response.headers.get('content-type')).toBe('text/event-stream');
  expect(page.response.headers.get('content-security-policy')).toMatch(/^default-src 'self'/);
  await until(() => listeners.size === own + 1 && page.heard().includes('\n\ndata: '));
  expect(page.heard()).toBe('retry: 1000\n\ndata: {"type":"flow","flow":{"now":"at first"}}\n\n');
  const event: LiveEvent = { type: 'object', bucket: 'raw', key: 'a\n\ndata: b', isRemoved: false };
  for (const tell of listeners) tell(event);
  await until(() => page.heard().split('\n\n').length === 4);
  // A line break in a name cannot make an event of its own.
  expect(JSON.parse(page.heard().split('\n\n')[2]?.slice('data: '.length) ?? '')).toEqual(event);
  page.end();
  await until(() => listeners.size === own);
});

test('a page that comes later hears that the code does not build, until it does', async () => {
  const failed: LiveEvent = { type: 'reload-failed', reason: 'Expected ";"' };
  const first = async () => {
    const page = await listen();
    await until(() => page.heard().includes('at first') && listeners.size === own + 1);
    page.end();
    await until(() => listeners.size === own);
    return page.heard();
  };
  for (const tell of listeners) tell(failed);
  expect(await first()).toContain(JSON.stringify(failed));
  for (const tell of listeners) tell({ type: 'reloaded', functions: [], milliseconds: 1 });
  expect(await first()).not.toContain('reload-failed');
});

test('a server that is stopped ends what pages hear', async () => {
  const page = await listen();
  await until(() => listeners.size === own + 1);
  await server.close();
  await page.reading;
  expect(listeners.size).toBe(0);
});

import { mkdtemp, rm } from 'node:fs/promises';
import { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { startRuntime } from '../../local/runtime.ts';
import { readTemplate } from '../../local/template.ts';
import { startWeatherApi } from '../../local/weatherapi/server.ts';
import { assemblyDirectory } from '../assembly.ts';

const { listen } = Server.prototype;
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  Server.prototype.listen = listen;
  for (const close of closers.splice(0)) await close();
});

/** Every server that this process listens with from now on, whoever starts it. */
function watchServers(): Server[] {
  const servers: Server[] = [];
  Server.prototype.listen = function (this: Server, ...args: unknown[]) {
    servers.push(this);
    return Reflect.apply(listen, this, args);
  } as typeof listen;
  return servers;
}

test('all that the runtime and the stand-in listen on is 127.0.0.1 [loopback]', async () => {
  const servers = watchServers();
  const stateDir = await mkdtemp(join(tmpdir(), 'loopback-'));
  closers.unshift(() => rm(stateDir, { recursive: true }));
  const api = await startWeatherApi({ key: 'key', now: () => new Date() });
  closers.unshift(() => api.close());
  const template = await readTemplate(assemblyDirectory());
  const runtime = await startRuntime({ template, stateDir, environment: { WEATHERAPI_URL: api.url } });
  closers.unshift(() => runtime.close());
  const { ok } = await runtime.runSchedule('reconcile-schedule', new Date());
  expect(ok).toBe(true);

  const addresses = servers.map((server) => server.address());
  const local = (url: string) => ({ address: '127.0.0.1', family: 'IPv4', port: Number(new URL(url).port) });
  expect(new Set(addresses)).toEqual(new Set([runtime.emulator.endpoint, api.url].map(local)));
});

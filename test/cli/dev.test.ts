import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { isLocked } from '../../local/aws/state-lock.ts';
import { isRunning, until } from '../local/until.ts';
import { useAssembly } from './state.ts';

let state: string;
let child: ChildProcess;
let said: string;

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'dev-'));
  await useAssembly(state);
});
afterEach(async () => {
  if (child.exitCode === null) child.kill('SIGKILL');
  await rm(state, { recursive: true });
});

async function dev(...args: readonly string[]): Promise<void> {
  child = spawn(process.execPath, ['cli/tdf.js', 'dev', '--state', state, ...args], {
    stdio: 'pipe',
    // Jest's own copy, in which a test may set something.
    env: process.env,
  });
  said = '';
  for (const output of [child.stdout, child.stderr])
    output?.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
  await until(() => said.includes('--endpoint-url') || child.exitCode !== null);
}
const pageUrl = () => /http:\/\/127\.0\.0\.1:\d+\//.exec(said)?.[0] ?? '';

/** Processes that the command has started, and theirs. */
async function descendants(pid: number): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    if (Number(/\) \S (\d+)/.exec(stat)?.[1]) === pid)
      found.push(Number(entry), ...(await descendants(Number(entry))));
  }
  return found;
}

test('serves the page until Ctrl-C, which leaves no process, no lock, and the state', async () => {
  await dev('--location', 'Oslo', '--fill', '1');
  const page = await fetch(pageUrl());
  expect(await page.text()).toContain('<meta name="console-token"');
  await until(() => /current, the last 1 day: \d+ objects landed/.test(said));
  const started = existsSync('/proc') ? await descendants(Number(child.pid)) : [];
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  expect([code, said.trimEnd().split('\n').at(-1)]).toEqual([0, `Stopped. Everything is kept in ${state}.`]);
  await until(() => !started.some(isRunning));
  expect(isLocked(state)).toBe(false);
  expect(await readdir(join(state, 's3', 'raw', 'weatherapi'))).toContain('current');
});

test('no process that it starts has the API key in its environment', async () => {
  process.env.WEATHERAPI_KEY = 'the-key-of-this-test';
  await dev('--location', 'Oslo');
  delete process.env.WEATHERAPI_KEY;
  expect(said).toContain('WEATHERAPI_KEY is set');
  const started = existsSync('/proc') ? await descendants(Number(child.pid)) : [];
  for (const pid of started)
    expect(await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).not.toContain(
      'the-key-of-this-test',
    );
  child.kill('SIGINT');
  await once(child, 'close');
});

test('says so when the port that was asked for is taken, and leaves nothing running', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  await dev('--port', String(port));
  other.close();
  expect([child.exitCode, said]).toEqual([
    1,
    expect.stringContaining(`Port ${port} is taken. Type another one: --port`),
  ]);
  expect(isLocked(state)).toBe(false);
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { FunctionRuntime, type FunctionSettings } from '../../../local/lambda/function-runtime.ts';
import type { InvocationFault } from '../../../local/lambda/sandbox.ts';

jest.setTimeout(20_000); // Processes start slowly on a busy computer.

/** Answers with its process, its time and the time that it has left. */
const code = `export const handler = (event, context) => ({
  pid: process.pid, now: [Date.now(), new Date().getTime(), Date.parse(Date())], given: new Date(0).getTime(),
  left: context.getRemainingTimeInMillis() });`;

interface Answer {
  pid: number;
  now: number[];
  given: number;
  left: number;
}

let directory: string;
let runtime: FunctionRuntime;
let fault: InvocationFault | undefined;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sandbox-faults-'));
  await writeFile(path.join(directory, 'index.mjs'), code);
  fault = undefined;
});
afterEach(async () => {
  await runtime.close();
  await rm(directory, { recursive: true });
});

function start(settings: Partial<FunctionSettings> = {}): void {
  runtime = new FunctionRuntime({
    name: 'function',
    directory,
    handler: 'index.handler',
    environment: {},
    memory: 128,
    timeout: 10_000,
    onLog: () => {},
    fault: () => fault,
    ...settings,
  });
}

async function answer(): Promise<Answer> {
  const invocation = await runtime.invoke({});
  if (!invocation.ok) throw new Error(invocation.error.message);
  return invocation.response as Answer;
}

test('a sandbox that was frozen and thawed works on, and is used again', async () => {
  start();
  const { pid } = await answer();
  let thawed = 0;
  fault = {
    before: (sandbox) => {
      sandbox.freeze();
      sandbox.thaw();
      thawed += 1;
    },
  };
  expect([(await answer()).pid, (await answer()).pid]).toEqual([pid, pid]);
  expect(thawed).toBe(2);
});

test('a sandbox that stays frozen is timed out, and replaced', async () => {
  start();
  const { pid } = await answer();
  fault = { timeout: 200, before: (sandbox) => sandbox.freeze() };
  expect(await runtime.invoke({})).toMatchObject({ error: { type: 'Sandbox.Timedout' } });
  fault = undefined;
  expect((await answer()).pid).not.toBe(pid);
});

test('an invocation with too little memory dies of it, and the next has what is declared', async () => {
  start();
  fault = { memory: 3 };
  expect(await runtime.invoke({})).toMatchObject({
    // How V8 dies of it depends on the platform.
    error: { type: 'Runtime.ExitError', message: expect.stringMatching(/ended with (SIG|exit code [1-9])/) },
  });
  fault = undefined;
  expect((await answer()).pid).toBeGreaterThan(0);
});

test('a clock that is a day ahead is ahead everywhere, and changes neither given times nor the deadline', async () => {
  const day = 86_400_000;
  start({ clockAhead: day });
  const before = Date.now();
  const { now, given, left } = await answer();
  for (const time of now) expect(Math.abs(time - day - before)).toBeLessThan(10_000);
  expect(given).toBe(0);
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(10_000);
});

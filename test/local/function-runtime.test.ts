import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FunctionRuntime, type FunctionSettings } from '../../local/lambda/function-runtime.ts';
import type { Invocation, InvocationFault } from '../../local/lambda/sandbox.ts';
import { isRunning, until } from './until.ts';

let directory: string;
let deployed: FunctionRuntime;
let lines: string[];
let fault: InvocationFault | undefined;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bundle-'));
  lines = [];
  fault = undefined;
});
afterEach(async () => {
  await deployed?.close();
  await rm(directory, { recursive: true });
});

/** A function of this code, which has to export `handler`. */
async function deploy(code: string, settings: Partial<FunctionSettings> = {}): Promise<FunctionRuntime> {
  await writeFile(path.join(directory, 'index.mjs'), code);
  deployed = new FunctionRuntime({
    name: 'convert',
    directory,
    handler: 'index.handler',
    environment: {},
    memory: 128,
    timeout: 30_000,
    onLog: (line) => lines.push(line),
    fault: () => fault,
    ...settings,
  });
  return deployed;
}

async function answerOf<T>(invocation: Promise<Invocation>): Promise<T> {
  const ended = await invocation;
  if (!ended.ok) throw new Error(`${ended.error.type}: ${ended.error.message}`);
  return ended.response as T;
}
const pidOf = (event: unknown = {}) => answerOf<number>(deployed.invoke(event));

describe('an invocation', () => {
  test('has the declared environment and nothing of ours', async () => {
    process.env.CANARY = 'ours';
    try {
      const environment = { RAW_BUCKET: 'raw', EMPTY: '' };
      const convert = await deploy('export const handler = () => process.env', { environment });
      // macOS adds a variable of its own to every process.
      const { __CF_USER_TEXT_ENCODING: _, ...found } = await answerOf<NodeJS.ProcessEnv>(convert.invoke({}));
      expect(found).toEqual(environment);
    } finally {
      delete process.env.CANARY;
    }
  });

  test('answers with what the handler returns for its event and context', async () => {
    const convert = await deploy(
      `export const handler = async (event, context) => ({
         event, id: context.awsRequestId, name: context.functionName, left: context.getRemainingTimeInMillis(),
       });`,
      { environment: { AWS_LAMBDA_FUNCTION_NAME: 'convert' }, timeout: 20_000 },
    );
    const event = { Records: [{ body: '{"°": "日本"}' }], none: null };
    const first = await answerOf<{ id: string; left: number }>(convert.invoke(event));
    expect(first).toMatchObject({ event, name: 'convert', id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(first.left).toBeGreaterThan(0);
    expect(first.left).toBeLessThanOrEqual(20_000);
    expect((await answerOf<{ id: string }>(convert.invoke(event))).id).not.toBe(first.id);
  });

  test.each([
    ['a thrown error', `() => { throw new TypeError('no rows') }`, { type: 'TypeError', message: 'no rows' }],
    [
      'a rejection',
      `async () => { throw Object.assign(new Error('try later'), { name: 'SlowDown' }) }`,
      { type: 'SlowDown', message: 'try later' },
    ],
    ['a thrown text', `() => { throw 'just text' }`, { type: 'Error', message: 'just text' }],
  ])('ends with %s by its name, and the sandbox stays', async (_name, handler, error) => {
    const convert = await deploy(
      `const fail = ${handler}; export const handler = (event) => event.fail ? fail() : process.pid;`,
    );
    const pid = await pidOf();
    expect(await convert.invoke({ fail: true })).toEqual({ ok: false, error });
    expect(await pidOf()).toBe(pid);
  });

  test('keeps the state of the module for the next, and answers null for nothing', async () => {
    const convert = await deploy(
      'let count = 0; export const handler = () => ++count === 2 ? undefined : count;',
    );
    const answers = [];
    for (let i = 0; i < 3; i++) answers.push(await answerOf(convert.invoke({})));
    expect(answers).toEqual([1, null, 3]);
  });

  test('at the same time as another runs in a sandbox of its own, and both are used again', async () => {
    const gate = path.join(directory, 'gate');
    const convert = await deploy(`
      import { existsSync } from 'node:fs';
      import { setTimeout as delay } from 'node:timers/promises';
      let count = 0;
      export const handler = async () => {
        count += 1;
        console.log('started');
        while (!existsSync(${JSON.stringify(gate)})) await delay(5);
        return { pid: process.pid, count };
      };`);
    const invoke = () => answerOf<{ pid: number; count: number }>(convert.invoke({}));
    const both = [invoke(), invoke()];
    await until(() => lines.length === 2);
    await writeFile(gate, '');
    const [one, two] = await Promise.all(both);
    expect([one?.count, two?.count]).toEqual([1, 1]);
    expect(one?.pid).not.toBe(two?.pid);
    expect(await invoke()).toMatchObject({ count: 2 });
  });
});

test.each([
  [
    'throws',
    `throw new RangeError('Missing environment variables: RAW_BUCKET');`,
    'index.handler',
    'RangeError',
    /RAW_BUCKET/,
  ],
  ['is not JavaScript', 'export const handler = (', 'index.handler', 'SyntaxError', /Unexpected/],
  ['lacks the handler', 'export const other = 1;', 'index.handler', 'Error', /no export "handler"/],
  ['is not there', '', 'main.handler', 'Error', /Cannot find module .*main\.mjs/],
])('a bundle that %s is reported by every invocation', async (_why, code, handler, type, message) => {
  const convert = await deploy(code, { handler });
  const error = { type, message: expect.stringMatching(message) };
  for (let i = 0; i < 2; i++) expect(await convert.invoke({})).toEqual({ ok: false, error });
});

describe('a sandbox that ends', () => {
  test('by its time-out, even in an endless loop, is gone and replaced', async () => {
    const convert = await deploy(
      'export const handler = (event) => { while (event.hang); return process.pid; };',
      // A process takes its time to start on a busy computer, the endless loop takes all there is.
      { fault: (event) => ((event as { hang?: boolean }).hang ? { timeout: 200 } : undefined) },
    );
    const pid = await pidOf();
    const error = { type: 'Sandbox.Timedout', message: 'Timed out after 0.2 s' };
    expect(await convert.invoke({ hang: true })).toEqual({ ok: false, error });
    expect(isRunning(pid)).toBe(false);
    expect(await pidOf()).not.toBe(pid);
  });

  test.each([
    ['process.exit(3)', 'exit code 3'],
    [`setImmediate(() => { throw new Error('stray') })`, 'exit code 1'],
    [`void Promise.reject(new Error('forgotten'))`, 'exit code 1'],
    [`process.kill(process.pid, 'SIGKILL')`, 'SIGKILL'],
    ['process.disconnect()', ''],
  ])('in the middle by %s is reported and replaced', async (crash, how) => {
    const convert = await deploy(`
      export const handler = (event) => {
        if (!event.crash) return process.pid;
        ${crash};
        return new Promise(() => {});
      };`);
    const pid = await pidOf();
    const error = { type: 'Runtime.ExitError', message: expect.stringContaining(how) };
    expect(await convert.invoke({ crash: true })).toEqual({ ok: false, error });
    expect(await pidOf()).not.toBe(pid);
  });

  test('by an answer that is not JSON is reported and replaced', async () => {
    const convert = await deploy('export const handler = (event) => event.big ? 1n : process.pid;');
    expect(await convert.invoke({ big: true })).toMatchObject({ ok: false });
    expect(lines.join('\n')).toMatch(/BigInt/);
    expect(await convert.invoke({})).toMatchObject({ ok: true });
  });

  test('because its memory is exhausted is reported, and nothing else suffers', async () => {
    const convert = await deploy(
      `export const handler = (event) => {
         const kept = [];
         while (event.greedy) kept.push(new Array(10_000).fill(kept.length + 0.5));
         return process.pid;
       };`,
      { memory: 48 },
    );
    const error = { type: 'Runtime.ExitError' };
    expect(await convert.invoke({ greedy: true })).toMatchObject({ ok: false, error });
    expect(lines.join('\n')).toMatch(/heap out of memory/);
    expect(await convert.invoke({})).toMatchObject({ ok: true });
  });

  test('between two invocations is replaced without a failure', async () => {
    const convert = await deploy(`
      export const handler = (event) => {
        if (event.last) setImmediate(() => process.exit());
        return process.pid;
      };`);
    const pid = await pidOf({ last: true });
    await until(() => !isRunning(pid));
    expect(await convert.invoke({})).toMatchObject({ ok: true });
  });
});

describe('what a function prints', () => {
  const count = 10_000;
  const printed = Array.from({ length: count }, (_, i) => `line ${i} °日本🚴`);
  const print = `for (let i = 0; i < ${count}; i++) console.log('line ' + i + ' °日本🚴');`;

  test.each(['process.exit(1)', `process.kill(process.pid, 'SIGKILL')`, 'setImmediate(() => { throw 1 })'])(
    'arrives in full, also just before it ends by %s',
    async (crash) => {
      const convert = await deploy(`
        export const handler = () => {
          ${print}
          process.stdout.write('no line break');
          ${crash};
          return new Promise(() => {});
        };`);
      await convert.invoke({});
      expect(lines.filter((line) => line.startsWith('line '))).toEqual(printed);
      expect(lines).toContain('no line break');
    },
  );

  test('arrives in full when it answers, also what it prints as an error', async () => {
    const convert = await deploy(`export const handler = () => { ${print} console.error('mind this'); };`);
    await convert.invoke({});
    await until(() => lines.length === count + 1);
    expect(lines.filter((line) => line !== 'mind this')).toEqual(printed);
  });
});

test('closing leaves no process, neither an idle nor a working one, and ends the work', async () => {
  const convert = await deploy(`
    export const handler = (event) => {
      console.log(process.pid);
      return event.hang ? new Promise(() => {}) : null;
    };`);
  const working = convert.invoke({ hang: true });
  await answerOf(convert.invoke({}));
  await until(() => lines.length === 2);
  await Promise.all([convert.close(), convert.close()]);
  expect(lines.map((pid) => isRunning(Number(pid)))).toEqual([false, false]);
  expect(await working).toMatchObject({ ok: false, error: { message: 'The process ended with SIGKILL' } });
  await expect(convert.invoke({})).rejects.toThrow('convert is shut down.');
});

describe('with a fault', () => {
  /** Answers with its process, its time and the time that it has left. */
  const code = `export const handler = (event, context) => ({
    pid: process.pid, now: [Date.now(), new Date().getTime(), Date.parse(Date())], given: new Date(0).getTime(),
    left: context.getRemainingTimeInMillis() });`;
  const answer = () =>
    answerOf<{ pid: number; now: number[]; given: number; left: number }>(deployed.invoke({}));

  test('a sandbox that was frozen and thawed works on, and is used again', async () => {
    await deploy(code);
    const { pid } = await answer();
    let thawed = 0;
    fault = {
      before: (sandbox) => {
        sandbox.freeze();
        sandbox.thaw();
        thawed += 1;
      },
    };
    expect([(await answer()).pid, (await answer()).pid, thawed]).toEqual([pid, pid, 2]);
  });

  test('a sandbox that stays frozen is timed out, and replaced', async () => {
    await deploy(code);
    const { pid } = await answer();
    fault = { timeout: 200, before: (sandbox) => sandbox.freeze() };
    expect(await deployed.invoke({})).toMatchObject({ error: { type: 'Sandbox.Timedout' } });
    fault = undefined;
    expect((await answer()).pid).not.toBe(pid);
  });

  test('an invocation with too little memory dies of it, and the next has what is declared', async () => {
    await deploy(code);
    fault = { memory: 3 };
    // How V8 dies of it depends on the platform.
    const message = expect.stringMatching(/ended with (SIG|exit code [1-9])/);
    expect(await deployed.invoke({})).toMatchObject({ error: { type: 'Runtime.ExitError', message } });
    fault = undefined;
    expect((await answer()).pid).toBeGreaterThan(0);
  });

  test('a clock that is a day ahead is ahead everywhere, and changes neither given times nor the deadline', async () => {
    const day = 86_400_000;
    await deploy(code, { clockAhead: day, timeout: 10_000 });
    const before = Date.now();
    const { now, given, left } = await answer();
    for (const time of now) expect(Math.abs(time - day - before)).toBeLessThan(10_000);
    expect(given).toBe(0);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(10_000);
  });
});

test.each([
  ['waits', ''],
  ['is in an endless loop', 'for (;;);'],
])('a sandbox whose handler %s ends with its parent, though that is killed', async (_name, then) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  // Its end is seen at the server: an open connection ends with the process.
  const code = `
    import { connect } from 'node:net';
    export const handler = () => new Promise(() => {
      const socket = connect(${port}, '127.0.0.1', () => socket.write(String(process.pid), () => { ${then} }));
    });`;
  await writeFile(path.join(directory, 'index.mjs'), code);
  const script = path.join(directory, 'parent.mjs');
  const module = new URL('../../local/lambda/function-runtime.ts', import.meta.url).href;
  await writeFile(
    script,
    `import { FunctionRuntime } from ${JSON.stringify(module)};
     await new FunctionRuntime({
       name: 'convert', directory: ${JSON.stringify(directory)}, handler: 'index.handler',
       environment: {}, memory: 128, timeout: 60_000, onLog: console.log,
     }).invoke({});`,
  );
  const parent = spawn(process.execPath, [script], { stdio: 'inherit' });
  let pid = 0;
  try {
    const [socket] = (await once(server, 'connection')) as [Socket];
    socket.on('error', () => {});
    pid = Number(String((await once(socket, 'data'))[0]));
    expect(isRunning(pid)).toBe(true);
    parent.kill('SIGKILL');
    await until(() => socket.closed);
    pid = 0;
  } finally {
    parent.kill('SIGKILL');
    if (pid > 0) process.kill(pid, 'SIGKILL');
    server.close();
  }
});

describe('new code', () => {
  test('serves the next event, while the one under way ends with the old code', async () => {
    const gate = path.join(directory, 'gate');
    await deploy(`
      import { existsSync } from 'node:fs';
      import { setTimeout as delay } from 'node:timers/promises';
      export const handler = async () => {
        console.log('under way');
        while (!existsSync('${gate}')) await delay(5);
        return 'old';
      };`);
    const newer = await mkdtemp(path.join(tmpdir(), 'bundle-'));
    try {
      await writeFile(path.join(newer, 'index.mjs'), "export const handler = () => 'new';");
      const underWay = answerOf(deployed.invoke({}));
      await until(() => lines.length > 0);
      await deployed.deploy(newer);
      expect(await answerOf(deployed.invoke({}))).toBe('new');
      expect(deployed.isAtWork).toBe(true);
      await writeFile(gate, '');
      expect(await underWay).toBe('old');
      expect(deployed.isAtWork).toBe(false);
      expect(await answerOf(deployed.invoke({}))).toBe('new');
    } finally {
      await rm(newer, { recursive: true });
    }
  });

  test('leaves no process of the old code', async () => {
    await deploy('export const handler = () => process.pid;');
    const pid = await pidOf();
    await deployed.deploy(directory);
    expect(isRunning(pid)).toBe(false);
  });
});

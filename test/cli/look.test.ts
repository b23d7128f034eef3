import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  appendFile,
  cp,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startEmulator } from '../../local/aws/emulator.ts';
import { StateError } from '../../local/aws/state-error.ts';
import { lockState } from '../../local/aws/state-lock.ts';
import type { RunStatus } from '../../operations/status/run-status.ts';
import { start, tdf } from './cloud.ts';
import { useAssembly } from './state.ts';

const hour = 3_600_000;
const ago = (hours: number) => new Date(Math.floor(Date.now() / hour) * hour - hours * hour);
const [landed, skipped] = [ago(1), ago(2)];
const timeOf = (run: Date) => run.toISOString().replace(':00.000Z', 'Z');

/** A state directory in which one run landed, one was skipped, and a file died. */
let state: string;
const looking = (...args: string[]) => tdf([...args, '--local', '--state', state]);

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'look-'));
  await useAssembly(state);
  await start(['--state', state, '--at', timeOf(landed), '--location', 'Oslo', '--location', 'fail:1006']);
  await start(['--state', state, '--at', timeOf(skipped), '--location', 'fail:2007']);
  const broken = join(state, 'broken.json');
  await writeFile(broken, '{"location":{"name":"Oslo"},"current":');
  await looking('drop', broken, '--dataset', 'weatherapi/current');
  await rm(broken);
});
afterAll(() => rm(state, { recursive: true }));

/** Each file with the digest of its content, but for what SQLite needs to read. */
async function everyFile(): Promise<Record<string, string>> {
  const entries = await readdir(state, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const digests = await Promise.all(
    files
      .filter((file) => !/-(shm|wal)$/.test(file))
      .map(async (file) => [
        relative(state, file),
        createHash('sha256')
          .update(await readFile(file))
          .digest('hex'),
      ]),
  );
  return Object.fromEntries(digests);
}

describe('while another process runs the pipeline', () => {
  test('all can be looked at within a second, dry runs included, and nothing is changed [looking]', async () => {
    const before = await everyFile();
    const lock = lockState(state);
    try {
      for (const args of [
        ['status', '--hours', '4'],
        ['logs'],
        ['explain', timeOf(landed)],
        ['explain', 'weatherapi/current/broken.json'],
        ['dead-letters'],
        ['query', 'SELECT * FROM weatherapi_current'],
        ['reconcile', '--grace', '0', '--dry-run'],
        ['replay', '--dry-run'],
        ['backfill', '--from', '2026-11-01', '--to', '2026-11-02', '--dry-run'],
        ['dead-letters', 'redrive', '--dry-run'],
        ['dead-letters', 'drop', '--all', '--dry-run'],
      ]) {
        const began = performance.now();
        const { code, stderr } = await looking(...args);
        expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
        expect(performance.now() - began).toBeLessThan(1000);
      }
      expect(await looking('dead-letters', 'take-back', 'given-up/none', '--dry-run')).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('was not given up, or is back already'),
      });
    } finally {
      lock.release();
    }
    expect(await everyFile()).toEqual(before);
  });

  test('its messages are seen as they are: waiting, or in flight, until it ends', async () => {
    const emulator = await startEmulator({ stateDir: state, region: 'us-east-1' });
    const sqs = new SQSClient({
      endpoint: emulator.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    try {
      const { url } = emulator.createQueue('convert-queue', {});
      for (const body of ['one', 'two', 'three']) emulator.send(url, body);
      const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: url }));
      expect(Messages).toHaveLength(1);
      const { queues } = JSON.parse((await looking('status', '--json')).stdout);
      expect(queues.convert).toMatchObject({ waiting: 2, inFlight: 1 });
      expect(emulator.queueDepth(url)).toEqual({ visible: 2, inFlight: 1, delayed: 0 });
    } finally {
      sqs.destroy();
      await emulator.close();
    }
    // Nobody will delete what it was working on.
    expect(JSON.parse((await looking('status', '--json')).stdout).queues.convert).toMatchObject({
      waiting: 3,
      inFlight: 0,
    });
  });
});

describe('of the pipeline on this computer', () => {
  test('status has the reason of each run, and what its alarms say of all that was logged', async () => {
    const { datasets, alarms, queues, unknown } = JSON.parse(
      (await looking('status', '--hours', '3', '--json')).stdout,
    );
    const [{ runs }] = datasets;
    const byTime = new Map(runs.map((run: RunStatus) => [String(run.expected.to), run]));
    expect(byTime.get(landed.toISOString())).toMatchObject({
      state: 'compacted',
      reason: 'fail:1006: HTTP 400 code 1006: no such location',
      raw: { places: 1, placesMissing: 1 },
    });
    expect(byTime.get(skipped.toISOString())).toMatchObject({
      state: 'skipped',
      reason: 'fail:2007: HTTP 403 code 2007: the calls of this month are spent',
    });
    expect(byTime.get(ago(0).toISOString())).toMatchObject({ raw: null });
    expect([queues.convert.dead, queues.compact.dead, unknown]).toEqual([1, 0, []]);
    const ringing = alarms.filter((alarm: { state: string }) => alarm.state === 'ALARM');
    expect(
      ringing.map(({ name }: { name: string }) => name.replace('tdf-weather-dev-', '')).toSorted(),
    ).toEqual(['DeadLetters', 'FetchFailed', 'QuotaSpent']);
  });

  test('an hour is a gap to the query exactly when status does not call its run compacted [gaps]', async () => {
    const { datasets } = JSON.parse((await looking('status', '--hours', '168', '--json')).stdout);
    const [{ runs }] = datasets;
    const notCompacted = runs
      .filter((run: RunStatus) => run.state !== 'compacted')
      .map((run: RunStatus) => String(run.expected.to));
    const gaps = JSON.parse((await looking('query', '--named', 'Gaps per hour', '--json')).stdout);
    // The hour that goes on is due; the query leaves it out.
    const past = (times: string[]) =>
      times.filter((time) => time < ago(0).toISOString() && time > ago(167).toISOString());
    expect(past(gaps.map((row: { hour: string }) => row.hour))).toEqual(past(notCompacted));
    expect(gaps.length).toBeGreaterThan(160);
  });

  test('logs and explain tell of a run and of what was dropped', async () => {
    const { stdout } = await looking('logs', timeOf(landed));
    expect(stdout).toMatch(
      /fetch +info +Run started .*\n.*fetch +error Run ended .*outcome=landed.*\n(?=[\s\S]*convert +info +Converted )(?=[\s\S]*compact +info +Compacted .*parts=1 rows=1)/,
    );
    expect((await looking('explain', timeOf(landed))).stdout).toContain(
      'convert      converted: 1 row in weatherapi_current; 0 values rescued',
    );
    expect((await looking('explain', timeOf(landed))).stdout).toMatch(
      /compact {6}weatherapi_current: compacted: 1 row of 1 object\n[\s\S]*compacted {4}weatherapi_current written: \d+ bytes\n[\s\S]*its rows are in the tables\./,
    );
    const dead = (await looking('explain', 'weatherapi/current/broken.json')).stdout;
    expect(dead).toContain('Line 1: {"location":{"name":"Oslo"},"current":');
    expect(dead).toContain(`--key weatherapi/current/broken.json --local --state ${state}`);
  });
});

describe('a state directory', () => {
  const readers = [
    ['status'],
    ['logs'],
    ['explain', '2026-11-22T05:00Z'],
    ['dead-letters'],
    ['query', 'SELECT 1'],
  ];

  test.each([
    ...readers,
    ['replay'],
    ['replay', '--dry-run'],
    ['reconcile', '--dry-run'],
    ['dead-letters', 'redrive', '--dry-run'],
    ['dead-letters', 'drop', '--all', '--dry-run'],
    ['dead-letters', 'take-back', 'key', '--dry-run'],
    ['set-key', '--dry-run'],
  ])(
    'that is not there, or empty, is an error for tdf %s, which makes nothing [state-files]',
    async (...args) => {
      const missing = join(state, 'missing');
      const at = (directory: string) => tdf([...args.filter(Boolean), '--local', '--state', directory]);
      expect(await at(missing)).toEqual({
        code: 1,
        stdout: '',
        stderr: `Error: There is no state directory ${missing}. Run one there: npm start -- --state ${missing}; or name another: --state DIR\n`,
      });
      expect(existsSync(missing)).toBe(false);
      await mkdir(missing);
      expect((await at(missing)).stderr).toContain(`Error: No pipeline ever ran in ${missing}. `);
      expect(await readdir(missing)).toEqual([]);
      await rm(missing, { recursive: true });
    },
  );

  const records = 's3/.meta/raw';
  const damages = async () => {
    const [record = ''] = (await readdir(join(state, records))).filter((name) =>
      /^[0-9a-f]{64}\.json$/.test(name),
    );
    return {
      record: join(records, record),
      bucket: join(records, 'bucket.json'),
      queues: 'queues/fauxqs.db',
    };
  };

  test.each(['record', 'bucket', 'queues'] as const)(
    'whose %s file is damaged is told of by its name and the cause, whatever the command [state-files]',
    async (what) => {
      const file = join(state, (await damages())[what]);
      const whole = await readFile(file);
      await writeFile(file, '{"key": "cut of');
      for (const args of [['status'], ['dead-letters'], ['replay', '--dry-run']]) {
        const { code, stderr } = await looking(...args);
        expect({ args, code }).toEqual({ args, code: 1 });
        expect(stderr).toMatch(
          /^Error: .* cannot be used: .*(JSON|not a database).*\. This file is damaged: give another/m,
        );
        expect(stderr).toContain(file);
        // What is healthy is not removed because of one file, least of all in another directory.
        expect(stderr).not.toContain('destroy');
      }
      await writeFile(file, whole);
      expect((await looking('status')).code).toBe(0);
    },
  );

  test('whose synthesized stack is cut short is told of by the file, and what makes it anew', async () => {
    const broken = join(state, 'cut');
    await cp(join(state, 'cdk.out'), join(broken, 'cdk.out'), { recursive: true, dereference: true });
    const files = await readdir(join(broken, 'cdk.out'));
    const file = join(broken, 'cdk.out', files.find((name) => name.endsWith('.template.json')) ?? '');
    await truncate(file, 1000);
    for (const args of [['status'], ['query', 'SELECT 1'], ['replay', '--dry-run']])
      expect((await tdf([...args, '--local', '--state', broken])).stderr).toMatch(
        new RegExp(`^Error: ${file} cannot be used: .*JSON.* Remove ${join(broken, 'cdk.out')}; `),
      );
    await rm(broken, { recursive: true });
  });

  test('that a version without compact made says so, and how to bring it up to date', async () => {
    const older = join(state, 'older');
    await cp(join(state, 'cdk.out'), join(older, 'cdk.out'), { recursive: true, dereference: true });
    const file = join(older, 'cdk.out', 'TdfWeather.template.json');
    const { Outputs, ...template } = JSON.parse(await readFile(file, 'utf8'));
    const before = Object.entries(Outputs).filter(([name]) => !name.startsWith('Compact'));
    await writeFile(file, JSON.stringify({ ...template, Outputs: Object.fromEntries(before) }));
    for (const args of [...readers, ['reconcile', '--dry-run']])
      expect(await tdf([...args, '--local', '--state', older])).toMatchObject({
        code: 1,
        stderr: `Error: An older version of the pipeline made ${older}. Bring the state up to date: npx tdf reconcile --grace 0 --local --state ${older}\n`,
      });
    await rm(older, { recursive: true });
  });

  test('that the very first run still sets up says so, and by whom', async () => {
    const fresh = join(state, 'fresh');
    const lock = lockState(fresh);
    for (const args of [...readers, ['replay']]) {
      const { code, stderr } = await tdf([...args, '--local', '--state', fresh]);
      expect(code).toBe(1);
      expect(stderr).toContain(`Error: ${fresh} is being set up by "`);
      expect(stderr).toContain(`(process ${process.pid}), since `);
    }
    lock.release();
    await rm(fresh, { recursive: true });
  });

  test('whose lock or log cannot be written is told of by its name [state-files]', async () => {
    const lock = join(state, 'lock.db');
    await rm(lock);
    await mkdir(lock);
    const locked = await looking('replay');
    expect([locked.code, locked.stderr]).toEqual([1, expect.stringContaining(`${lock} cannot be used: `)]);
    await rm(lock, { recursive: true });

    const log = join(state, 'logs/fetch-function.log');
    const lines = await readFile(log);
    await rm(log);
    await mkdir(log);
    const run = await start(['--state', state, '--at', timeOf(ago(3)), '--location', 'Oslo']);
    expect([run.code, run.stderr]).toEqual([
      1,
      expect.stringContaining(`Error: ${log} cannot be used: EISDIR`),
    ]);
    expect((await looking('logs')).stderr).toContain(`Error: ${log} cannot be used: EISDIR`);
    await rm(log, { recursive: true });
    await writeFile(log, lines);
  });

  test('whose objects cannot be written is told of by the file, and not tried again', async () => {
    const folder = join(state, 's3/raw/weatherapi');
    await rename(folder, `${folder}.away`);
    await writeFile(folder, 'not a folder');
    const fine = join(state, 'fine.json');
    await writeFile(fine, '{"location":{"name":"Oslo"},"current":{"last_updated_epoch":1795323600}}');
    const began = performance.now();
    const { code, stdout, stderr } = await looking('drop', fine);
    expect([code, stdout + stderr]).toEqual([
      1,
      expect.stringMatching(/^Error: .*\/s3\/raw\/weatherapi\/.* cannot be used: E/),
    ]);
    expect(performance.now() - began).toBeLessThan(10_000);
    await Promise.all([rm(fine), rm(folder)]);
    await rename(`${folder}.away`, folder);
  });

  test.each([
    ['ENOSPC: no space left on device, write', 'The disk is full: free some space'],
    ['database or disk is full', 'The disk is full: free some space'],
    ['disk I/O error', 'Is the disk full? Free some space'],
    ["EROFS: read-only file system, open '/x'", 'It cannot be written here: make it writable'],
    ["EACCES: permission denied, open '/x'", 'It cannot be written here: make it writable'],
    ['attempt to write a readonly database', 'It cannot be written here: make it writable'],
    ['unable to open database file', 'It cannot be written here: make it writable'],
    ['file is not a database', 'This file is damaged: give another directory'],
    ['Unexpected end of JSON input', 'This file is damaged: give another directory'],
  ])('says what to do about: %s', (reason, remedy) => {
    const { message } = new StateError('/state/queues/fauxqs.db', new Error(reason));
    expect(message).toContain(`/state/queues/fauxqs.db cannot be used: ${reason}. ${remedy}`);
  });
});

test('a command whose output cannot be written says so in one line, and fails', async () => {
  const full = await open('/dev/full', 'w');
  const child = spawn(process.execPath, ['cli/tdf.ts', 'query', '--named'], {
    stdio: ['ignore', full.fd, 'pipe'],
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  const said = await text(child.stderr as Readable);
  await full.close();
  expect([await ended, said]).toEqual([
    1,
    'Error: Standard output cannot be written: ENOSPC: no space left on device, write\n',
  ]);
});

test('a command ends without a word when nobody reads what it prints any more [nobody-reads]', async () => {
  await appendFile(join(state, 'logs/reconcile-function.log'), `${'x'.repeat(1000)}\n`.repeat(20_000));
  const args = ['cli/tdf.ts', 'logs', '--json', '--since', '2020-01-01', '--local', '--state', state];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.on('close', resolve));
  const said = text(child.stderr);
  child.stdout.once('data', () => child.stdout.destroy());
  expect([await ended, await said]).toEqual([0, '']);
});

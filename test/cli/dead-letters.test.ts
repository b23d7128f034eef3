import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { DeadLetters, notRecorded } from '../../cli/dead-letters/dead-letters.ts';
import { drop, redrive } from '../../cli/dead-letters/redrive.ts';
import { readParquet } from '../../cli/local/parquet-rows.ts';
import { sendDeadLetter } from '../../functions/convert/dead-letter.ts';
import { startRuntime } from '../../local/runtime.ts';
import { readTemplate } from '../../local/template.ts';
import type { Outputs } from '../../shared/outputs.ts';
import { until } from '../local/until.ts';
import { type Cloud, runTdf, startCloud } from './cloud.ts';
import { useAssembly } from './state.ts';

jest.setTimeout(120_000); // Each command is a process of its own.

const keyOf = (name: string) => `weatherapi/current/dt=2026-11-22/${name}.json`;
const eventOf = (name: string) =>
  JSON.stringify({
    Records: [
      {
        eventName: 'ObjectCreated:Put',
        s3: { bucket: { name: 'raw' }, object: { key: encodeURIComponent(keyOf(name)) } },
      },
    ],
  });

describe('dead letters', () => {
  let cloud: Cloud;
  let deadLetters: DeadLetters;
  const depth = () => cloud.emulator.queueDepth(cloud.outputs.DeadLetterQueueUrl);
  const deadBodies = () =>
    cloud.emulator
      .messages(cloud.outputs.DeadLetterQueueUrl)
      .map(({ body }) => body)
      .sort();
  const sentAgain = () =>
    cloud.emulator
      .messages(cloud.outputs.QueueUrl)
      .map(({ body }) => body)
      .sort();
  const idOf = (name: string) =>
    cloud.emulator.messages(cloud.outputs.DeadLetterQueueUrl).find(({ body }) => body === eventOf(name))
      ?.id ?? '';
  const bury = (name: string, code: string, reason = `${name} is wrong`) =>
    sendDeadLetter(cloud.clients.sqs, cloud.outputs.DeadLetterQueueUrl, {
      body: eventOf(name),
      code,
      reason,
      rawKey: keyOf(name),
    });

  beforeEach(async () => {
    cloud = await startCloud();
    deadLetters = new DeadLetters(cloud.clients.sqs, cloud.outputs.DeadLetterQueueUrl);
  });
  afterEach(() => cloud.close());

  test('are listed with what is known of them, and stay where they are', async () => {
    const before = new Date();
    await bury('a', 'not-json', 'The file is not JSON.');
    cloud.emulator.send(cloud.outputs.DeadLetterQueueUrl, eventOf('b'));
    cloud.emulator.send(cloud.outputs.DeadLetterQueueUrl, 'no event');

    const letters = await deadLetters.list();
    const common = { id: expect.any(String), sentAt: expect.any(Date), timesReceived: 1 };
    expect(letters).toHaveLength(3);
    expect(letters).toEqual(
      expect.arrayContaining([
        { ...common, code: 'not-json', reason: 'The file is not JSON.', key: keyOf('a') },
        {
          ...common,
          code: notRecorded,
          reason: 'no reason recorded: the function was stopped (time-out, memory or crash)',
          key: keyOf('b'),
        },
        { ...common, code: notRecorded, reason: expect.any(String), key: null },
      ]),
    );
    expect(Number(letters[0]?.sentAt) >= Math.floor(Number(before) / 1000) * 1000).toBe(true);
    expect(depth()).toEqual({ visible: 3, inFlight: 0, delayed: 0 });
  });

  test('are listed all, however many, each once', async () => {
    const names = Array.from({ length: 95 }, (_, index) => `file-${index}`);
    await Promise.all(names.map((name) => bury(name, 'empty')));
    const keys = (await deadLetters.list()).map(({ key }) => key);
    expect(keys).toHaveLength(95);
    expect(new Set(keys)).toEqual(new Set(names.map(keyOf)));
    expect(depth()).toEqual({ visible: 95, inFlight: 0, delayed: 0 });
  });

  test('are visible again when the work on them fails, and when it is stopped', async () => {
    await bury('a', 'empty');
    const failing = deadLetters.hold({ seconds: 60 }, async () => {
      expect(depth()).toMatchObject({ visible: 0, inFlight: 1 });
      throw new Error('out of paper');
    });
    await expect(failing).rejects.toThrow('out of paper');
    expect(depth()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });

    const stop = new AbortController();
    const looking = deadLetters.list(stop.signal);
    stop.abort(new Error('Stopped by SIGINT.'));
    await expect(looking).rejects.toThrow('Stopped by SIGINT.');
    expect(depth()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
  });

  test('are sent again as they are', async () => {
    await bury('a', 'empty');
    await bury('b', 'not-json');
    cloud.emulator.send(cloud.outputs.DeadLetterQueueUrl, 'no event');
    const to = { sqs: cloud.clients.sqs, queueUrl: cloud.outputs.QueueUrl };
    const { redriven, left, failed } = await redrive(deadLetters, to, {});
    expect([redriven.length, left.length, failed.length]).toEqual([3, 0, 0]);
    expect(sentAgain()).toEqual(['no event', eventOf('a'), eventOf('b')].sort());
    expect(depth()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  test('stay when they cannot be sent, and are told with the reason', async () => {
    await bury('a', 'empty');
    const to = { sqs: cloud.clients.sqs, queueUrl: `${cloud.outputs.QueueUrl}-of-another-stack` };
    const { redriven, failed } = await redrive(deadLetters, to, {});
    expect(redriven).toEqual([]);
    expect(failed).toEqual([
      { letter: expect.objectContaining({ key: keyOf('a') }), reason: expect.stringMatching(/queue/) },
    ]);
    expect(depth()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
  });

  test('are dropped only by who agrees to it', async () => {
    await bury('a', 'empty');
    const id = idOf('a');
    const shown: (string | null)[] = [];
    const refused = await drop(deadLetters, id, async ({ key }) => {
      shown.push(key);
      return false;
    });
    expect([refused.dropped, shown, depth().visible]).toEqual([false, [keyOf('a')], 1]);
    await expect(drop(deadLetters, 'none', async () => true)).rejects.toThrow(
      /no dead letter with the id none/,
    );
    expect(depth()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
  });

  test('tdf dead-letters shows them for people and for programs', async () => {
    await bury('a', 'not-json', 'The file is not JSON.');
    await bury('\u001b[2Jb', 'empty');
    const { code, stdout } = await cloud.tdf(['dead-letters']);
    expect(code).toBe(0);
    expect(stdout).toContain(`not-json  ${keyOf('a')}\n  The file is not JSON.\n`);
    expect(stdout).toMatch(/received 1 time, id [0-9a-f-]{36}\n/);
    expect(stdout).toMatch(/2 dead letters: (1 not-json, 1 empty|1 empty, 1 not-json)/);
    expect(stdout).toContain('dead-letters redrive');
    expect(stdout).not.toContain('\u001b');
    expect(depth()).toEqual({ visible: 2, inFlight: 0, delayed: 0 });

    const json = JSON.parse((await cloud.tdf(['dead-letters', '--json'])).stdout);
    expect(json).toContainEqual({
      id: idOf('a'),
      code: 'not-json',
      reason: 'The file is not JSON.',
      key: keyOf('a'),
      sentAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      timesReceived: 2,
    });
  });

  test('tdf dead-letters gives them back when it is stopped by Ctrl-C', async () => {
    await bury('a', 'empty');
    const { code, stderr } = await cloud.tdf(['dead-letters'], {
      interrupt: until(() => depth().inFlight === 1),
    });
    expect(code).toBe(1);
    expect(stderr).toContain('Stopped by SIGINT');
    expect(depth()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
  });

  test('tdf dead-letters redrive sends those with a code, or one by its id, and leaves the others', async () => {
    await bury('a', 'not-json');
    await bury('b', 'empty');
    await bury('c', 'empty');
    const planned = await cloud.tdf(['dead-letters', 'redrive', '--dry-run', '--code', 'empty', '--json']);
    expect(JSON.parse(planned.stdout)).toMatchObject({ dryRun: true, redriven: [{}, {}], left: [{}] });
    expect(depth()).toEqual({ visible: 3, inFlight: 0, delayed: 0 });

    const byId = await cloud.tdf(['dead-letters', 'redrive', '--id', idOf('c')]);
    expect(byId).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Sent 1 dead letter again; 2 left.'),
    });
    const byCode = await cloud.tdf(['dead-letters', '--json', 'redrive', '--code', 'empty']);
    expect(JSON.parse(byCode.stdout)).toMatchObject({
      redriven: [{ key: keyOf('b') }],
      left: [{ key: keyOf('a') }],
      failed: [],
    });
    expect(sentAgain()).toEqual([eventOf('b'), eventOf('c')]);
    expect(deadBodies()).toEqual([eventOf('a')]);
    expect(depth()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
  });

  test('tdf dead-letters drop removes exactly one, and asks a script for --yes', async () => {
    await bury('a', 'empty');
    await bury('b', 'empty');
    const id = idOf('a');
    const unasked = await cloud.tdf(['dead-letters', 'drop', id]);
    expect(unasked).toMatchObject({ code: 1, stderr: expect.stringContaining('--yes') });
    expect(depth().visible).toBe(2);

    const dropped = await cloud.tdf(['dead-letters', 'drop', id, '--yes']);
    expect(dropped).toMatchObject({ code: 0, stdout: expect.stringContaining(`Dropped ${id}`) });
    expect(deadBodies()).toEqual([eventOf('b')]);
    expect(sentAgain()).toEqual([]);

    const again = await cloud.tdf(['dead-letters', 'drop', id, '--yes']);
    expect(again).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`no dead letter with the id ${id}`),
    });
    expect(depth()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
  });
});

describe('dead letters on this computer', () => {
  let state: string;
  beforeAll(async () => {
    state = await mkdtemp(join(tmpdir(), 'dead-letters-'));
    await useAssembly(state);
  });
  afterAll(() => rm(state, { recursive: true }));

  test('convert once what was wrong is mended; what is still wrong is told as dead again', async () => {
    const runtime = await startRuntime({
      template: await readTemplate(join(state, 'cdk.out')),
      stateDir: state,
      retryDelay: 0,
      intercept: ({ action, bucket }) =>
        action === 'PutObject' && bucket === 'curated' ? { status: 403, code: 'AccessDenied' } : undefined,
    });
    const s3 = new S3Client(runtime.clientConfig);
    const { RawBucketName: Bucket } = runtime.outputs as unknown as Outputs;
    const response = JSON.stringify({
      location: { name: 'Oslo' },
      current: { last_updated_epoch: 1_795_323_600 },
    });
    await s3.send(new PutObjectCommand({ Bucket, Key: keyOf('good'), Body: response }));
    await s3.send(new PutObjectCommand({ Bucket, Key: keyOf('poison'), Body: '{"location":' }));
    await runtime.settled();
    s3.destroy();
    await runtime.close();

    const { code, stdout } = await runTdf(['dead-letters', 'redrive', '--local', '--state', state, '--json']);
    expect(code).toBe(1);
    const curated = keyOf('good').replace('.json', '.parquet');
    expect(JSON.parse(stdout)).toMatchObject({
      redriven: expect.arrayContaining([
        expect.objectContaining({ key: keyOf('good'), code: 'tries-exhausted' }),
        expect.objectContaining({ key: keyOf('poison'), code: 'not-json' }),
      ]),
      left: [],
      converted: [curated],
      deadAgain: [{ key: keyOf('poison'), code: 'not-json' }],
    });
    expect(await readParquet([join(state, 's3/curated', curated)])).toMatchObject([
      { location_name: 'Oslo' },
    ]);
    const list = await runTdf(['dead-letters', '--local', '--state', state, '--json']);
    expect(JSON.parse(list.stdout)).toMatchObject([{ key: keyOf('poison') }]);
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sendDeadLetter } from '../../functions/data-stage/dead-letter.ts';
import { startRuntime } from '../../local/runtime.ts';
import { readTemplate } from '../../local/template.ts';
import { deadLettersOf } from '../../operations/dead-letters/dead-letters-of.ts';
import { dropLetters } from '../../operations/dead-letters/drop-letters.ts';
import { giveUp, takeBack } from '../../operations/dead-letters/given-up.ts';
import { redrive } from '../../operations/dead-letters/redrive.ts';
import { readParquet } from '../../operations/query/parquet-rows.ts';
import { type DeadLetters, notRecorded } from '../../shared/dead-letters.ts';
import { listObjects } from '../../shared/listing.ts';
import type { Outputs } from '../../shared/outputs.ts';
import { objectEvent } from '../../shared/s3-event.ts';
import { until } from '../local/until.ts';
import { type Cloud, startCloud, tdf } from './cloud.ts';
import { useAssembly } from './state.ts';

const dayFolder = 'weatherapi/current/dt=2026-11-22/';
const compacted = `${dayFolder}day.parquet`;
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
  const bury = (name: string, code: string, reason = `${name} is wrong`, tries = 1) =>
    sendDeadLetter(cloud.clients.sqs, cloud.outputs.DeadLetterQueueUrl, {
      body: eventOf(name),
      code,
      reason,
      rawKey: keyOf(name),
      tries,
    });

  const put = (Key: string, Body = Key, Metadata: Record<string, string> = {}) =>
    cloud.clients.s3.send(new PutObjectCommand({ Bucket: 'raw', Key, Body, Metadata }));
  const rawKeys = async () => {
    const objects = await Array.fromAsync(listObjects(cloud.clients.s3, 'raw', { prefix: '' }));
    return objects.map(({ key }) => key);
  };

  beforeEach(async () => {
    cloud = await startCloud();
    deadLetters = deadLettersOf({ ...cloud.clients, outputs: cloud.outputs });
  });
  afterEach(() => cloud.close());

  test('are listed with what is known of them, and stay where they are', async () => {
    const before = new Date();
    await bury('a', 'not-json', 'The file is not JSON.', 3);
    cloud.emulator.send(cloud.outputs.DeadLetterQueueUrl, eventOf('b'));
    cloud.emulator.send(cloud.outputs.DeadLetterQueueUrl, 'no event');

    const letters = await deadLetters.list();
    const common = { id: expect.any(String), function: 'convert', sentAt: expect.any(Date), tries: null };
    expect(letters).toHaveLength(3);
    expect(letters).toEqual(
      expect.arrayContaining([
        { ...common, code: 'not-json', reason: 'The file is not JSON.', key: keyOf('a'), tries: 3 },
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
    const looking = deadLetters.list({ signal: stop.signal });
    stop.abort(new Error('Stopped by SIGINT.'));
    await expect(looking).rejects.toThrow('Stopped by SIGINT.');
    expect(depth()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
  });

  test('are sent again as they are', async () => {
    await bury('a', 'empty');
    await bury('b', 'not-json');
    cloud.emulator.send(cloud.outputs.DeadLetterQueueUrl, 'no event');
    const queueUrls = { convert: cloud.outputs.QueueUrl, compact: cloud.outputs.CompactQueueUrl };
    const to = { sqs: cloud.clients.sqs, queueUrls };
    const { redriven, left, failed } = await redrive(deadLetters, to, {});
    expect([redriven.length, left.length, failed.length]).toEqual([3, 0, 0]);
    expect(sentAgain()).toEqual(['no event', eventOf('a'), eventOf('b')].sort());
    expect(depth()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  test('stay when they cannot be sent, and are told with the reason', async () => {
    await bury('a', 'empty');
    const elsewhere = `${cloud.outputs.QueueUrl}-of-another-stack`;
    const to = { sqs: cloud.clients.sqs, queueUrls: { convert: elsewhere, compact: elsewhere } };
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
    const raw = { s3: cloud.clients.s3, bucket: 'raw' };
    const agreed = async (letters: readonly { key: string | null }[]) => {
      shown.push(...letters.map(({ key }) => key));
      return false;
    };
    const refused = await dropLetters(deadLetters, raw, { ids: [id] }, { agreed });
    expect([refused, shown, depth().visible]).toEqual([undefined, [keyOf('a')], 1]);
    await expect(
      dropLetters(deadLetters, raw, { ids: ['none'] }, { agreed: async () => true }),
    ).rejects.toThrow(/no dead letter with the id none/);
    expect(depth()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
  });

  test('tdf dead-letters shows them for people and for programs', async () => {
    await bury('a', 'not-json', 'The file is not JSON.');
    await bury('\u001b[2Jb', 'empty');
    const { code, stdout } = await cloud.tdf('dead-letters');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /convert: not-json {2}The file is not JSON\.\n {2}[0-9a-f]{8} {2}\S*a\.json {2}\d+ s old, 1 try\n/,
    );
    expect(stdout).toMatch(/2 dead letters: (1 not-json, 1 empty|1 empty, 1 not-json)/);
    expect(stdout).toContain('dead-letters redrive');
    expect(stdout).not.toContain('\u001b');
    expect(depth()).toEqual({ visible: 2, inFlight: 0, delayed: 0 });

    const json = JSON.parse((await cloud.tdf('dead-letters', '--json')).stdout);
    expect(json).toContainEqual({
      id: idOf('a'),
      function: 'convert',
      code: 'not-json',
      reason: 'The file is not JSON.',
      key: keyOf('a'),
      sentAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      tries: 1,
    });
  });

  test('tdf dead-letters tells of those with the same reason once, on a line without breaks, and names ten of them', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `file-${index}`);
    for (const name of names) await bury(name, 'not-json', `${keyOf(name)} is not JSON:\nend of file`);
    await bury('other', 'empty');
    const lines = (await cloud.tdf('dead-letters')).stdout.split('\n');
    expect(lines).toContainEqual(
      expect.stringMatching(/^12 × convert: not-json {2}\S+ is not JSON: end of file$/),
    );
    expect(lines.filter((line) => /file-\d+\.json {2}/.test(line))).toHaveLength(10);
    expect(lines).toContain('  and 2 more (--json lists all)');
    expect(lines).toContain('convert: empty  other is wrong');
    expect(lines).toContain('13 dead letters: 12 not-json, 1 empty');
  });

  test('tdf dead-letters gives them back when it is stopped by Ctrl-C', async () => {
    await bury('a', 'empty');
    const { code, stderr } = await cloud.process(['dead-letters'], {
      interrupt: until(() => depth().inFlight === 1),
    });
    expect(code).toBe(1);
    expect(stderr).toContain('Stopped by SIGINT');
    expect(depth()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
  });

  test.each(['redrive', 'drop'])(
    'tdf dead-letters %s fails when no letter matches, and says which there are',
    async (does) => {
      await bury('a', 'empty');
      for (const selection of [
        ['--code', 'nope'],
        ['--key', keyOf('b')],
        ['--code', 'nope', idOf('a')],
      ]) {
        expect(await cloud.tdf('dead-letters', does, ...selection, '--dry-run')).toEqual({
          code: 1,
          stdout: '',
          stderr: 'Error: No dead letter matches. There are: 1 empty\n',
        });
      }
      expect(depth()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
    },
  );

  test('tdf dead-letters redrive sends those with a code, or one by its id, and leaves the others', async () => {
    await bury('a', 'not-json');
    await bury('b', 'empty');
    await bury('c', 'empty');
    const planned = await cloud.tdf('dead-letters', 'redrive', '--dry-run', '--code', 'empty', '--json');
    expect(JSON.parse(planned.stdout)).toMatchObject({ dryRun: true, redriven: [{}, {}], left: [{}] });
    expect(depth()).toEqual({ visible: 3, inFlight: 0, delayed: 0 });

    const byId = await cloud.tdf('dead-letters', 'redrive', idOf('c').slice(0, 8), '--no-wait');
    expect(byId).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Sent 1 dead letter again; 2 left.'),
    });
    const byCode = await cloud.tdf('dead-letters', '--json', 'redrive', '--code', 'empty');
    expect(JSON.parse(byCode.stdout)).toMatchObject({
      redriven: [{ key: keyOf('b') }],
      left: [{ key: keyOf('a') }],
      failed: [],
    });
    expect(sentAgain()).toEqual([eventOf('b'), eventOf('c')]);
    expect(deadBodies()).toEqual([eventOf('a')]);
    expect(depth()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
  });

  /** Writes the curated object, as convert would. */
  const convert = async (name: string, etag = '') => {
    const Key = keyOf(name).replace('.json', '.parquet');
    const Metadata = { 'raw-etag': etag.replaceAll('"', '') };
    await cloud.clients.s3.send(new PutObjectCommand({ Bucket: 'curated', Key, Body: 'PAR1', Metadata }));
    return Key;
  };

  test('tdf dead-letters redrive waits until each is converted and in its table, or dead again, and says what became of it', async () => {
    cloud.startCompact();
    const { ETag } = await put(keyOf('a'), 'fixed');
    await put(keyOf('b'), 'broken');
    for (const name of ['a', 'b', 'gone']) await bury(name, 'not-json', `${name} is wrong`);
    const redriving = cloud.tdf('dead-letters', 'redrive');
    await until(() => sentAgain().length === 3);
    const curated = await convert('a', ETag);
    await bury('b', 'not-json', 'b is still wrong');
    const { code, stdout } = await redriving;
    expect(code).toBe(1);
    expect(stdout).toContain(
      `Sent 3 dead letters again; 0 left.\n  ✔ ${curated}\n  ✔ ${compacted}\nConverted 1; compacted 1; dead again 1.\nconvert: not-json  b is still wrong\n`,
    );
    expect(stdout).toContain('1 has nothing left to convert: its raw object is gone.');
  });

  test('tdf dead-letters redrive follows an object without a day until convert has filed it, and says so', async () => {
    const key = 'weatherapi/current/undated.json';
    await put(key);
    const body = objectEvent({ bucket: 'raw', key, size: 1 });
    const letter = { body, rawKey: key, code: 'several-days', reason: 'It is of several days.', tries: 1 };
    await sendDeadLetter(cloud.clients.sqs, cloud.outputs.DeadLetterQueueUrl, letter);
    const redriving = cloud.tdf('dead-letters', 'redrive');
    await until(() => sentAgain().length === 1);
    await cloud.clients.s3.send(new DeleteObjectCommand({ Bucket: 'raw', Key: key }));
    expect((await redriving).stdout).toContain(
      `Converted 0; compacted 0; dead again 0.\nFiled under its day, to be converted there: npx tdf explain ${key} --stage dev\n`,
    );
  });

  test('tdf dead-letters take-back waits until each is converted and in its table, and names the objects', async () => {
    cloud.startCompact();
    await put(`given-up/${keyOf('a')}`);
    cloud.emulator.onObjectCreated(({ bucket, etag }) => {
      if (bucket === 'raw') void convert('a', etag);
    });
    const { stdout } = await cloud.tdf('dead-letters', 'take-back', keyOf('a'));
    expect(stdout).toBe(
      `Took back ${keyOf('a')}.\n  ✔ ${keyOf('a').replace('.json', '.parquet')}\n  ✔ ${compacted}\nConverted 1; compacted 1; dead again 0.\n`,
    );
  });

  test('tdf dead-letters drop gives up exactly one with its object, and asks a script for --yes', async () => {
    for (const name of ['a', 'b']) {
      await put(keyOf(name), name, { 'fetched-at': '2026-11-22T05:00:00.000Z' });
      await bury(name, 'empty');
    }
    const id = idOf('a');
    const unasked = await cloud.tdf('dead-letters', 'drop', id);
    expect(unasked).toMatchObject({ code: 1, stderr: expect.stringContaining('--yes') });
    expect(await cloud.tdf('dead-letters', 'drop', id, '--dry-run')).toMatchObject({
      code: 0,
      stdout: `Would drop ${id}: empty, ${keyOf('a')}.\n  Its raw object would be given-up/${keyOf('a')}, which the pipeline ignores.\n`,
    });
    expect(depth().visible).toBe(2);
    expect(await rawKeys()).toEqual([keyOf('a'), keyOf('b')]);

    const dropped = await cloud.tdf('dead-letters', 'drop', id, '--yes', '--stage', 'dev');
    expect(dropped).toMatchObject({ code: 0, stdout: expect.stringContaining(`Dropped ${id}`) });
    expect(deadBodies()).toEqual([eventOf('b')]);
    expect(sentAgain()).toEqual([]);
    expect(await rawKeys()).toEqual([`given-up/${keyOf('a')}`, keyOf('b')]);

    const again = await cloud.tdf('dead-letters', 'drop', id, '--yes');
    expect(again).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`no dead letter with the id ${id}`),
    });

    // What it says can be typed.
    const [, typed = ''] = /npx tdf (dead-letters take-back \S+ --stage dev)\n/.exec(dropped.stdout) ?? [];
    expect(await cloud.tdf(...typed.split(' '), '--no-wait')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`Took back ${keyOf('a')}.`),
    });
    expect(await rawKeys()).toEqual([keyOf('a'), keyOf('b')]);
    const { Metadata } = await cloud.clients.s3.send(
      new HeadObjectCommand({ Bucket: 'raw', Key: keyOf('a') }),
    );
    expect(Metadata).toEqual({ 'fetched-at': '2026-11-22T05:00:00.000Z' });
    expect(await cloud.tdf('dead-letters', 'take-back', keyOf('a'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('was not given up, or is back already'),
    });
  });

  test('tdf dead-letters drop of two letters about one object gives it up once, and both letters go', async () => {
    await put(keyOf('a'));
    for (const reason of ['the first', 'the second']) await bury('a', 'empty', reason);
    const { code, stdout, stderr } = await cloud.tdf('dead-letters', 'drop', '--all', '--yes');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.match(/take-back /g)).toHaveLength(1);
    expect(depth()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
    expect(await rawKeys()).toEqual([`given-up/${keyOf('a')}`]);
  });

  test.each(['redrive', 'drop'])(
    'tdf dead-letters %s takes no empty text for a key or an id, which would select everything',
    async (does) => {
      await bury('a', 'empty');
      for (const selection of [['--key', ''], ['']])
        expect((await cloud.tdf('dead-letters', does, ...selection, '--dry-run')).code).toBe(1);
      expect(depth()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
    },
  );

  test('tdf dead-letters drop only deletes a letter whose object is gone, or that names none', async () => {
    await bury('a', 'empty');
    cloud.emulator.send(cloud.outputs.DeadLetterQueueUrl, 'no event');
    const letters = await deadLetters.list();
    for (const { id } of letters)
      expect(await cloud.tdf('dead-letters', 'drop', id, '--yes')).toMatchObject({ code: 0, stderr: '' });
    expect(depth()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
    expect(await rawKeys()).toEqual([]);
  });

  test('are not about an object that was put in its place since then: it stays', async () => {
    await put(keyOf('a'), 'broken');
    const diedAt = new Date(Date.now() - 60_000);
    expect(await giveUp({ s3: cloud.clients.s3, bucket: 'raw' }, keyOf('a'), diedAt)).toBe('replaced');
    expect(await rawKeys()).toEqual([keyOf('a')]);
  });

  describe('whose object is moved', () => {
    const raw = () => ({ s3: cloud.clients.s3, bucket: 'raw' });
    /** Fails one request of a kind, before or after S3 acts on it. */
    const cutAt = (command: string, when: 'before' | 'after') => {
      const s3 = {
        send: async (sent: { constructor: { name: string } }) => {
          const isIt = sent.constructor.name === command;
          if (isIt && when === 'before') throw new Error('cut');
          const answer = await cloud.clients.s3.send(sent as never);
          if (isIt) throw new Error('cut');
          return answer;
        },
      } as Pick<S3Client, 'send'>;
      return { s3, bucket: 'raw' };
    };
    const now = () => new Date(Date.now() + 1_000);

    test.each([
      ['CopyObjectCommand', 'before'],
      ['CopyObjectCommand', 'after'],
      ['DeleteObjectCommand', 'before'],
      ['DeleteObjectCommand', 'after'],
    ] as const)(
      'do the rest when it is cut %s, %s S3 acts on it, and is tried again',
      async (command, when) => {
        await put(keyOf('a'), 'broken');
        await expect(giveUp(cutAt(command, when), keyOf('a'), now())).rejects.toThrow('cut');
        expect(await giveUp(raw(), keyOf('a'), now())).toBe('given-up');
        expect(await rawKeys()).toEqual([`given-up/${keyOf('a')}`]);

        await expect(takeBack(cutAt(command, when), keyOf('a'))).rejects.toThrow('cut');
        await takeBack(raw(), keyOf('a')).catch((error: Error) =>
          expect(error.message).toContain('back already'),
        );
        expect(await rawKeys()).toEqual([keyOf('a')]);
      },
    );

    test('stay when it is replaced at that moment', async () => {
      await put(keyOf('a'), 'broken');
      const s3 = {
        send: async (sent: object) => {
          if (sent instanceof DeleteObjectCommand) await put(keyOf('a'), 'fixed');
          return cloud.clients.s3.send(sent as never);
        },
      } as Pick<S3Client, 'send'>;
      await expect(giveUp({ s3, bucket: 'raw' }, keyOf('a'), now())).rejects.toThrow(
        'changed at this moment',
      );
      expect(await rawKeys()).toContain(keyOf('a'));
      await expect(takeBack(raw(), keyOf('a'))).rejects.toThrow('another object under this key');
    });

    test('may have any key', async () => {
      const key = keyOf('a b+c%2F%ä/🚴?#');
      await put(key);
      expect(await giveUp(raw(), key, now())).toBe('given-up');
      expect(await rawKeys()).toEqual([`given-up/${key}`]);
      await takeBack(raw(), key);
      expect(await rawKeys()).toEqual([key]);
    });
  });
});

describe('dead letters on this computer', () => {
  let state: string;
  beforeAll(async () => {
    state = await mkdtemp(join(tmpdir(), 'dead-letters-'));
    await useAssembly(state);
  });
  afterAll(() => rm(state, { recursive: true }));

  test('convert once the fault is fixed; what is still wrong is reported as dead again', async () => {
    const runtime = await startRuntime({
      template: await readTemplate(join(state, 'cdk.out')),
      stateDir: state,
      retryDelay: 0,
      faults: {
        request: ({ action, bucket }) =>
          action === 'PutObject' && bucket === 'curated' ? { status: 403, code: 'AccessDenied' } : undefined,
      },
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

    const { code, stdout } = await tdf(['dead-letters', 'redrive', '--local', '--state', state, '--json']);
    expect(code).toBe(1);
    const curated = keyOf('good').replace('.json', '.parquet');
    expect(JSON.parse(stdout)).toMatchObject({
      redriven: expect.arrayContaining([
        expect.objectContaining({ key: keyOf('good'), code: 'tries-exhausted' }),
        expect.objectContaining({ key: keyOf('poison'), code: 'not-json' }),
      ]),
      left: [],
      converted: [curated],
      compacted: [compacted],
      deadAgain: [{ key: keyOf('poison'), code: 'not-json' }],
    });
    expect(await readParquet([join(state, 's3/curated', curated)])).toMatchObject([
      { location_name: 'Oslo' },
    ]);
    const list = await tdf(['dead-letters', '--local', '--state', state, '--json']);
    expect(JSON.parse(list.stdout)).toMatchObject([{ key: keyOf('poison') }]);
  });

  test('that were given up are converted once they are taken back, and not before [given-up]', async () => {
    const here = ['--local', '--state', state];
    const [{ id = '' } = {}] = JSON.parse((await tdf(['dead-letters', '--json', ...here])).stdout);
    const key = keyOf('poison');
    const dropped = await tdf(['dead-letters', 'drop', id, '--yes', '--json', ...here]);
    expect(JSON.parse(dropped.stdout)).toMatchObject({
      dropped: [{ objects: [{ key, outcome: 'given-up' }] }],
    });
    const reconciled = await tdf(['reconcile', '--grace', '0', '--json', ...here]);
    expect(JSON.parse(reconciled.stdout)).toMatchObject({ counts: { missing: 0, dead: 0 }, enqueued: 0 });
    expect(JSON.parse((await tdf(['dead-letters', '--json', ...here])).stdout)).toEqual([]);

    const back = await tdf(['dead-letters', 'take-back', `given-up/${key}`, '--json', ...here]);
    expect(JSON.parse(back.stdout)).toMatchObject({
      takenBack: [key],
      failed: [],
      converted: [],
      deadAgain: [{ key, code: 'not-json' }],
    });
    expect(back.code).toBe(1);
  });

  test('whose objects are gone leave nothing to convert, and redrive says so', async () => {
    const broken = join(state, 'broken.json');
    await writeFile(broken, '{"location":{"name":"Oslo"},"current":');
    const here = ['--local', '--state', state];
    await tdf(['drop', broken, '--dataset', 'weatherapi/current', ...here]);
    await rm(join(state, 's3/raw/weatherapi/current/broken.json'));
    const { stdout } = await tdf(['dead-letters', 'redrive', '--key', 'weatherapi/current/broken', ...here]);
    expect(stdout).toContain(
      'Converted 0; compacted 0; dead again 0.\n1 has nothing left to convert: its raw object is gone.\n',
    );
  });
});

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Activity, LetterDetail, Letters } from '../../../console/api.ts';
import { type ConsoleServer, startServer } from '../../../console/server/server.ts';
import { dropFile } from '../../../operations/live/drop-file.ts';
import { type LiveStack, startLive } from '../../../operations/live/live-stack.ts';
import { useAssembly } from '../../cli/state.ts';
import { until } from '../../local/until.ts';

const token = 'token';
const line = (name: string, hours = 0) =>
  `{"location":{"name":"${name}"},"current":{"last_updated_epoch":${1_795_323_600 + hours * 3600},"temp_c":1}}`;

let directory: string;
let live: LiveStack;
let server: ConsoleServer;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'console-'));
  await useAssembly(directory);
  live = await startLive({
    stateDir: directory,
    datasets: undefined,
    locations: ['Oslo'],
    apiKey: undefined,
    signal: new AbortController().signal,
    alarmText: (description) => description,
    onProgress: () => {},
    onTrouble: (reason) => {
      throw new Error(reason);
    },
  });
  server = await startServer(live, { ports: [0], token, page: new Map() });
});
afterAll(async () => {
  await server.close();
  await live.close();
  await rm(directory, { recursive: true });
});

async function ask(method: string, path: string, body?: unknown) {
  const isFile = typeof body === 'string';
  const type = isFile ? 'application/octet-stream' : 'application/json';
  const answer = await fetch(server.url + path, {
    method,
    headers: { 'x-console-token': token, ...(body === undefined ? {} : { 'content-type': type }) },
    body: body === undefined ? null : isFile ? body : JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, body: text ? JSON.parse(text) : undefined };
}

const activity = (id: string): Activity | undefined => live.activities.list().find((each) => each.id === id);

/** Waits until the entry has ended. */
async function told(id: string): Promise<Activity> {
  await until(() => ['good', 'bad'].includes(activity(id)?.steps.at(-1)?.state ?? ''));
  return activity(id) as Activity;
}
async function drop(name: string, body: string): Promise<Activity> {
  const { status, body: answer } = await ask('PUT', `api/files?name=${encodeURIComponent(name)}`, body);
  expect(status).toBe(202);
  return told(answer.activityId);
}
const texts = ({ steps }: Activity) => steps.map(({ text }) => text.replace(/\d+\.\d s/, 'so many s'));
/** What this process keeps for a while. */
const kept = async () =>
  (await readdir(join(directory, 's3', '.meta'))).filter((name) => /^\.(drop|break)-/.test(name));
const rawBucket = () => live.deployed.outputs.RawBucketName;

describe('a file that is dropped', () => {
  test('is told of step by step, until its rows are in the table, and leaves no copy', async () => {
    const entry = await drop('oslo.json', line('Oslo'));
    expect(entry.title).toBe('oslo.json');
    expect(texts(entry)).toEqual([
      expect.stringMatching(
        /^It is current of 2026-11-22: lands in raw as weatherapi\/current\/dt=2026-11-22\/oslo\.\w+\.json$/,
      ),
      'Converted: 1 row in weatherapi_current; nothing rescued.',
      'Visible to queries after so many s.',
    ]);
    const answer = await fetch(`${server.url}api/query`, {
      method: 'POST',
      headers: { 'x-console-token': token, 'content-type': 'application/json' },
      body: JSON.stringify({ sql: entry.steps.at(-1)?.sql }),
    });
    expect((await answer.text()).trimEnd().split('\n').at(-1)).toMatch(/^\{"rows":1,/);
    expect(await kept()).toEqual([]);
  });

  test('is split by day when it has several', async () => {
    const entry = await drop('days.ndjson', [line('Oslo'), line('Oslo', 30), line('Oslo', 60)].join('\n'));
    expect(texts(entry)[0]).toBe('It is current of 2026-11-22 to 2026-11-24: lands as 3 objects, one a day.');
    expect(texts(entry).at(-1)).toBe('Visible to queries after so many s.');
  });

  test.each([
    ['../../x', 'x'],
    ['..\\..\\windows.json', 'windows.json'],
    ['/etc/passwd', 'passwd'],
    ['..', 'file'],
    ['dt=2020-01-01/moved.json', 'moved.json'],
    ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
    ['right-to-left\u202Egnp.json\n', 'right-to-left\uFFFDgnp.json\uFFFD'],
  ])('has a name, and never a path: %j', async (name, title) => {
    const entry = await drop(name, line('Oslo'));
    expect(entry.title).toBe(title.replace(/\uFFFD$/, ' '));
    expect(texts(entry)[0]).toMatch(
      /^It is current of 2026-11-22: lands in raw as weatherapi\/current\/dt=2026-11-22\/[A-Za-z0-9._-]+$/,
    );
    expect(texts(entry).at(-1)).toBe('Visible to queries after so many s.');
  });

  test('of no dataset is not put, with the reason', async () => {
    const entry = await drop('page.html', '<html>');
    expect(entry.steps.map(({ state }) => state)).toEqual(['bad']);
    expect(texts(entry)[0]).toMatch(
      /^No dataset accepts its first answer\. The file is not JSON.*\. Nothing was put\. If you know its dataset, type/s,
    );
    expect(texts(entry)[0]).not.toMatch(/\.drop-|--dataset/);
  });

  test('that is empty, or too large, is not put', async () => {
    expect(texts(await drop('empty.json', ''))).toEqual(['It is empty, so nothing was put.']);
    const large = async function* () {
      yield Buffer.from(line('Oslo'));
      yield Buffer.alloc(100);
    };
    const { entry, landed } = await dropFile(live, 'large.json', large(), 50);
    await landed;
    expect(texts(await told(entry.id))).toEqual([expect.stringMatching(/the most that is converted/)]);
  });

  test('leaves no copy when whoever sends it goes away', async () => {
    const sent = request(`${server.url}api/files?name=gone.json`, {
      method: 'PUT',
      headers: { 'x-console-token': token, 'content-type': 'application/octet-stream' },
    });
    sent.on('error', () => {});
    sent.write(line('Oslo'));
    const entry = () => live.activities.list().find(({ title }) => title === 'gone.json');
    await until(() => entry() !== undefined);
    sent.destroy();
    await until(() => entry()?.steps.at(-1)?.state === 'bad');
    expect(await kept()).toEqual([]);
  });

  test('without a name is refused', async () => {
    expect(await ask('PUT', 'api/files', 'x')).toEqual({
      status: 400,
      body: { message: expect.any(String) },
    });
  });
});

describe('a letter', () => {
  const letters = async () => (await ask('GET', 'api/letters')).body as Letters;
  const detail = async (id: string) => (await ask('GET', `api/letters/${id}`)).body as LetterDetail;
  const broken = `${line('Oslo')}\n{"location":{"name":"Lagos"},"current":{"temp_c":NaN}}\n`;

  test('tells of a dropped file that died, with the characters that offend', async () => {
    const entry = await drop('broken.ndjson', broken);
    const id = entry.steps.at(-1)?.letterId ?? '';
    const { letter, excerpt, content } = await detail(id);
    expect(letter).toMatchObject({
      function: 'convert',
      code: 'not-json',
      key: 'weatherapi/current/broken.ndjson',
    });
    expect((await letters()).letters).toEqual([letter]);
    expect(excerpt?.line).toBe(2);
    expect(excerpt?.text.slice(...(excerpt?.mark ?? []))).toBe('NaN');
    expect(content?.text).toBe(broken);
  });

  test('is judged as it is typed, and is not edited with a stale ETag, nor to what convert would refuse', async () => {
    const [letter] = (await letters()).letters;
    const path = `api/letters/${letter?.id}`;
    const { content } = await detail(letter?.id ?? '');
    const good = broken.replace('NaN', '2');
    expect((await ask('POST', `${path}/judge`, { text: good })).body).toEqual({
      rows: 2,
      reason: null,
      mark: null,
    });
    const at = broken.indexOf('NaN');
    expect((await ask('POST', `${path}/judge`, { text: broken })).body).toMatchObject({
      rows: null,
      mark: [at, at + 3],
    });
    expect(await ask('POST', `${path}/edit`, { text: good, etag: '"stale"' })).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('was changed meanwhile') },
    });
    expect((await ask('POST', `${path}/edit`, { text: broken, etag: content?.etag })).status).toBe(422);
    expect((await letters()).letters).toHaveLength(1);
    expect((await detail(letter?.id ?? '')).content).toEqual(content);
  });

  test('that is edited arrives in the table, and is gone', async () => {
    const [letter] = (await letters()).letters;
    const { content } = await detail(letter?.id ?? '');
    const text = broken.replace('NaN', '2');
    const { status, body } = await ask('POST', `api/letters/${letter?.id}/edit`, {
      text,
      etag: content?.etag,
    });
    expect(status).toBe(202);
    expect(texts(await told(body.activityId)).at(-1)).toBe('Visible to queries after so many s.');
    await live.runtime.settled();
    expect(await letters()).toEqual({ letters: [], givenUp: [] });
  });

  test('keeps the metadata of its object, packed as it was, when that is edited', async () => {
    const { s3 } = live.deployed;
    const of = { Bucket: rawBucket(), Key: 'weatherapi/current/dt=2026-11-22/packed.json.gz' };
    const Metadata = { 'fetched-at': '2026-11-22T05:00:00.000Z' };
    await s3.send(new PutObjectCommand({ ...of, Metadata, Body: gzipSync(broken) }));
    await until(async () => (await letters()).letters.length === 1);
    const [letter] = (await letters()).letters;
    const { content } = await detail(letter?.id ?? '');
    const text = broken.replace('NaN', '3');
    await ask('POST', `api/letters/${letter?.id}/edit`, { text, etag: content?.etag });
    const answer = await s3.send(new GetObjectCommand(of));
    expect(gunzipSync((await answer.Body?.transformToByteArray()) ?? '').toString()).toBe(text);
    expect((await s3.send(new HeadObjectCommand(of))).Metadata).toEqual(Metadata);
    await live.runtime.settled();
  });

  test('about more than 1 MB shows what is around the fault, and nothing to edit', async () => {
    const text = `${line('Oslo')}\n{"location":{"name":"${'x'.repeat(1024 * 1024)}"},"current":{}]}\n`;
    const entry = await drop('large.ndjson', text);
    const { letter, excerpt, content } = await detail(entry.steps.at(-1)?.letterId ?? '');
    expect(content).toBeNull();
    expect(excerpt).toMatchObject({ line: 2, text: expect.stringMatching(/^…x+"\},"current":\{\}\]\}$/) });
    expect(excerpt?.text.slice(...(excerpt?.mark ?? []))).toBe(']');
    await told((await ask('POST', 'api/actions', { kind: 'give-up', ids: [letter.id] })).body.activityId);
    const keys = ['weatherapi/current/large.ndjson'];
    await live.deployed.s3.send(new DeleteObjectCommand({ Bucket: rawBucket(), Key: `given-up/${keys[0]}` }));
  });

  test('that was given up is listed with its key, and can be taken back', async () => {
    const entry = await drop('given up.ndjson', broken);
    const ids = [entry.steps.at(-1)?.letterId];
    const { body } = await ask('POST', 'api/actions', { kind: 'give-up', ids });
    await told(body.activityId);
    const keys = ['weatherapi/current/given up.ndjson'];
    expect(await letters()).toEqual({ letters: [], givenUp: keys });
    const { body: back } = await ask('POST', 'api/actions', { kind: 'take-back', keys });
    expect((await told(back.activityId)).steps.at(-1)?.letterId).toBeDefined();
    expect(await letters()).toMatchObject({ letters: [{ key: keys[0] }], givenUp: [] });
  });

  test('of compact has its day and its reason, and nothing to edit', async () => {
    const { s3, outputs } = live.deployed;
    const Key = 'weatherapi/current/dt=2026-11-20/no.parquet';
    await s3.send(new PutObjectCommand({ Bucket: outputs.CuratedBucketName, Key, Body: 'no Parquet' }));
    await until(async () => (await letters()).letters.some((each) => each.function === 'compact'));
    const letter = (await letters()).letters.find((each) => each.function === 'compact');
    expect(letter).toMatchObject({ code: 'not-parquet', key: 'weatherapi/current/dt=2026-11-20/' });
    expect(await detail(letter?.id ?? '')).toEqual({ letter, excerpt: null, content: null });
  });

  test('that is gone is not found', async () => {
    expect((await ask('GET', 'api/letters/none')).status).toBe(404);
  });
});

describe('something is broken', () => {
  test('of a kind that is known, one at a time, and it ends with the server', async () => {
    const faults = (await ask('GET', 'api/faults')).body;
    expect(faults).toContain('S3: event lost');
    expect((await ask('POST', 'api/break', { seed: 1, kind: 'none' })).status).toBe(400);
    const events: unknown[] = [];
    live.hear((event) => events.push(event));
    expect((await ask('POST', 'api/break', { seed: 1, kind: faults[0] })).status).toBe(202);
    expect((await ask('POST', 'api/break', { seed: 2 })).status).toBe(409);
    expect(events).toContainEqual({
      type: 'breaking',
      progress: { seed: 1, kind: faults[0], done: 0, of: 1, faults: [], verdict: null },
    });
    await server.close();
    expect(await kept()).toEqual([]);
  });
});

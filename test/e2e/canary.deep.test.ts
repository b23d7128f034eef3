import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { deadLettersCommand } from '../../cli/commands/dead-letters.ts';
import { queryCommand } from '../../cli/commands/query.ts';
import { reconcileCommand } from '../../cli/commands/reconcile.ts';
import { replayCommand } from '../../cli/commands/replay.ts';
import { statusCommand } from '../../cli/commands/status.ts';
import type { RequestFaults } from '../../local/aws/request-faults.ts';
import { type Runtime, startRuntime } from '../../local/runtime.ts';
import { readTemplate, type Template } from '../../local/template.ts';
import { startWeatherApi, type WeatherApi } from '../../local/weatherapi/server.ts';
import { readParquet } from '../../operations/query/parquet-rows.ts';
import type { Outputs } from '../../shared/outputs.ts';
import { assemblyDirectory } from '../assembly.ts';
import { runTdf } from '../cli/cloud.ts';
import { useAssembly } from '../cli/state.ts';
import { captureOutput } from '../output.ts';
import { type Front, startFront } from './front.ts';
import { Evidence, formsOf } from './leaks.ts';

/** Planted as WeatherAPI's key, one after the other. Each of their forms differs from the others. */
const canaries = ['CANARY+first/key=41c7%2F"e0', 'CANARY+second/key=9b2d%2F"f1'];
const [first = '', second = ''] = canaries;

/** Failures that pass, or that are a place's own: runs at the same time. */
const runs = [
  ['Melbourne', ...['500', '502', '503', '504', '9999', 'error200', '1006'].map((mode) => `fail:${mode}`)],
  ['fail:cut', 'fail:malformed', 'fail:html', 'fail:huge', 'fail:1003', 'fail:1005', 'Oslo'],
  ['fail:429', 'echo:400', 'echo:500', 'echo:html', 'echo:header', 'echo:data', 'echo:plain'],
];
/** Failures that end a run, one a run. */
const stopping = ['1002', '2006', '2007', '2008', '2009', '9000', '9001', 'redirect'].map(
  (mode) => `fail:${mode}`,
);

const evidence = new Evidence();
const key = (name: string) => `weatherapi/current/dt=2026-11-22/${name}.json`;

let directory: string;
let stateDir: string;
let front: Front;
let access: { key: string; now: () => Date };
let api: WeatherApi;
let refuse: RequestFaults | undefined;
let hour = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'canary-'));
  stateDir = join(directory, 'state');
  access = { key: first, now: () => new Date('2026-11-22T05:00:00Z') };
  api = await startWeatherApi(access);
  front = await startFront(api.url);
  const template = inHaste(await readTemplate(assemblyDirectory()));
  await Promise.all([
    playAtAll(template),
    playAlone(template, 'nobody', await urlOfNobody(), 'Melbourne'),
    playAlone(template, 'without-tls', api.url.replace('http:', 'https:'), 'Melbourne'),
    playAlone(template, 'slow', api.url, 'fail:slow'),
  ]);
  await evidence.addFiles('files', directory);
  await useAssembly(stateDir);
  await typeCommands();
  await evidence.addFiles('files', stateDir);
}, 120_000);
afterAll(async () => {
  await Promise.all([front.close(), api.close()]);
  await rm(directory, { recursive: true });
});

/** The stack with 46 seconds for a run of fetch, of which it keeps 30 for landing: transient trouble outlasts the rest. */
function inHaste(template: Template): Template {
  return {
    ...template,
    resources: template.resources.map((resource) =>
      resource.type === 'AWS::Lambda::Function' && resource.path.includes('/Fetch/')
        ? { ...resource, properties: { ...resource.properties, Timeout: 46 } }
        : resource,
    ),
  };
}

/** Starts a run for an hour of its own. */
async function fetchRun(runtime: Runtime, event: Record<string, unknown>): Promise<void> {
  const scheduledTime = new Date(Date.UTC(2026, 10, 22, hour++));
  evidence.add(
    'answers',
    await runtime.runSchedule('fetch-schedule-weatherapi-current', scheduledTime, (sent) => ({
      ...sent,
      ...event,
    })),
  );
}

async function playAtAll(template: Template): Promise<void> {
  const runtime = await startRuntime({
    template,
    stateDir,
    environment: { WEATHERAPI_URL: front.url },
    retryDelay: 0,
    faults: { request: (call) => refuse?.(call) },
    onFailure: (failure) => evidence.add('failures', failure),
  });
  const outputs = runtime.outputs as unknown as Outputs;
  const { secrets } = runtime.emulator;
  const setSecret = (value: string) => secrets.set(outputs.ApiKeySecretName, value);
  const fetch = (...locations: string[]) => fetchRun(runtime, { locations });
  try {
    await fetch('Melbourne'); // There is no secret yet.
    setSecret(first);
    await Promise.all(runs.map((locations) => fetch(...locations)));
    for (const place of stopping) await fetch('Melbourne', place);
    await fetch('echo:302');
    await fetchRun(runtime, { options: { key: first } });
    await fetchRun(runtime, { scheduledTime: '2026-02-30T00:00:00Z' });

    access.key = second;
    setSecret(second);
    await fetch('Melbourne'); // Rotated.
    access.key = 'another';
    await fetch('Melbourne'); // Refused, both times.
    setSecret(' ');
    await fetch('Melbourne');
    secrets.clear();
    await fetch('Melbourne');
    access.key = second;
    setSecret(second);
    refuse = ({ action }) => (action === 'PutObject' ? { status: 403, code: 'AccessDenied' } : undefined);
    await fetch('Melbourne');

    refuse = ({ action, key: asked }) =>
      action === 'GetObject' && asked === key('denied') ? { status: 403, code: 'AccessDenied' } : undefined;
    await drop(runtime, outputs.RawBucketName);
    evidence.add('answers', await runtime.runSchedule('reconcile-schedule', new Date()));
    await runtime.settled();
    await look(runtime, outputs);
  } finally {
    await runtime.close();
  }
}

/** Files that cannot be converted, each for another reason. */
async function drop(runtime: Runtime, Bucket: string): Promise<void> {
  const s3 = new S3Client(runtime.clientConfig);
  const bodies = {
    denied: '{}',
    broken: '{"location":',
    error: '{"error":{"code":2006,"message":"API key is invalid."}}',
  };
  for (const [name, Body] of Object.entries(bodies))
    await s3.send(new PutObjectCommand({ Bucket, Key: key(name), Body }));
  s3.destroy();
}

/** A run of one place that ends without an answer. */
async function playAlone(template: Template, name: string, url: string, place: string): Promise<void> {
  const runtime = await startRuntime({
    template,
    stateDir: join(directory, name),
    environment: { WEATHERAPI_URL: url },
  });
  runtime.emulator.secrets.set((runtime.outputs as unknown as Outputs).ApiKeySecretName, first);
  await fetchRun(runtime, { locations: [place] }).finally(runtime.close);
}

async function urlOfNobody(): Promise<string> {
  const gone = await startWeatherApi(access);
  await gone.close();
  return gone.url;
}

/** Collects what is not in a file, or cannot be read from one. */
async function look({ emulator, access: policies, alarms }: Runtime, outputs: Outputs): Promise<void> {
  for (const queue of [outputs.QueueUrl, outputs.DeadLetterQueueUrl])
    evidence.add('messages', emulator.messages(queue));
  evidence.add('requests', [...emulator.requests, ...api.requests]);
  evidence.add('denials', policies.denials);
  evidence.add('alarms', await alarms());
  const curated = emulator.requests.flatMap(({ action, bucket, key: written, status }) =>
    action === 'PutObject' && bucket === outputs.CuratedBucketName && status === 200 && written
      ? [emulator.pathOf(bucket, written)]
      : [],
  );
  // Compressed, and so not to be searched as they are.
  evidence.add('rows', await readParquet([...new Set(curated)]));
}

/** Types the commands of an operator about what is left. */
async function typeCommands(): Promise<void> {
  const rows = new Writable({
    write: (chunk, _, done) => done(void evidence.add('tdf query', String(chunk))),
  });
  const typed: Record<string, [Command, string[]]> = {
    'tdf status': [statusCommand(), []],
    'tdf dead-letters': [deadLettersCommand(), ['list']],
    'tdf replay': [replayCommand(), ['--json']],
    'tdf reconcile': [reconcileCommand(), ['--dry-run']],
    'tdf query': [queryCommand(rows), ['SELECT * FROM weatherapi_current', '--json']],
  };
  for (const [name, [command, args]] of Object.entries(typed)) {
    const output = captureOutput();
    await command
      .parseAsync([...args, '--local', '--state', stateDir], { from: 'user' })
      .finally(output.restore);
    evidence.add(name, output.lines().join('\n'));
  }
  process.exitCode = undefined; // Of commands that found something.
  evidence.add('tdf set-key', await runTdf(['set-key', '--local', '--state', stateDir], { input: second }));
}

describe('the API key', () => {
  test.each(Object.entries(formsOf(first)))('would be found %s', (_how, form) => {
    const planted = new Evidence();
    planted.add('a log', `{"url":"http://127.0.0.1/v1?q=Oslo&key=${form}"}`);
    expect(planted.leaks(canaries)).toContain(`a log: ${_how}`);
  });

  test.each([
    ['answers', 'the secret has no value', 'is empty. Put WeatherAPI'],
    ['answers', 'there is no secret', 'perform: secretsmanager:GetSecretValue'],
    ['answers', 'a refused key', 'HTTP 401 code 2006: API key is invalid'],
    ['answers', 'a disabled key', 'code 2008'],
    ['answers', 'a spent quota', 'code 2007'],
    ['answers', 'a redirect', 'a redirect, which is never followed'],
    ['answers', 'a connection that was cut', 'UND_ERR_SOCKET'],
    ['answers', 'an endless body', 'with a body of more than'],
    ['answers', 'a body that is none', 'but convert would refuse the body: not-json'],
    ['answers', 'no answer in time', 'the run was out of time'],
    ['answers', 'a body that repeats the key', 'but the body repeats the API key: not landed'],
    ['answers', 'nobody who listens', 'connection failed: ECONNREFUSED'],
    ['answers', 'nobody who speaks TLS', 'connection failed: ERR_SSL_'],
    ['answers', 'a key in the event', 'expected none but'],
    ['answers', 'a bucket that refuses', 'AccessDenied'],
    ['files', 'log lines', '"Run ended"'],
    ['files', 'metrics', '"CloudWatchMetrics"'],
    ['files', 'raw objects', '"name":"Melbourne"'],
    ['files', 'metadata', '"places-missing"'],
    ['messages', 'reasons', 'tries-exhausted'],
    ['messages', 'codes', 'error-body'],
    ['rows', 'rows', 'Melbourne'],
    ['alarms', 'alarms', 'ALARM'],
    ['failures', 'failed messages', 'denied.json'],
    ['tdf status', 'runs', '3 dead'],
    ['tdf dead-letters', 'letters', 'tries-exhausted'],
    ['tdf replay', 'conversions', '"deadLetters"'],
    ['tdf reconcile', 'standings', 'dead'],
    ['tdf query', 'rows', '"location_name"'],
    ['tdf set-key', 'the secret', 'Created the secret tdf/weatherapi-key'],
  ])('was searched for in %s with %s in them', (where, _what, sign) => {
    expect(evidence.of(where)).toContain(sign);
  });

  test('was sent with each failure that the stand-in has, and echoed', () => {
    const asked = new Set(api.requests.map(({ q }) => q));
    const failures = [...runs.flat(), ...stopping, 'fail:slow'].filter((place) => place.startsWith('fail:'));
    expect(failures.filter((place) => !asked.has(place))).toEqual([]);
    expect(front.echoed).toBeGreaterThanOrEqual(7);
  });

  test('is in nothing that is printed, answered, counted, queued or kept, in no form [key]', () => {
    expect(evidence.leaks(canaries)).toEqual([]);
  });
});

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { StateInUseError } from '../../local/aws/state-lock.ts';
import { type Runtime, type RuntimeOptions, startRuntime } from '../../local/runtime.ts';
import { isRunning, until } from './until.ts';

/** Logical id -> type, properties, and the path of the construct. */
type Resources = Record<string, [type: string, properties: Record<string, unknown>, constructPath?: string]>;

let directory: string;
let runtimes: Runtime[];

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'runtime-'));
  runtimes = [];
});
afterEach(async () => {
  await Promise.all(runtimes.map((runtime) => runtime.close()));
  await rm(directory, { recursive: true });
});

/** Copies each new raw object to curated, in upper case. `hang` and `fail` in its environment or in an object do that. */
const convert = `
  const { AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, CURATED, MODE } = process.env;
  const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=' + AWS_ACCESS_KEY_ID + '/' };
  export async function handler({ Records }) {
    for (const { body } of Records) {
      for (const { s3 } of JSON.parse(body).Records ?? []) {
        console.log(process.pid + ' works on ' + s3.object.key);
        const raw = await (await fetch(AWS_ENDPOINT_URL + '/' + s3.bucket.name + '/' + s3.object.key, { headers })).text();
        if ([MODE, raw].includes('hang')) await new Promise(() => {});
        if ([MODE, raw].includes('fail')) throw new Error('no rows in ' + s3.object.key);
        await fetch(AWS_ENDPOINT_URL + '/' + CURATED + '/' + s3.object.key, { method: 'PUT', body: raw.toUpperCase(), headers });
      }
    }
    return { batchItemFailures: [] };
  }`;
const fetcher = 'export const handler = (event) => ({ event, endpoint: process.env.AWS_ENDPOINT_URL });';

const get = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
const policy = (statement: object) => ({
  PolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] },
});

function resources(): Resources {
  const RedrivePolicy = { deadLetterTargetArn: get('DeadLetters'), maxReceiveCount: 2 };
  const QueueConfigurations = [{ Events: ['s3:ObjectCreated:*'], QueueArn: get('Queue') }];
  const bundle = (name: string) => ({ Role: get('Role'), Handler: 'index.handler', Code: { S3Key: name } });
  const s3 = {
    Principal: { Service: 's3.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: get('Queue'),
  };
  const schedule = { Input: '{"time":"<aws.scheduler.scheduled-time>"}', RoleArn: get('Role') };
  return {
    Raw: ['AWS::S3::Bucket', {}, 'Raw'],
    Curated: ['AWS::S3::Bucket', {}, 'Curated'],
    Queue: ['AWS::SQS::Queue', { VisibilityTimeout: 720, RedrivePolicy }, 'Convert/Queue'],
    DeadLetters: ['AWS::SQS::Queue', {}, 'Convert/DeadLetters'],
    RawNotifications: [
      'Custom::S3BucketNotifications',
      {
        ServiceToken: get('Handler'),
        BucketName: { Ref: 'Raw' },
        NotificationConfiguration: { QueueConfigurations },
      },
    ],
    Handler: ['AWS::Lambda::Function', { Code: { ZipFile: 'of CloudFormation' } }],
    // Narrow policies are in test/e2e/least-privilege.deep.test.ts.
    Role: ['AWS::IAM::Role', {}, 'Role'],
    Policy: ['AWS::IAM::Policy', { ...policy({ Action: '*', Resource: '*' }), Roles: [{ Ref: 'Role' }] }],
    QueuePolicy: ['AWS::SQS::QueuePolicy', { ...policy(s3), Queues: [{ Ref: 'Queue' }] }],
    Convert: [
      'AWS::Lambda::Function',
      {
        ...bundle('convert'),
        Timeout: 60,
        Environment: { Variables: { CURATED: { Ref: 'Curated' }, MODE: 'work' } },
      },
      'Convert/Function',
    ],
    Mapping: [
      'AWS::Lambda::EventSourceMapping',
      {
        EventSourceArn: get('Queue'),
        FunctionName: { Ref: 'Convert' },
        BatchSize: 1,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      },
    ],
    Fetch: ['AWS::Lambda::Function', bundle('fetch'), 'Fetch/Function'],
    Schedule: [
      'AWS::Scheduler::Schedule',
      { ScheduleExpression: 'rate(1 hour)', Target: { Arn: get('Fetch'), ...schedule } },
    ],
  };
}

async function start({
  change,
  ...options
}: Partial<RuntimeOptions> & { change?: (resources: Resources) => void } = {}): Promise<Runtime> {
  const all = resources();
  change?.(all);
  const bundles = path.join(directory, 'bundles');
  for (const [name, code] of Object.entries({ convert, fetch: fetcher })) {
    await mkdir(path.join(bundles, name), { recursive: true });
    await writeFile(path.join(bundles, name, 'index.mjs'), code);
  }
  const template = {
    resources: Object.entries(all).map(([logicalId, [type, properties, constructPath = logicalId]]) => ({
      logicalId,
      type,
      properties,
      path: `Weather/${constructPath}/Resource`,
    })),
    outputs: { RawBucket: { Ref: 'Raw' }, Queue: { Ref: 'Queue' } },
    assets: new Map(['convert', 'fetch'].map((name) => [name, path.join(bundles, name)])),
  };
  const runtime = await startRuntime({ template, stateDir: path.join(directory, 'state'), ...options });
  runtimes.push(runtime);
  return runtime;
}

const asOperator = { authorization: 'AWS4-HMAC-SHA256 Credential=local/' };
const put = ({ clientConfig }: Runtime, key: string, body: string) =>
  fetch(`${clientConfig.endpoint}/raw/${key}`, { method: 'PUT', body, headers: asOperator });
const curated = async ({ clientConfig }: Runtime, key: string) =>
  (await fetch(`${clientConfig.endpoint}/curated/${key}`, { headers: asOperator })).text();
const arnOf = (queue: string) => `arn:aws:sqs:us-east-1:000000000000:${queue}`;

async function convertLog(): Promise<string[]> {
  const text = await readFile(path.join(directory, 'state', 'logs', 'convert-function.log'), 'utf8');
  // Besides what the function prints, there is what Lambda counts.
  return text
    .trimEnd()
    .split('\n')
    .filter((line) => !line.includes('"AWS/Lambda"'));
}

/** Puts an object that convert never gets done with. @returns the process that works on it */
async function putAndHang(runtime: Runtime, key = 'endless'): Promise<number> {
  await put(runtime, key, 'hang');
  let line: string | undefined;
  await until(async () => {
    line = (await convertLog().catch(() => [])).find((each) => each.endsWith(` ${key}`));
    return line !== undefined;
  });
  return Number.parseInt(line ?? '', 10);
}

describe('a running stack', () => {
  test('converts what is put into raw, and is settled then', async () => {
    const runtime = await start();
    for (const key of ['a', 'b', 'c']) await put(runtime, key, `rows of ${key}`);
    await runtime.settled();
    expect(await curated(runtime, 'b')).toBe('ROWS OF B');
    const worked = (await convertLog()).filter((line) => line.includes(' works on '));
    expect(worked.map((line) => line.split(' ').at(-1)).sort()).toEqual(['a', 'b', 'c']);
  });

  test('gives each function its own credentials, with which it may do what its role allows', async () => {
    const runtime = await start({
      change: ({ Policy }) => Object.assign(Policy?.[1] ?? {}, { Roles: [{ Ref: 'OtherRole' }] }),
    });
    const message = expect.stringMatching(
      /^User: arn:aws:sts::000000000000:assumed-role\/role\/scheduler is not authorized to perform: lambda:InvokeFunction/,
    );
    const error = { type: 'AccessDeniedException', message };
    expect(await runtime.runSchedule('schedule', new Date())).toEqual({ ok: false, error });
    await expect(runtime.settled({ timeout: 500 })).rejects.toThrow(
      /cannot be polled \(AccessDenied: User: arn:aws:sts::000000000000:assumed-role\/role\/convert-function is/,
    );
  });

  test('tells what its outputs are here, and which functions there are', async () => {
    const runtime = await start();
    const { endpoint } = runtime.emulator;
    expect(runtime.outputs).toEqual({ RawBucket: 'raw', Queue: `${endpoint}/000000000000/convert-queue` });
    expect(await runtime.invoke('fetch-function', { a: 1 })).toMatchObject({ response: { event: { a: 1 } } });
    await expect(runtime.invoke('fetch', {})).rejects.toThrow(
      'There is no function "fetch"; there are: convert-function, fetch-function',
    );
  });

  test('starts one of its schedules for an instant, with the event as it was edited', async () => {
    const runtime = await start({
      change: (all) => {
        const [type = '', properties] = all.Schedule ?? [];
        all.Hourly = [type, { ...properties, Name: 'hourly' }];
        const Target = { ...(properties?.Target as object), Input: '{"other":true}' };
        all.Schedule = [type, { ...properties, Target }];
      },
    });
    expect(runtime.scheduleInput('schedule')).toEqual({ other: true });
    expect(runtime.scheduleInput('hourly')).toEqual({ time: '<aws.scheduler.scheduled-time>' });
    expect(() => runtime.scheduleInput('daily')).toThrow(
      'There is no schedule "daily"; there are: schedule, hourly',
    );
    const edit = (event: Record<string, unknown>) => ({ ...event, places: ['Oslo'] });
    const event = { time: '2026-11-22T05:00:00Z', places: ['Oslo'] };
    expect(await runtime.runSchedule('hourly', new Date('2026-11-22T05:00Z'), edit)).toEqual({
      ok: true,
      response: { event, endpoint: runtime.emulator.endpoint },
    });
  });

  test('gives a message up after its last try, and tells of each', async () => {
    const failures: string[] = [];
    const runtime = await start({ retryDelay: 0, onFailure: ({ reason }) => failures.push(reason) });
    await runtime.settled();
    await put(runtime, 'bad', 'fail');
    await runtime.settled();
    expect(failures).toEqual(['Error: no rows in bad', 'Error: no rows in bad']);
    expect(runtime.emulator.messages(arnOf('convert-dead-letters'))).toHaveLength(1);
  });
});

describe('messages of a queue with a delay', () => {
  /** A second function, with a queue of its own. */
  const withSecond = (all: Resources) => {
    all.SecondQueue = ['AWS::SQS::Queue', { VisibilityTimeout: 720, DelaySeconds: 60 }, 'Second/Queue'];
    all.Second = ['AWS::Lambda::Function', { ...all.Fetch?.[1] }, 'Second/Function'];
    const ofSecond = { EventSourceArn: get('SecondQueue'), FunctionName: { Ref: 'Second' } };
    all.SecondMapping = ['AWS::Lambda::EventSourceMapping', { ...all.Mapping?.[1], ...ofSecond }];
  };
  const second = arnOf('second-queue');

  test('wait until no other function has work, and no longer', async () => {
    const events: string[] = [];
    const runtime = await start({
      change: withSecond,
      faults: { invocation: (name) => void events.push(name) },
      onFailure: () => events.push('failed'),
    });
    await runtime.settled();
    await putAndHang(runtime);
    runtime.emulator.send(second, 'held');
    await until(() => runtime.emulator.queueDepth(second).inFlight === 1);
    await runtime.crash('convert-function');
    await until(() => events.length === 4);
    expect(events).toEqual(['convert-function', 'convert-function', 'failed', 'second-function']);
  });

  test('do not wait when they are not to', async () => {
    const runtime = await start({ change: withSecond, delays: false });
    await putAndHang(runtime);
    runtime.emulator.send(second, 'not held');
    await until(() => Object.values(runtime.emulator.queueDepth(second)).every((count) => count === 0));
  });
});

describe('waiting until all is settled', () => {
  test('ends with its time-out, and names what is waiting, or with its signal', async () => {
    const runtime = await start();
    await runtime.settled();
    await putAndHang(runtime);
    await expect(runtime.settled({ timeout: 50 })).rejects.toThrow(
      'Not settled after 0.05 s: convert-queue has 1 message',
    );
    const stop = new AbortController();
    const settled = runtime.settled({ signal: stop.signal });
    stop.abort(new Error('stopped by SIGINT'));
    await expect(settled).rejects.toThrow('stopped by SIGINT');
  });

  test('says so when the queue cannot be polled', async () => {
    const runtime = await start({
      faults: {
        request: ({ action }) =>
          action === 'ReceiveMessage' ? { status: 400, code: 'AccessDenied' } : undefined,
      },
    });
    await expect(runtime.settled({ timeout: 500 })).rejects.toThrow(
      /convert-queue has 1 message and cannot be polled \(AccessDenied/,
    );
  });
});

describe('what cannot be started', () => {
  const late: [string, (resources: Resources) => void, RegExp][] = [
    [
      'a variable with an unknown reference',
      ({ Fetch }) =>
        Object.assign(Fetch?.[1] ?? {}, { Environment: { Variables: { A: { Ref: 'Nothing' } } } }),
      /Ref of Nothing/,
    ],
    [
      'a second event source for a queue of elsewhere',
      (all) => {
        const mapping = {
          EventSourceArn: arnOf('elsewhere'),
          FunctionName: { Ref: 'Convert' },
          BatchSize: 1,
        };
        all.Other = ['AWS::Lambda::EventSourceMapping', mapping];
      },
      /polls queues of the stack only, not .*elsewhere/,
    ],
    [
      'a notification of another kind',
      ({ RawNotifications }) =>
        Object.assign(RawNotifications?.[1] ?? {}, {
          NotificationConfiguration: { TopicConfigurations: [] },
        }),
      /TopicConfigurations/,
    ],
    ['a function without a role', ({ Fetch }) => delete Fetch?.[1].Role, /Fetch: a function needs a Role/],
    [
      'a role with a policy that is not in the template',
      ({ Role }) => Object.assign(Role?.[1] ?? {}, { ManagedPolicyArns: ['arn:a'] }),
      /Role: expected policies in the template, not ManagedPolicyArns/,
    ],
    [
      'a queue that does not take messages of the bucket',
      (all) => delete all.QueuePolicy,
      /Unable to validate the destination of raw's notification/,
    ],
  ];

  test.each(late)('%s leaves nothing open', async (_name, change, message) => {
    const servers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap');
    const before = servers().length;
    await expect(start({ change })).rejects.toThrow(message);
    await until(() => servers().length === before);
    // The state directory is free again, and what is right runs on it.
    const runtime = await start();
    await put(runtime, 'a', 'rows');
    await runtime.settled();
    expect(await curated(runtime, 'a')).toBe('ROWS');
  });

  test('a value for a variable that no function declares is refused', async () => {
    await expect(start({ environment: { MODE: 'work', MODUS: 'x', OTHER: 'y' } })).rejects.toThrow(
      'No function declares MODUS, OTHER.',
    );
  });

  test('a second runtime on the same state is refused, and the first goes on', async () => {
    const first = await start();
    await expect(start()).rejects.toThrow(StateInUseError);
    await put(first, 'a', 'rows');
    await first.settled();
    expect(await curated(first, 'a')).toBe('ROWS');
  });
});

describe('closing', () => {
  test('kills a function at its work, and may be done again', async () => {
    const runtime = await start();
    const pid = await putAndHang(runtime);
    await Promise.all([runtime.close(), runtime.close()]);
    await runtime.close();
    expect(isRunning(pid)).toBe(false);
    await expect(fetch(runtime.clientConfig.endpoint)).rejects.toThrow('fetch failed');
  });

  test('in the middle of retries ends them', async () => {
    let failures = 0;
    const runtime = await start({
      retryDelay: 0,
      onFailure: () => failures++,
      change: ({ Queue }) => delete Queue?.[1].RedrivePolicy,
    });
    for (const key of ['a', 'b', 'c']) await put(runtime, key, 'fail');
    await until(() => failures >= 10);
    await runtime.close();
    const atClose = failures;
    await new Promise((resolve) => setImmediate(resolve));
    expect(failures).toBe(atClose);
  });

  test('keeps what was waiting or being converted for the next run, which converts it', async () => {
    const first = await start({ environment: { MODE: 'hang' } });
    await putAndHang(first, 'object-0');
    for (let i = 0; i < 15; i++) await put(first, `object-${i}`, `rows of ${i}`);
    await first.close();

    const second = await start();
    await second.settled();
    const rows = await Promise.all(Array.from({ length: 15 }, (_, i) => curated(second, `object-${i}`)));
    expect(rows).toEqual(rows.map((_, i) => `ROWS OF ${i}`));
    expect(second.emulator.messages(arnOf('convert-dead-letters'))).toEqual([]);
  });
});

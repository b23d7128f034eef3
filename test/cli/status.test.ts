import type { Stack, StackStatus } from '@aws-sdk/client-cloudformation';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { show } from '../../cli/commands/status.ts';
import { stackOutputs } from '../../operations/stack-outputs.ts';
import { pipelineStatus } from '../../operations/status.ts';
import { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';
import { rawKey } from '../../shared/keys.ts';
import { outputNames } from '../../shared/outputs.ts';
import { type Cloud, startCloud } from './cloud.ts';

describe('tdf status', () => {
  const now = new Date('2026-11-22T02:05:00Z');
  const at = (text: string) => new Date(`2026-11-${text}:00Z`);
  let cloud: Cloud;

  async function land(
    time: Date,
    { convert = true, ...metadata }: { convert?: boolean } & Record<string, unknown>,
  ) {
    const key = rawKey(weatherapiCurrent, time);
    const Metadata = Object.fromEntries(
      Object.entries(metadata).map(([name, value]) => [name, String(value)]),
    );
    await cloud.clients.s3.send(new PutObjectCommand({ Bucket: 'raw', Key: key, Body: '{}\n', Metadata }));
    if (!convert) return;
    const Key = key.replace('.json', '.parquet');
    await cloud.clients.s3.send(new PutObjectCommand({ Bucket: 'curated', Key, Body: 'PAR1' }));
  }

  beforeAll(async () => {
    cloud = await startCloud();
    await land(at('21T22:00'), { places: 2, 'places-missing': 0 });
    await land(at('21T23:00'), { places: 1, 'places-missing': 1 });
    await land(at('22T00:00'), { convert: false, places: 2, 'places-missing': 0 });
    for (const Key of [
      'weatherapi/current/dt=2026-11-22/dropped.json',
      'weatherapi/current/20261122T010000Z.json',
    ]) {
      await cloud.clients.s3.send(new PutObjectCommand({ Bucket: 'raw', Key, Body: '{}' }));
    }
    cloud.emulator.send(cloud.outputs.QueueUrl, 'one');
    cloud.emulator.send(cloud.outputs.DeadLetterQueueUrl, 'two');
    cloud.emulator.send(cloud.outputs.DeadLetterQueueUrl, 'three');
  });
  afterAll(() => cloud.close());

  const statusBy = (ScheduleExpression: string, when = now) =>
    pipelineStatus(cloud.clients, { ...cloud.outputs, ScheduleExpression }, weatherapiCurrent, {
      hours: 5,
      now: when,
    });

  test('tells of each hour whether it landed, was converted, or is missing; a young one is only due', async () => {
    const { runs, queue, deadLetters } = await statusBy('cron(0 * * * ? *)');
    expect(runs.map(({ expected, state }) => [expected.to.toISOString().slice(8, 16), state])).toEqual([
      ['21T22:00', 'converted'],
      ['21T23:00', 'converted'],
      ['22T00:00', 'landed'],
      ['22T01:00', 'missing'],
      ['22T02:00', 'due'],
    ]);
    expect(runs[1]).toMatchObject({
      raw: {
        key: 'weatherapi/current/dt=2026-11-21/20261121T230000Z.json',
        bytes: 3,
        writtenAt: expect.any(Date),
        places: 1,
        placesMissing: 1,
      },
      curated: { key: 'weatherapi/current/dt=2026-11-21/20261121T230000Z.parquet', bytes: 4 },
    });
    expect(runs[2]?.curated).toBeNull();
    expect(runs[3]).toMatchObject({ raw: null, curated: null });
    expect({ queue, deadLetters }).toEqual({ queue: { waiting: 1, inFlight: 0 }, deadLetters: 2 });
  });

  test('calls an hour missing once it is older than 15 minutes', async () => {
    const lastState = async (when: string) =>
      (await statusBy('cron(0 * * * ? *)', at(when))).runs.at(-1)?.state;
    expect(await lastState('22T02:14')).toBe('due');
    expect(await lastState('22T02:15')).toBe('missing');
  });

  test('of a rate, finds the gaps as intervals in which nothing landed', async () => {
    const { runs } = await statusBy('rate(1 hour)');
    expect(runs.map(({ expected, state }) => [expected.to.toISOString().slice(8, 16), state])).toEqual([
      ['21T22:05', 'converted'],
      ['21T23:05', 'converted'],
      ['22T00:05', 'landed'],
      ['22T01:05', 'missing'],
      ['22T02:05', 'due'],
    ]);
  });

  test('shows people a line a run, what is incomplete, and what to look at next', async () => {
    const log = jest.spyOn(console, 'log').mockReturnValue();
    show(await statusBy('cron(0 * * * ? *)'), 5, { stage: 'prod', state: '.local' });
    const text = log.mock.calls.join('\n');
    log.mockRestore();
    const line = (hour: string) => text.split('\n').find((row) => row.includes(hour)) ?? '';
    expect(line('2026-11-21 22:00')).toMatch(/converted\s+│ 2 /);
    expect(line('2026-11-21 23:00')).toMatch(/converted\s+│ 1 of 2 /);
    expect(line('2026-11-22 00:00')).toContain('landed, not converted');
    expect(line('2026-11-22 01:00')).toContain('missing');
    expect(text).toContain('Runs: 2 converted, 1 landed and not converted, 1 missing, 1 incomplete');
    expect(text).toContain('Queue: 1 waiting, 0 in flight; 2 dead');
    expect(text).toContain('npx tdf dead-letters --stage prod');
  });

  test('prints the same as JSON for programs, and takes whole hours only', async () => {
    const hour = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - 2 * 3_600_000);
    await land(hour, { places: 1, 'places-missing': 0 });
    const { code, stdout } = await cloud.tdf('status', '--hours', '6', '--json');
    expect(code).toBe(0);
    const { runs, deadLetters } = JSON.parse(stdout);
    expect(runs).toContainEqual(
      expect.objectContaining({
        expected: { from: hour.toISOString(), to: hour.toISOString() },
        state: 'converted',
        raw: expect.objectContaining({ key: rawKey(weatherapiCurrent, hour), places: 1 }),
      }),
    );
    expect(deadLetters).toBe(2);

    const refused = await cloud.tdf('status', '--hours', '1.5');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('Expected whole hours') });
  });

  test('says how to deploy when there is no such stack', async () => {
    const { code, stderr } = await cloud.tdf('status', '--stage', 'nowhere');
    expect(code).toBe(1);
    expect(stderr).toContain('There is no stack TdfWeather-nowhere');
    expect(stderr).toContain('npx cdk deploy -c stage=nowhere');
  });
});

describe('a stack that is not whole', () => {
  const outputs = outputNames.map((OutputKey) => ({ OutputKey, OutputValue: 'x' }));
  const whatItSays = (StackStatus: StackStatus, Outputs?: Stack['Outputs']) => {
    const stack = { StackName: 'TdfWeather-dev', CreationTime: new Date(), StackStatus, Outputs };
    try {
      stackOutputs('dev', stack);
      return '';
    } catch (error) {
      return `${(error as Error).name}: ${(error as Error).message}`;
    }
  };

  test.each(['REVIEW_IN_PROGRESS', 'CREATE_FAILED', 'ROLLBACK_COMPLETE', 'ROLLBACK_FAILED'] as const)(
    'in the state %s never came up: how to see why, to deploy and to remove it [incomplete-stack]',
    (status) => {
      const text = whatItSays(status);
      expect(text).toContain(`NoStackError: The stack TdfWeather-dev never came up (${status}).`);
      expect(text).toContain('aws cloudformation describe-stack-events --stack-name TdfWeather-dev');
      expect(text).toContain('npx cdk deploy -c stage=dev');
      expect(text).toContain('npx cdk destroy -c stage=dev');
    },
  );

  test.each([
    ['CREATE_IN_PROGRESS', []],
    ['ROLLBACK_IN_PROGRESS', undefined],
    ['UPDATE_IN_PROGRESS', outputs.slice(1)],
    ['UPDATE_ROLLBACK_IN_PROGRESS', outputs.slice(1)],
    ['DELETE_IN_PROGRESS', outputs],
  ] as const)('in the state %s is being changed: wait, and type it again', (status, some) => {
    const text = whatItSays(status, some && [...some]);
    expect(text).toContain(`Error: The stack TdfWeather-dev is being changed (${status}).`);
    expect(text).toContain('type the same command again');
  });

  test.each([
    ['UPDATE_ROLLBACK_FAILED', 'aws cloudformation continue-update-rollback --stack-name TdfWeather-dev'],
    ['UPDATE_FAILED', 'npx cdk deploy -c stage=dev'],
    ['UPDATE_ROLLBACK_COMPLETE', 'npx cdk deploy -c stage=dev'],
    ['IMPORT_ROLLBACK_COMPLETE', 'npx cdk deploy -c stage=dev'],
    ['IMPORT_ROLLBACK_FAILED', 'npx cdk deploy -c stage=dev'],
  ] as const)('in the state %s was not changed to the end: how to see why, and to go on', (status, next) => {
    const text = whatItSays(status, outputs.slice(1));
    expect(text).toContain(`Error: The last change of the stack TdfWeather-dev failed (${status})`);
    expect(text).toContain('aws cloudformation describe-stack-events --stack-name TdfWeather-dev');
    expect(text).toContain(next);
    expect(text).not.toContain('another version');
    expect(whatItSays(status, outputs)).toBe('');
  });

  test('is deleted to its end, or deployed in this version', () => {
    expect(whatItSays('DELETE_FAILED', outputs)).toContain(
      'Delete the rest with: npx cdk destroy -c stage=dev',
    );
    expect(whatItSays('UPDATE_COMPLETE', outputs.slice(2))).toContain(
      'does not have the outputs RawBucketName, CuratedBucketName: another version deployed it.',
    );
    expect(whatItSays('DELETE_COMPLETE')).toContain('There is no stack TdfWeather-dev');
  });

  test('is only one: while an update goes on, what it had is there', () => {
    for (const status of ['CREATE_COMPLETE', 'UPDATE_IN_PROGRESS', 'UPDATE_ROLLBACK_COMPLETE'] as const)
      expect(whatItSays(status, outputs)).toBe('');
  });

  test.each([
    ['status'],
    ['dead-letters'],
    ['dead-letters', 'redrive'],
    ['dead-letters', 'take-back', 'a'],
    ['replay', '--dry-run'],
    ['reconcile', '--dry-run'],
    ['query', 'SELECT 1'],
    ['destroy', '--dry-run'],
    ['drop', 'package.json'],
  ])('is told of by tdf %s %s', async (...args) => {
    const cloud = await startCloud();
    try {
      cloud.stack.status = 'ROLLBACK_COMPLETE';
      cloud.stack.outputs = {};
      const { code, stdout, stderr } = await cloud.tdf(...args);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^Failed The stack TdfWeather-dev never came up \(ROLLBACK_COMPLETE\)/);
      expect(stderr).not.toContain('undefined');
    } finally {
      await cloud.close();
    }
  });
});

import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { describe as describeStatus } from '../../cli/commands/status.ts';
import { pipelineStatus } from '../../cli/status/pipeline-status.ts';
import { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';
import { rawKey } from '../../shared/keys.ts';
import { type Cloud, startCloud } from './cloud.ts';

jest.setTimeout(60_000); // Each command is a process of its own.

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
    const text = describeStatus(await statusBy('cron(0 * * * ? *)'), 5, {
      stage: 'prod',
      state: '.local',
    });
    const line = (hour: string) => text.split('\n').find((row) => row.includes(hour)) ?? '';
    expect(line('2026-11-21 22:00')).toMatch(/converted\s+│ 2 /);
    expect(line('2026-11-21 23:00')).toMatch(/converted\s+│ 1 of 2 /);
    expect(line('2026-11-22 00:00')).toContain('landed, not converted');
    expect(line('2026-11-22 01:00')).toContain('missing');
    expect(text).toContain('Runs: 2 converted, 1 landed and not converted, 1 missing, 1 incomplete');
    expect(text).toContain('Queue: 1 waiting, 0 in flight; 2 dead');
    expect(text).toContain('npm run tdf -- dead-letters --stage prod');
  });

  test('prints the same as JSON for programs, and takes whole hours only', async () => {
    const hour = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - 2 * 3_600_000);
    await land(hour, { places: 1, 'places-missing': 0 });
    const { code, stdout } = await cloud.tdf(['status', '--hours', '6', '--json']);
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

    const refused = await cloud.tdf(['status', '--hours', '1.5']);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('Expected whole hours') });
  });

  test('says how to deploy when there is no such stack', async () => {
    const { code, stderr } = await cloud.tdf(['status', '--stage', 'nowhere']);
    expect(code).toBe(1);
    expect(stderr).toContain('There is no stack TdfWeather-nowhere');
    expect(stderr).toContain('npx cdk deploy -c stage=nowhere');
  });
});

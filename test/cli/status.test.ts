import { stripVTControlCharacters } from 'node:util';
import type { Stack, StackStatus } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { showStatus } from '../../cli/commands/status/show-status.ts';
import type { Logs } from '../../operations/logs.ts';
import type { AlarmStatus, Observed } from '../../operations/observed.ts';
import { scheduleInput } from '../../operations/schedule-input.ts';
import { stackOutputs } from '../../operations/stack-outputs.ts';
import { pipelineStatus } from '../../operations/status/status.ts';
import type { Dataset } from '../../shared/dataset.ts';
import { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';
import { weatherapiForecast } from '../../shared/datasets/weatherapi-forecast.ts';
import { weatherapiHistory } from '../../shared/datasets/weatherapi-history.ts';
import { datasets } from '../../shared/datasets.ts';
import { curatedKeysOf, placeDayKey, rawKey } from '../../shared/keys.ts';
import { outputNames } from '../../shared/outputs.ts';
import { runEnded, runStarted } from '../../shared/run-log.ts';
import { type Cloud, startCloud } from './cloud.ts';
import { cloudWatch } from './cloud-watch.ts';
import { compactDay } from './compact-day.ts';

describe('tdf status', () => {
  const now = new Date('2026-11-22T02:05:00Z');
  const at = (text: string) => new Date(`2026-11-${text}:00Z`);
  const hourAgo = at('22T01:05');
  let cloud: Cloud;

  async function land(
    time: Date,
    { convert = true, list, ...metadata }: { convert?: boolean; list?: string } & Record<string, unknown>,
  ) {
    const key = rawKey(weatherapiCurrent, time, list);
    const Metadata = Object.fromEntries(
      Object.entries(metadata).map(([name, value]) => [name, String(value)]),
    );
    await cloud.clients.s3.send(new PutObjectCommand({ Bucket: 'raw', Key: key, Body: '{}\n', Metadata }));
    if (!convert) return;
    const [Key] = curatedKeysOf(key);
    await cloud.clients.s3.send(new PutObjectCommand({ Bucket: 'curated', Key, Body: 'PAR1' }));
  }

  beforeAll(async () => {
    cloud = await startCloud();
    await land(at('21T22:00'), { places: 2, 'places-missing': 0 });
    await land(at('21T23:00'), { places: 1, 'places-missing': 1 });
    await compactDay(cloud.clients.s3, 'weatherapi/current/dt=2026-11-21/');
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
    cloud.emulator.send(cloud.outputs.CompactQueueUrl, 'four');
  });
  afterAll(() => cloud.close());

  const alarm = (name: string, state: AlarmStatus['state']): AlarmStatus => ({
    name: `tdf-weather-dev-${name}`,
    state,
    description: `What ${name} means. Next: npx tdf status --stage dev`,
    reason: '',
  });
  const nothingLogged: Logs = {
    async *lines() {
      yield* [];
    },
  };
  /** Each line of a function, as it logs it. */
  const logged = (...lines: ['fetch' | 'convert' | 'compact', object][]): Logs => ({
    async *lines({ functions }) {
      for (const [name, members] of lines)
        if (functions?.includes(name))
          yield { function: name, at: hourAgo, text: JSON.stringify(members), members: { ...members } };
    },
  });
  const observed = (others: Partial<Observed> = {}): Observed => ({
    ...cloud.clients,
    outputs: cloud.outputs,
    logs: nothingLogged,
    deployedAt: at('01T00:00'),
    alarms: async () => [alarm('NotFresh', 'OK')],
    scheduleInput,
    ...others,
  });
  const pipelineOf = (
    others: Partial<Observed>,
    when = now,
    hours = 5,
    about: readonly Dataset[] = datasets,
  ) => pipelineStatus(observed(others), about, { hours, now: when });
  /** Of the dataset that has one object per run. */
  const statusOf = async (others: Partial<Observed>, when = now, hours = 5) => {
    const status = await pipelineOf(others, when, hours, [weatherapiCurrent]);
    return { ...status, runs: status.datasets.flatMap(({ runs }) => runs) };
  };
  const statusBy = (expression: string, when = now) => {
    const Schedules = JSON.stringify({ 'weatherapi/current': { name: 'current', expression } });
    return statusOf({ outputs: { ...cloud.outputs, Schedules } }, when);
  };
  const shown = async (work: () => void) => {
    const log = jest.spyOn(console, 'log').mockReturnValue();
    work();
    const text = log.mock.calls.join('\n');
    log.mockRestore();
    return stripVTControlCharacters(text);
  };

  test('tells of each hour whether it landed, came to the table, or is missing; a young one is only due', async () => {
    const { runs, queues } = await statusBy('cron(0 * * * ? *)');
    expect(runs.map(({ expected, state }) => [expected.to.toISOString().slice(8, 16), state])).toEqual([
      ['21T22:00', 'compacted'],
      ['21T23:00', 'compacted'],
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
    expect(queues).toEqual({
      convert: { waiting: 1, inFlight: 0, dead: 2 },
      compact: { waiting: 1, inFlight: 0, dead: 0 },
    });
  });

  test('takes the run of the configured places for the scheduled one, though another list landed first', async () => {
    const hour = at('20T12:00');
    const byHand = { places: 1, 'places-missing': 0, 'places-list': 'of-another-list' };
    const told = async () => {
      const status = await statusOf({}, at('20T12:05'), 1);
      const text = await shown(() => showStatus(status, 1, { stage: 'dev', state: '.local' }));
      return [text.split('\n')[1]?.trim(), status.runs[0]?.raw?.key];
    };
    await land(hour, byHand);
    expect(await told()).toEqual([
      '2026-11-20 12:00                converted, not compacted 1 place, by hand or as configured before',
      rawKey(weatherapiCurrent, hour),
    ]);
    const list = 'fedcba987654';
    await land(hour, { list, places: 2, 'places-missing': 0, 'places-list': 'of-the-configured' });
    expect(await told()).toEqual([
      '2026-11-20 12:00                converted, not compacted 2 places, and 1 more by hand',
      rawKey(weatherapiCurrent, hour, list),
    ]);
  });

  test('says of a run of several tables how far all of them are', async () => {
    const { s3 } = cloud.clients;
    const time = at('20T06:00');
    const key = rawKey(weatherapiForecast, time);
    await s3.send(new PutObjectCommand({ Bucket: 'raw', Key: key, Body: '{}\n' }));
    const schedule = { name: 'forecast', expression: 'cron(0 */6 * * ? *)' };
    const Schedules = JSON.stringify({ 'weatherapi/forecast': schedule });
    const outputs = { ...cloud.outputs, Schedules };
    const stateAfter = async (work: Promise<unknown>) => {
      await work;
      const { datasets: all } = await pipelineOf({ outputs }, at('20T06:05'), 1, [weatherapiForecast]);
      return all[0]?.runs[0]?.state;
    };
    const tables = curatedKeysOf(key);
    const states = [];
    for (const Key of tables)
      states.push(await stateAfter(s3.send(new PutObjectCommand({ Bucket: 'curated', Key, Body: 'PAR1' }))));
    for (const Key of tables) states.push(await stateAfter(compactDay(s3, Key)));
    expect(states).toEqual(['landed', 'landed', 'converted', 'converted', 'converted', 'compacted']);
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
      ['21T22:05', 'compacted'],
      ['21T23:05', 'compacted'],
      ['22T00:05', 'landed'],
      ['22T01:05', 'missing'],
      ['22T02:05', 'due'],
    ]);
  });

  describe('says of a run without data', () => {
    const ofRun = (time: string) => ({
      dataset: 'weatherapi/current',
      scheduledTime: at(time).toISOString(),
    });
    const ended = (time: string, end: object): ['fetch', object] => [
      'fetch',
      { message: runEnded, ...ofRun(time), skipped: [], failed: [], ...end },
    ];
    const of = async (logs: Logs, deployedAt = at('01T00:00')) =>
      (await statusOf({ logs, deployedAt })).runs.map(({ state, reason }) => [state, reason]);

    test('that WeatherAPI did not answer, which passes by itself', async () => {
      const places = ['Oslo', 'Bergen', 'Tromsø', 'Bodø', 'Molde'];
      const skipped = places.map((location) => ({ location, reason: 'HTTP 503 (after 3 tries)' }));
      const runs = await of(logged(ended('22T01:00', { outcome: 'skipped', skipped })));
      expect(runs[3]).toEqual(['skipped', 'Oslo, Bergen, Tromsø and 2 more: HTTP 503 (after 3 tries)']);
    });

    test('that the key was refused, and of one that was tried again how the last try ended', async () => {
      const reason = 'HTTP 401 code 2006: API key is invalid';
      const first = ended('22T01:00', { outcome: 'skipped' });
      const runs = await of(logged(first, ended('22T01:00', { outcome: 'failed', reason })));
      expect(runs[3]).toEqual(['failed', reason]);
    });

    test('that it began, and did not end', async () => {
      const began = { message: runStarted, ...ofRun('22T01:00') };
      const runs = await of(logged(['fetch', began]));
      expect(runs[3]).toEqual(['failed', 'began and did not end: time-out, memory or a crash']);
    });

    test('that it never started, or that there was no pipeline yet', async () => {
      expect((await of(nothingLogged))[3]).toEqual(['missing', 'never started']);
      expect((await of(nothingLogged, at('22T01:01')))[3]).toEqual([
        'not-deployed',
        'before the first deploy',
      ]);
      expect((await of(nothingLogged, at('22T01:00')))[3]).toEqual(['missing', 'never started']);
    });

    test('which places are missing, when others came', async () => {
      const failed = [{ location: 'Nowhere', reason: 'HTTP 400 code 1006: no such location' }];
      const runs = await of(logged(ended('21T23:00', { outcome: 'landed', failed })));
      expect(runs[1]).toEqual(['compacted', 'Nowhere: HTTP 400 code 1006: no such location']);
      expect(runs[0]).toEqual(['compacted', null]);
    });

    test('what convert said of what landed and was not converted', async () => {
      const landed = { rawKey: rawKey(weatherapiCurrent, at('22T00:00')) };
      const tried = { ...landed, error: { name: 'SlowDown', message: 'Please reduce your request rate.' } };
      const dead = { ...landed, code: 'not-json', reason: 'Line 1 is not JSON' };
      const state = async (...lines: object[]) =>
        (await of(logged(...lines.map((line) => ['convert', line] as ['convert', object]))))[2];
      expect(await state()).toEqual(['landed', null]);
      expect(await state(tried)).toEqual([
        'landed',
        'is tried again after SlowDown: Please reduce your request rate.',
      ]);
      expect(await state(tried, dead)).toEqual(['landed', 'not-json: Line 1 is not JSON']);
    });

    test('what compact said of the day of what was converted and is not in the table', async () => {
      await land(at('18T05:00'), {});
      const day = { table: 'weatherapi/current', day: '2026-11-18' };
      const tried = { ...day, error: { name: 'SlowDown', message: 'Please reduce your request rate.' } };
      const dead = { ...day, code: 'changed-type', reason: 'temp_c was a string' };
      const another = { ...dead, day: '2026-11-17' };
      const state = async (...lines: object[]) => {
        const logs = logged(...lines.map((line) => ['compact', line] as ['compact', object]));
        const [run] = (await statusOf({ logs }, at('18T05:05'), 1)).runs;
        return [run?.state, run?.reason];
      };
      expect(await state(another)).toEqual(['converted', null]);
      const again = 'is tried again after SlowDown: Please reduce your request rate.';
      expect(await state(tried)).toEqual(['converted', again]);
      expect(await state(tried, dead, another)).toEqual(['converted', 'changed-type: temp_c was a string']);
      // It was about an earlier object of the day.
      expect(await state(dead, { ...day, message: 'Compacted', parts: 1, rows: 1 })).toEqual([
        'converted',
        null,
      ]);
    });
  });

  test('names what needs attention: an alarm that rings, dead letters, and the newest run that is over', async () => {
    const kinds = async (others: Partial<Observed>, when = now) =>
      (await statusOf(others, when)).needs.map((need) => need.kind);
    expect(await kinds({})).toEqual(['dead-letters', 'run']);
    const ringing = [alarm('DeadLetters', 'ALARM'), alarm('NotFresh', 'INSUFFICIENT_DATA')];
    // The alarm says of the dead letters what is to be said.
    expect(await kinds({ alarms: async () => ringing })).toEqual(['alarm', 'run']);
    // What was missing before it is not to be had any more.
    expect(await kinds({}, at('21T23:05'))).toEqual(['dead-letters']);
    const none = await cloud.emulator.createQueue('none', {});
    const outputs = { ...cloud.outputs, DeadLetterQueueUrl: none.url };
    expect(await kinds({ outputs }, at('21T23:05'))).toEqual([]);

    const days = cloud.emulator.createQueue('dead-days', {});
    cloud.emulator.send(days.url, 'one');
    const ofCompact = { outputs: { ...outputs, CompactDeadLetterQueueUrl: days.url } };
    const { needs, ...status } = await statusOf(ofCompact, at('21T23:05'));
    expect(needs).toEqual([{ kind: 'dead-letters', function: 'compact', count: 1 }]);
    expect(await shown(() => showStatus({ ...status, needs }, 5, { stage: 'dev', state: '' }))).toContain(
      '• 1 day of a table is not compacted, and why is in: npx tdf dead-letters --stage dev',
    );
    const alarms = async () => [alarm('CompactDeadLetters', 'ALARM')];
    expect(await kinds({ ...ofCompact, alarms }, at('21T23:05'))).toEqual(['alarm']);
  });

  describe('of the dataset whose places have an object for each day', () => {
    const later = at('22T18:00');
    const landDay = async (day: string, place: string, { convert = true } = {}) => {
      const Key = placeDayKey(weatherapiHistory, day, place);
      await cloud.clients.s3.send(new PutObjectCommand({ Bucket: 'raw', Key, Body: '{}\n' }));
      if (!convert) return;
      for (const curated of curatedKeysOf(Key))
        await cloud.clients.s3.send(new PutObjectCommand({ Bucket: 'curated', Key: curated, Body: 'PAR1' }));
    };
    const daysOf = (others: Partial<Observed> = {}, when = later) =>
      pipelineOf(others, when, 5, [weatherapiHistory]);

    beforeAll(async () => {
      for (const day of ['2026-11-17', '2026-11-18', '2026-11-21'])
        for (const place of ['Oslo', 'Bergen']) await landDay(day, place);
      await landDay('2026-11-19', 'Oslo');
      await landDay('2026-11-19', 'Lima');
      await landDay('2026-11-15', 'Oslo', { convert: false });
      await landDay('2026-11-15', 'Bergen');
      for (const day of ['2026-11-17', '2026-11-18'])
        for (const { name } of weatherapiHistory.tables)
          await compactDay(cloud.clients.s3, `${name}/dt=${day}/`);
      const [hourOnly] = weatherapiHistory.tables;
      await compactDay(cloud.clients.s3, `${hourOnly.name}/dt=2026-11-21/`);
    });

    test('tells of each day of the last week which configured places lack it', async () => {
      const { datasets: all } = await daysOf({ deployedAt: at('18T00:00') });
      expect(
        all[0]?.runs.map(({ day, state, lacking, raw }) => [
          day?.slice(8),
          state,
          lacking,
          raw && [raw.places, raw.placesMissing, raw.byHand],
        ]),
      ).toEqual([
        ['15', 'landed', [], [2, 0, 0]],
        ['16', 'not-deployed', [], null],
        ['17', 'compacted', [], [2, 0, 0]],
        ['18', 'compacted', [], [2, 0, 0]],
        ['19', 'converted', ['Bergen'], [1, 1, 1]],
        ['20', 'missing', ['Oslo', 'Bergen'], null],
        ['21', 'converted', [], [2, 0, 0]],
      ]);
    });

    test('names the command that fetches what is missing, and calls a run due that may still be at work', async () => {
      const status = await daysOf({ deployedAt: at('18T00:00') });
      expect(status.needs).toContainEqual({
        ...{ kind: 'days', dataset: 'weatherapi/history', from: '2026-11-19', to: '2026-11-20', days: 2 },
        places: ['Bergen', 'Oslo'],
      });
      const text = await shown(() => showStatus(status, 5, { stage: 'prod', state: '.local' }));
      expect(text).toContain(
        'weatherapi/history 2 compacted, 2 converted, not compacted, 1 landed, not converted, 1 missing, 1 not deployed, 1 incomplete',
      );
      expect(text).toContain(`2026-11-17 – 11-18              2 compacted 2 places
2026-11-19                      converted, not compacted 1 of 2 places, and 1 more by hand
                                without Bergen
2026-11-20                      missing
                                never started`);
      expect(text).toContain(
        '• weatherapi/history: 2 days lack places (Bergen, Oslo). Fetch what is missing: npx tdf backfill --dataset weatherapi/history --from 2026-11-19 --to 2026-11-20 --stage prod',
      );

      const young = await daysOf({ deployedAt: at('01T00:00') }, at('21T14:05'));
      expect(young.datasets[0]?.runs.at(-1)).toMatchObject({ day: '2026-11-20', state: 'due', lacking: [] });
    });

    test('expects of a run in the night the day before yesterday, as fetch asks for it [day-over]', async () => {
      const schedule = { name: 'history', expression: 'cron(0 1 * * ? *)' };
      const Schedules = JSON.stringify({ 'weatherapi/history': schedule });
      const status = await daysOf({ outputs: { ...cloud.outputs, Schedules } }, at('22T14:05'));
      expect(status.datasets[0]?.runs.at(-1)).toMatchObject({
        expected: { to: at('22T01:00') },
        day: '2026-11-20',
      });
    });

    test('says why a day has no data, and what convert said of what landed', async () => {
      const reason = 'HTTP 503 (after 3 tries)';
      const end = { outcome: 'skipped', failed: [], skipped: [{ location: 'Oslo', reason }] };
      const run = { dataset: 'weatherapi/history', scheduledTime: at('21T14:00').toISOString() };
      const rawKey = placeDayKey(weatherapiHistory, '2026-11-15', 'Oslo');
      const logs = logged(
        ['fetch', { message: runEnded, ...run, day: '2026-11-20', ...end }],
        ['convert', { rawKey, code: 'not-json', reason: 'Line 1 is not JSON' }],
      );
      const [{ runs = [] } = {}] = (await daysOf({ logs })).datasets;
      expect(runs.map(({ reason: why }) => why)).toEqual([
        'not-json: Line 1 is not JSON',
        'never started',
        ...[null, null, null],
        `Oslo: ${reason}`,
        null,
      ]);
    });

    test('tells of a day that landed by hand, or for the places configured before, like of such an hour', async () => {
      await landDay('2026-11-16', 'Lima');
      const ended = (day: string): ['fetch', object] => {
        const run = {
          dataset: 'weatherapi/history',
          scheduledTime: at(`${day.slice(8)}T14:00`).toISOString(),
        };
        return ['fetch', { message: runEnded, ...run, day, outcome: 'landed', failed: [], skipped: [] }];
      };
      const told = async (deployedAt: Date) => {
        const logs = logged(ended('2026-11-16'), ended('2026-11-20'));
        const status = await daysOf({ logs, deployedAt });
        const text = await shown(() => showStatus(status, 5, { stage: 'dev', state: '.local' }));
        return { runs: status.datasets[0]?.runs ?? [], text };
      };
      const { runs, text } = await told(at('01T00:00'));
      expect(runs[1]).toMatchObject({ state: 'converted', lacking: ['Oslo', 'Bergen'], curated: {} });
      expect(
        text,
      ).toContain(`2026-11-16                      converted, not compacted 1 place, by hand or as configured before
                                without Oslo, Bergen`);
      // Landed, and gone since.
      expect(runs[5]).toMatchObject({
        state: 'failed',
        reason: 'what landed is not in raw any more: somebody moved or deleted it',
      });
      expect((await told(at('18T00:00'))).runs[1]).toMatchObject({ state: 'converted', lacking: [] });
      await cloud.clients.s3.send(
        new DeleteObjectCommand({
          Bucket: 'raw',
          Key: placeDayKey(weatherapiHistory, '2026-11-16', 'Lima'),
        }),
      );
    });

    test('counts every object as one of a configured place when it may not read the schedule', async () => {
      const denied = async () => {
        throw new Error('not authorized to perform: scheduler:GetSchedule');
      };
      const { datasets: all, unknown } = await daysOf({ scheduleInput: denied });
      expect(unknown).toEqual([
        'the schedule of weatherapi/history: not authorized to perform: scheduler:GetSchedule',
      ]);
      expect(all[0]?.runs.map(({ lacking }) => lacking.length)).toEqual([0, 0, 0, 0, 0, 0, 0]);
    });
  });

  test('has a section for each dataset that has a schedule, or for those that are named', async () => {
    const sections = async (...args: string[]) =>
      JSON.parse((await cloud.tdf('status', '--json', ...args)).stdout).datasets.map(
        ({ dataset }: { dataset: string }) => dataset,
      );
    expect(await sections()).toEqual(['weatherapi/current', 'weatherapi/history']);
    expect(await sections('--dataset', 'weatherapi/history')).toEqual(['weatherapi/history']);
    const none = await cloud.tdf('status', '--dataset', 'weatherapi/forecast');
    expect(none.stdout).toContain('No schedule fetches it.');
    expect((await cloud.tdf('status', '--dataset', 'metar')).stderr).toContain(
      '--dataset: expected one of weatherapi/current, weatherapi/forecast, weatherapi/history or all, got "metar"',
    );
  });

  test('shows what it can when it may not see logs and alarms, and says what it does not know', async () => {
    const denied = async () => {
      throw new Error('not authorized to perform: cloudwatch:DescribeAlarms');
    };
    const logs: Logs = {
      // biome-ignore lint/correctness/useYield: it is refused before it has a line
      async *lines() {
        throw new Error('not authorized to perform: logs:FilterLogEvents');
      },
    };
    const status = await statusOf({ logs, alarms: denied });
    expect(status.runs.map(({ state, reason }) => [state, reason])).toEqual([
      ['compacted', null],
      ['compacted', null],
      ['landed', null],
      ['missing', 'nothing landed, and the log of fetch cannot be read'],
      ['due', null],
    ]);
    expect([...status.unknown].sort()).toEqual([
      'the alarms: not authorized to perform: cloudwatch:DescribeAlarms',
      'the log of convert: not authorized to perform: logs:FilterLogEvents',
      'the log of fetch: not authorized to perform: logs:FilterLogEvents',
    ]);
  });

  test('shows people runs in a row that went the same way as one span, and what needs them', async () => {
    const status = await statusOf(
      { alarms: async () => [alarm('NotFresh', 'ALARM'), alarm('QuotaSpent', 'OK')] },
      now,
      29,
    );
    const text = await shown(() => showStatus(status, 29, { stage: 'prod', state: '.local' }));
    expect(
      text,
    ).toBe(`weatherapi/current 2 compacted, 1 landed, not converted, 25 missing, 1 due, 1 incomplete
2026-11-20 22:00 – 11-21 21:00  24 missing
                                never started
2026-11-21 22:00                compacted 2 places
2026-11-21 23:00                compacted 1 of 2 places
2026-11-22 00:00                landed, not converted 2 places
2026-11-22 01:00                missing
                                never started
2026-11-22 02:00                due

Queues: convert 1 waiting, 0 in flight, 2 dead
        compact 1 waiting, 0 in flight, 0 dead
Alarms: 1 of 2 ring

What needs you
• tdf-weather-dev-NotFresh: What NotFresh means. Next: npx tdf status --stage dev
• 2 raw objects are not converted, and why is in: npx tdf dead-letters --stage prod
• weatherapi/current: the newest run that is over, 2026-11-22 01:00, missing (never started). More: npx tdf explain 2026-11-22T01:00Z --stage prod`);
    const local = await shown(() => showStatus(status, 29, { local: true, stage: '', state: 'here' }));
    expect(local).toContain('Next: npx tdf status --local --state here');
  });

  test('prints the same as JSON for programs, and takes whole hours only', async () => {
    const hour = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - 2 * 3_600_000);
    await land(hour, { places: 1, 'places-missing': 0 });
    const { code, stdout } = await cloud.tdf('status', '--hours', '6', '--json');
    expect(code).toBe(0);
    const { datasets: all, queues } = JSON.parse(stdout);
    expect(all[0].runs).toContainEqual(
      expect.objectContaining({
        expected: { from: hour.toISOString(), to: hour.toISOString() },
        state: 'converted',
        raw: expect.objectContaining({ key: rawKey(weatherapiCurrent, hour), places: 1 }),
      }),
    );
    expect(queues.convert.dead).toBe(2);

    const refused = await cloud.tdf('status', '--hours', '1.5');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('Expected whole hours') });
  });

  test('asks CloudWatch for the alarms of its stage and for the runs of its hours, page by page', async () => {
    cloudWatch.asked = [];
    const names = ['dev-NotFresh', 'dev-DeadLetters', 'dev-2-NotFresh', 'dev-QuotaSpent'];
    cloudWatch.alarms = names.map((name) => ({
      AlarmName: `tdf-weather-${name}`,
      StateValue: name === 'dev-DeadLetters' || name.startsWith('dev-2') ? 'ALARM' : 'OK',
      AlarmDescription: `Text of ${name}`,
      StateReason: 'Threshold Crossed',
    }));
    const { stdout } = await cloud.tdf('status', '--dataset', 'weatherapi/current', '--hours', '1', '--json');
    const { alarms, needs } = JSON.parse(stdout);
    expect(alarms.map(({ name }: AlarmStatus) => name)).toEqual(
      ['NotFresh', 'DeadLetters', 'QuotaSpent'].map((name) => `tdf-weather-dev-${name}`),
    );
    expect(alarms[1]).toEqual({
      name: 'tdf-weather-dev-DeadLetters',
      state: 'ALARM',
      description: 'Text of dev-DeadLetters',
      reason: 'Threshold Crossed',
    });
    expect(needs[0]).toEqual({ kind: 'alarm', alarm: alarms[1] });
    const ofFetch = {
      logGroupName: 'fetch-logs',
      startTime: expect.any(Number),
      filterPattern: '{ $.message = "Run started" || $.message = "Run ended" }',
    };
    expect(cloudWatch.asked).toEqual(
      expect.arrayContaining([
        { command: 'DescribeAlarmsCommand', input: { AlarmNamePrefix: 'tdf-weather-dev-' } },
        { command: 'DescribeAlarmsCommand', input: { AlarmNamePrefix: 'tdf-weather-dev-', NextToken: '2' } },
        { command: 'FilterLogEventsCommand', input: ofFetch },
      ]),
    );
    expect(cloudWatch.asked).toHaveLength(3);
  });

  test('ends with exit code 1 for a check when something needs attention, and only then', async () => {
    cloudWatch.alarms = [];
    const check = (...args: string[]) =>
      cloud.tdf('status', '--dataset', 'weatherapi/current', '--hours', '1', ...args);
    expect(await check()).toMatchObject({ code: 0 });
    expect(await check('--check')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('2 raw objects are not'),
    });
    cloud.stack.outputs = {
      ...cloud.outputs,
      DeadLetterQueueUrl: cloud.emulator.createQueue('empty', {}).url,
    };
    cloud.stack.createdAt = new Date();
    expect(await check('--check')).toMatchObject({
      code: 0,
      stdout: expect.not.stringContaining('needs you'),
    });
    cloud.stack.outputs = cloud.outputs;
  });

  test('looks again until somebody stops it', async () => {
    let looks = 0;
    const { prototype } = CloudWatchClient;
    const { send } = prototype;
    prototype.send = function (this: CloudWatchClient, ...sent: Parameters<typeof send>) {
      looks += 1;
      if (looks === 2) process.emit('SIGINT');
      return send.apply(this, sent);
    } as typeof send;
    const { code, stdout } = await cloud.tdf('status', '--hours', '1', '--watch', '1').finally(() => {
      prototype.send = send;
    });
    expect(code).toBe(0);
    expect(stdout.match(/UTC, every 1 s until Ctrl-C/g)).toHaveLength(2);
    expect((await cloud.tdf('status', '--watch', '--json')).stderr).toContain('cannot be used with option');
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
    const ofCompact = outputs.filter(({ OutputKey }) => !/^Compact/.test(OutputKey));
    // The tables would read a bucket in which there is nothing yet.
    for (const status of ['UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE'] as const)
      expect(whatItSays(status, ofCompact)).toMatch(
        /eploy this version with: npx cdk deploy -c stage=dev -c tables=curated\nCHANGELOG\.md /,
      );
    expect(whatItSays('DELETE_COMPLETE')).toContain('There is no stack TdfWeather-dev');
  });

  test('is only one: while an update goes on, what it had is there', () => {
    for (const status of ['CREATE_COMPLETE', 'UPDATE_IN_PROGRESS', 'UPDATE_ROLLBACK_COMPLETE'] as const)
      expect(whatItSays(status, outputs)).toBe('');
  });

  test.each([
    ['status'],
    ['logs'],
    ['explain', '2026-11-22T05:00Z'],
    ['dead-letters'],
    ['dead-letters', 'redrive'],
    ['dead-letters', 'take-back', 'a'],
    ['replay', '--dry-run'],
    ['reconcile', '--dry-run'],
    ['query', 'SELECT 1'],
    ['destroy', '--dry-run'],
    ['drop', 'package.json', '--dataset', 'weatherapi/current'],
    ['backfill', '--from', '2026-11-01', '--to', '2026-11-02'],
    ['backfill', '--from', '2026-11-01', '--to', '2026-11-02', '--dry-run'],
  ])('is told of by tdf %s %s', async (...args) => {
    const cloud = await startCloud();
    try {
      cloud.stack.status = 'ROLLBACK_COMPLETE';
      cloud.stack.outputs = {};
      const { code, stdout, stderr } = await cloud.tdf(...args);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^Error: The stack TdfWeather-dev never came up \(ROLLBACK_COMPLETE\)/);
      expect(stderr).not.toContain('undefined');
    } finally {
      await cloud.close();
    }
  });
});

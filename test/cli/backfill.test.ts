import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunReport } from '../../functions/fetch/run.ts';
import type { RunEventInput } from '../../functions/fetch/run-event.ts';
import { weatherapiHistory } from '../../shared/datasets/weatherapi-history.ts';
import { addDays, lastDayOver } from '../../shared/days.ts';
import { curatedKeys, placeDayKey, tableDayOf } from '../../shared/keys.ts';
import { objectMetadata } from '../../shared/object-metadata.ts';
import { until } from '../local/until.ts';
import { type Cloud, startCloud, tdf } from './cloud.ts';
import { cloudRuns } from './cloud-runs.ts';
import { useAssembly } from './state.ts';

const keyOf = (day: string, place: string) => placeDayKey(weatherapiHistory, day, place);

describe('tdf backfill on AWS', () => {
  let cloud: Cloud;
  /** Days and places that fetch was asked for, in the order of the runs. */
  let asked: string[];
  /** What becomes of a place's day, unless it lands. */
  let fate: (location: string, day: string) => Partial<RunReport> | undefined;

  beforeAll(async () => {
    cloud = await startCloud();
    cloudRuns.inputs.history = { locations: ['Oslo', 'Bergen'], options: { aqi: 'yes' } };
  });
  afterAll(() => cloud.close());
  beforeEach(async () => {
    asked = [];
    fate = () => undefined;
    cloudRuns.asked = [];
    cloudRuns.fetch = async (event) => ({ ok: true, response: await fetched(event) });
  });

  /** Lands a place's day, converted and compacted. */
  async function land(day: string, place: string): Promise<string> {
    const key = keyOf(day, place);
    const { ETag = '' } = await cloud.clients.s3.send(
      new PutObjectCommand({ Bucket: 'raw', Key: key, Body: '{}\n' }),
    );
    const Metadata = { [objectMetadata.rawEtag]: ETag.replaceAll('"', '') };
    for (const Key of curatedKeys({ key, dataset: weatherapiHistory, day })) {
      await cloud.clients.s3.send(new PutObjectCommand({ Bucket: 'curated', Key, Body: 'PAR1', Metadata }));
      await cloud.compact(tableDayOf(Key));
    }
    return key;
  }

  async function fetched({ day = '', locations }: RunEventInput): Promise<RunReport> {
    asked.push(`${day} ${locations.join(' ')}`);
    const report = { keys: [] as string[], skipped: [], failed: [], missing: [], runFailure: undefined };
    let [quotaSpent, outage] = [false, false];
    for (const location of locations) {
      const other = fate(location, day);
      if (!other) report.keys.push(await land(day, location));
      quotaSpent ||= other?.quotaSpent ?? false;
      outage ||= other?.outage ?? false;
      Object.assign(report, other);
    }
    const { length } = report.keys;
    return { ...report, quotaSpent, outage, landed: length, fetched: length, places: length };
  }

  const days = (from: string, to: string) => ['--from', from, '--to', to];
  const json = async (...args: string[]) => {
    const { code, stdout } = await cloud.tdf('backfill', '--json', ...args);
    return { code, ...JSON.parse(stdout) };
  };

  test('asks the schedule what to fetch, and fetch for each day with the places that lack it', async () => {
    await land('2026-03-02', 'Oslo');
    for (const place of ['Oslo', 'Bergen']) await land('2026-03-03', place);
    await land('2026-03-04', 'Lima');

    const { code, stdout, stderr } = await cloud.tdf('backfill', ...days('2026-03-01', '2026-03-04'));
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^weatherapi\/history, 2026-03-01 to 2026-03-04: 4 days of 2 places; 3 of 8 are there already\.\nMakes 5 calls of the API\.\n5 asked for, 5 landed, 0 left, [\d.]+ s\n5 converted, 6 compacted, 0 dead letters\n$/,
    );
    const run = (day: string, ...locations: string[]) => ({
      command: 'InvokeCommand',
      input: {
        FunctionName: 'fetch',
        Payload: expect.stringMatching(
          /^\{"scheduledTime":"20\d\d-\d\d-\d\dT[\d:.]+Z","dataset":"weatherapi\/history","options":\{"aqi":"yes"\},"day"/,
        ),
      },
      ...{ day, locations },
    });
    expect(
      cloudRuns.asked.map(({ command, input }) => {
        const { day, locations } = 'Payload' in input ? JSON.parse(String(input.Payload)) : {};
        return day === undefined ? { command, input } : { command, input, day, locations };
      }),
    ).toEqual([
      { command: 'GetScheduleCommand', input: { Name: 'history' } },
      run('2026-03-01', 'Oslo', 'Bergen'),
      run('2026-03-02', 'Bergen'),
      run('2026-03-04', 'Oslo', 'Bergen'),
    ]);
  });

  test('finds out what is there by one listing of the days, and calls nothing that is there', async () => {
    const listed: unknown[] = [];
    const { s3 } = cloud.clients;
    const { send } = Object.getPrototypeOf(Object.getPrototypeOf(s3)) as typeof s3;
    const prototype = Object.getPrototypeOf(s3) as typeof s3;
    prototype.send = function (this: typeof s3, ...sent: Parameters<typeof send>) {
      listed.push({ command: sent[0].constructor.name, ...sent[0].input });
      return send.apply(this, sent);
    } as typeof send;
    const again = await cloud
      .tdf('backfill', ...days('2026-03-01', '2026-03-04'), '--dry-run')
      .finally(() => {
        Reflect.deleteProperty(prototype, 'send');
      });
    expect(again.stdout).toBe(
      'weatherapi/history, 2026-03-01 to 2026-03-04: 4 days of 2 places; 8 of 8 are there already.\n' +
        'Would make 0 calls of the API. Nothing was called (--dry-run).\n',
    );
    expect(listed).toEqual([
      {
        ...{ command: 'ListObjectsV2Command', Bucket: 'raw', Prefix: 'weatherapi/history/dt=' },
        ...{
          StartAfter: 'weatherapi/history/dt=2026-03-01',
          EncodingType: 'url',
          ContinuationToken: undefined,
        },
      },
    ]);
    expect(await json(...days('2026-03-01', '2026-03-04'))).toMatchObject({
      code: 0,
      calls: 0,
      there: 8,
      asked: 0,
    });
    expect(asked).toEqual([]);
  });

  test('says with --dry-run what it would cost, and calls nothing', async () => {
    const plan = await json(...days('2026-04-01', '2026-04-30'), '--location', 'Rome', '--dry-run');
    expect(plan).toEqual({
      ...{ code: 0, from: '2026-04-01', to: '2026-04-30' },
      ...{ calls: 30, there: 0, daysThere: 0, daysMissing: 30 },
    });
    expect(cloudRuns.asked.map(({ command }) => command)).toEqual(['GetScheduleCommand']);
  });

  test('stops after as many calls as it may make, and the same command makes the rest [backfill-stops]', async () => {
    const typed = [...days('2026-05-01', '2026-05-03'), '--max-calls', '3'];
    const first = await cloud.tdf('backfill', ...typed);
    expect(first.code).toBe(0);
    expect(first.stdout).toContain('Makes 3 calls of the API, of the 6 that are missing.\n');
    expect(first.stdout).toContain(
      'Stopped at 2026-05-02: as many calls as --max-calls allows are made.\n' +
        'To go on: npx tdf backfill --dataset weatherapi/history --from 2026-05-01 --to 2026-05-03 --max-calls 3 --stage dev\n',
    );
    expect(await json(...typed)).toMatchObject({ code: 0, calls: 3, asked: 3, landed: 3, left: 0, there: 3 });
    expect(asked.toSorted()).toEqual([
      '2026-05-01 Oslo Bergen',
      ...['2026-05-02 Bergen', '2026-05-02 Oslo', '2026-05-03 Oslo Bergen'],
    ]);
  });

  test('stops when the quota is spent, and says where and what to type [backfill-stops]', async () => {
    fate = (_, day) => (day >= '2026-06-03' ? { quotaSpent: true } : undefined);
    const { code, stdout } = await cloud.tdf('backfill', ...days('2026-06-01', '2026-06-30'));
    expect(code).toBe(1);
    expect(stdout).toContain(
      'Stopped at 2026-06-03: the calls of this month are spent. Go on when the plan has calls again.\n' +
        'To go on: npx tdf backfill --dataset weatherapi/history --from 2026-06-01 --to 2026-06-30 --stage dev\n',
    );
    expect(stdout).toContain(', 4 landed, 56 left,');
    expect(asked.length).toBeLessThanOrEqual(4);

    fate = () => undefined;
    expect(await json(...days('2026-06-01', '2026-06-30'))).toMatchObject({
      code: 0,
      there: 4,
      landed: 56,
      left: 0,
    });
  });

  test('names a place that fails for good once, and goes on with the others', async () => {
    const reason = 'HTTP 400 code 1006: no such location';
    fate = (location) => (location === 'Nowhere' ? { failed: [{ location, reason }] } : undefined);
    const typed = [...days('2026-07-01', '2026-07-20'), '--location', 'Oslo', '--location', 'Nowhere'];
    const { code, stdout, stderr } = await cloud.tdf('backfill', ...typed);
    expect(code).toBe(1);
    expect(stderr.match(/^Error: .*$/gm)).toEqual([
      `Error: Nowhere: ${reason} (first on 2026-07-01). It was not asked for again.`,
    ]);
    expect(stdout).toContain('20 landed, 20 left');
    // Two runs are under way before the first one ends.
    expect(asked.filter((run) => run.includes('Nowhere')).length).toBeLessThanOrEqual(2);
  });

  test('names days without data for a passing reason, and the same command asks for them again', async () => {
    const reason = 'HTTP 503 (after 3 tries)';
    fate = (location, day) =>
      day === '2026-08-02' ? { outage: true, skipped: [{ location, reason }] } : undefined;
    const typed = [...days('2026-08-01', '2026-08-03'), '--location', 'Oslo'];
    const { code, stdout } = await cloud.tdf('backfill', ...typed, '--rate', '1000');
    expect(code).toBe(1);
    expect(stdout).toContain('3 asked for, 2 landed, 1 left');
    expect(stdout).toContain(
      `No data for 1 of them this time:\n  Oslo, 2026-08-02: ${reason}\nTo go on: npx tdf`,
    );
    fate = () => undefined;
    expect(await json(...typed)).toMatchObject({ code: 0, calls: 1, landed: 1 });
  });

  test.each([['at full speed'], ['with a rate', '--rate', '100']])(
    '%s, stops when the provider answers nothing in two runs, and the same command goes on [backfill-stops]',
    async (_how, ...rate) => {
      const [month, days] = rate.length > 0 ? ['2025-03', 31] : ['2025-04', 30];
      const typed = ['--from', `${month}-01`, '--to', `${month}-${days}`, '--location', 'Oslo', ...rate];
      const reason = 'HTTP 503 (after 9 tries)';
      fate = (location, day) =>
        day >= `${month}-03` ? { outage: true, skipped: [{ location, reason }] } : undefined;
      const { code, stdout } = await cloud.tdf('backfill', ...typed);
      expect(code).toBe(1);
      expect(stdout).toContain(`, 2 landed, ${days - 2} left,`);
      expect(stdout).toContain(
        `Stopped at ${month}-03: WeatherAPI did not answer for any place in two runs. Go on when it answers again.\nTo go on: npx tdf`,
      );
      // Another run may be under way.
      expect(asked.length).toBeLessThanOrEqual(5);
      fate = () => undefined;
      expect(await json(...typed)).toMatchObject({ code: 0, there: 2, landed: days - 2, left: 0 });
    },
  );

  test('stops with the reason when fetch fails as a whole [backfill-stops]', async () => {
    const message = 'WeatherAPI refuses every call: HTTP 401 code 2006: API key is invalid.';
    cloudRuns.fetch = async ({ day = '' }) => {
      asked.push(day);
      return { ok: false, error: { type: 'ConfigurationError', message } };
    };
    const { code, stdout, stderr } = await cloud.tdf('backfill', ...days('2026-09-01', '2026-09-30'));
    expect([code, stderr]).toEqual([1, `Error: fetch failed on 2026-09-01: ${message}\n`]);
    expect(stdout).toContain('To go on: npx tdf backfill');
    expect(asked).toEqual(['2026-09-01', '2026-09-02']);

    cloudRuns.fetch = async ({ day = '' }) => {
      await land(day, 'Oslo');
      return { ok: false, error: { type: 'ConfigurationError', message } };
    };
    const refused = await json(...days('2026-09-01', '2026-09-30'));
    expect(refused).toMatchObject({ code: 1, calls: 60, asked: 4, landed: 2, left: 58 });
    expect(refused.outcome).toEqual({ converted: 2, compacted: 4, deadLetters: [] });
    expect(await json(...days('2026-09-01', '2026-09-30'), '--dry-run')).toMatchObject({
      there: 2,
      calls: 58,
    });

    cloudRuns.fetch = async () => {
      throw new Error('not authorized to perform: lambda:InvokeFunction');
    };
    const denied = await cloud.tdf('backfill', ...days('2026-09-01', '2026-09-30'));
    expect([denied.code, denied.stderr]).toEqual([
      1,
      'Error: fetch failed on 2026-09-01: not authorized to perform: lambda:InvokeFunction\n',
    ]);
  });

  test('finishes what is under way after Ctrl-C, and ends with exit code 130 [backfill-stops]', async () => {
    fate = () => {
      process.emit('SIGINT');
      return undefined;
    };
    const typed = [...days('2026-10-01', '2026-10-10'), '--location', 'Oslo'];
    const { code, stdout, stderr } = await cloud.tdf('backfill', ...typed);
    expect([code, stderr]).toEqual([
      130,
      'Stopping when the runs under way have landed. Ctrl-C again ends at once.\n',
    ]);
    expect(stdout).toContain('1 asked for, 1 landed, 9 left');
    expect(stdout).toContain('Stopped at 2026-10-02: interrupted. What has landed stays.\nTo go on: npx tdf');
    fate = () => undefined;
    expect(await json(...typed)).toMatchObject({ code: 0, there: 1, asked: 9, landed: 9 });
  });

  test('waits until what landed is in the tables, unless told not to', async () => {
    const waited = await json(...days('2026-02-01', '2026-02-01'));
    expect(waited.outcome).toEqual({ converted: 2, compacted: 2, deadLetters: [] });
    const unwaited = await json(...days('2026-02-02', '2026-02-02'), '--no-wait');
    expect(unwaited).toMatchObject({ code: 0, landed: 2 });
    expect(unwaited.outcome).toBeUndefined();
    const shown = await cloud.tdf('backfill', ...days('2026-02-03', '2026-02-03'), '--no-wait');
    expect(shown.stdout).toContain(
      'What waits is in the tables within minutes. What cannot be: npx tdf dead-letters --stage dev\n',
    );
  });

  test('refuses datasets of which the provider has no past, and names everything that is wrong at once', async () => {
    for (const dataset of ['weatherapi/current', 'weatherapi/forecast']) {
      const { code, stderr } = await cloud.tdf(
        'backfill',
        '--dataset',
        dataset,
        ...days('2026-01-01', '2026-01-02'),
      );
      expect([code, stderr]).toEqual([
        1,
        `Error: --dataset: ${dataset} has no past, because the provider answers only for the time of the call. Expected weatherapi/history\n`,
      ]);
    }
    const wrong = await cloud.tdf('backfill', '--from', '2026-02-30', '--rate', '0', '--max-calls', 'x');
    expect(wrong.stderr.trim().split('\n')).toEqual([
      'Error: --from: expected a day that exists, such as 2026-11-22, got "2026-02-30"',
      'Error: --to: expected a day, such as 2026-11-22, got nothing',
      'Error: --max-calls: expected a whole number, at least 1, got "x"',
      'Error: --rate: expected a whole number, at least 1, got "0"',
    ]);
    expect(cloudRuns.asked).toEqual([]);
  });

  test('leaves out days that are not over everywhere, and refuses those before the first one, with the reason', async () => {
    const last = lastDayOver(new Date());
    const some = await cloud.tdf('backfill', ...days(last, addDays(last, 5)), '--dry-run');
    expect(some.stdout).toContain(`weatherapi/history, ${last} to ${last}: 1 day of 2 places;`);
    expect(some.stdout).toContain(
      `Left out: ${addDays(last, 1)} and later, since a day is over in every time zone at 12:00 UTC of the next one.`,
    );
    const none = await cloud.tdf('backfill', ...days(addDays(last, 1), addDays(last, 1)));
    expect(none.stderr).toBe(
      `Error: --from: expected ${last} or earlier, since a day is over in every time zone at 12:00 UTC of the next one, got ${addDays(last, 1)}\n`,
    );
    const early = await cloud.tdf('backfill', ...days('2009-12-31', '2010-01-01'));
    expect(early.stderr).toContain(
      '--from: expected 2010-01-01 or later, the first day of weatherapi/history, got 2009-12-31',
    );
  });

  test('says what to configure when nothing fetches the dataset', async () => {
    const { Schedules } = cloud.outputs;
    cloud.stack.outputs = { ...cloud.outputs, Schedules: '{}' };
    const { code, stderr } = await cloud.tdf('backfill', ...days('2026-01-01', '2026-01-01'));
    cloud.stack.outputs = { ...cloud.outputs, Schedules };
    expect(code).toBe(1);
    expect(stderr).toContain(
      'cdk.json does not configure weatherapi/history, so nothing says how to ask for it. Add under datasets: "weatherapi/history": {}',
    );
  });
});

describe('tdf backfill on this computer', () => {
  let state: string;
  beforeAll(async () => {
    state = await mkdtemp(join(tmpdir(), 'backfill-'));
    await useAssembly(state);
  });
  afterAll(() => rm(state, { recursive: true }));
  const local = (...args: string[]) => tdf(['backfill', ...args, '--local', '--state', state]);

  test('starts the pipeline with the stand-in, lands and converts the days, and finds them there the next time', async () => {
    const typed = ['--from', '2026-11-15', '--to', '2026-11-21', '--location', 'Oslo', '--json'];
    const first = JSON.parse((await local(...typed)).stdout);
    expect(first).toMatchObject({
      calls: 7,
      landed: 7,
      outcome: { converted: 7, compacted: 14, deadLetters: [] },
    });
    expect(JSON.parse((await local(...typed)).stdout)).toMatchObject({ calls: 0, there: 7, asked: 0 });
    const sql = 'SELECT count(*) AS hours, min(dt) AS first FROM weatherapi_history_hour';
    const rows = await tdf(['query', sql, '--json', '--local', '--state', state]);
    expect(JSON.parse(rows.stdout)).toEqual([{ hours: 168, first: '2026-11-15' }]);
  }, 60_000);

  test('says with --no-wait what is left in the queues, and the command that it names works on it', async () => {
    const places = ['Ulm', 'Bern', 'Graz', 'Linz', 'Wien'];
    const typed = ['--from', '2026-07-01', '--to', '2026-07-02', '--no-wait'];
    const { stdout } = await local(...typed, ...places.flatMap((place) => ['--location', place]));
    const [, command = ''] =
      /What waits stays in the queues\. To have it in the tables: npx tdf (.*)\n/.exec(stdout) ?? [];
    expect(command).toBe(`reconcile --local --state ${state}`);
    expect((await tdf(command.split(' '))).stdout).toContain(', 0 dead letters');
    const sql =
      "SELECT count(*) AS days FROM weatherapi_history_day WHERE dt BETWEEN '2026-07-01' AND '2026-07-02'";
    const rows = await tdf(['query', sql, '--json', '--local', '--state', state]);
    expect(JSON.parse(rows.stdout)).toEqual([{ days: 10 }]);
  }, 60_000);

  test('is stopped by Ctrl-C at a terminal, which its functions get as well, and loses no call', async () => {
    const typed = ['--from', '2026-08-01', '--to', '2026-10-31', '--location', 'Lima'];
    const args = ['cli/tdf.ts', 'backfill', ...typed, '--local', '--state', state];
    const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const texts = Promise.all([text(child.stdout), text(child.stderr)]);
    const ended = once(child, 'exit');
    const landed = join(state, 's3/raw', keyOf('2026-08-03', 'Lima'));
    await until(() => existsSync(landed));
    process.kill(-(child.pid ?? 0), 'SIGINT');
    const [code] = await ended;
    const [stdout, stderr] = await texts;
    expect(stderr).not.toContain('fetch failed');
    expect([code, stdout]).toEqual([130, expect.stringContaining('interrupted. What has landed stays.')]);
    const [, made, came] = /(\d+) asked for, (\d+) landed/.exec(stdout) ?? [];
    expect(Number(made)).toBe(Number(came));
    const rest = JSON.parse((await local(...typed, '--dry-run', '--json')).stdout);
    expect(rest).toMatchObject({ there: Number(came), calls: 92 - Number(came) });
  }, 60_000);
});

test('a day is over once it is over 12 hours behind UTC', () => {
  expect(lastDayOver(new Date('2026-11-22T11:59:59Z'))).toBe('2026-11-20');
  expect(lastDayOver(new Date('2026-11-22T12:00:00Z'))).toBe('2026-11-21');
});

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';
import { rawKey } from '../../shared/keys.ts';
import { type Cloud, startCloud } from './cloud.ts';
import { cloudWatch, type LogEvent } from './cloud-watch.ts';

const run = new Date('2026-11-22T05:00:00Z');
const key = rawKey(weatherapiCurrent, run);
const seconds = (count: number) => run.getTime() + count * 1000;
const event = (at: number, members: object): LogEvent => ({
  timestamp: seconds(at),
  message: `${JSON.stringify(members)}\n`,
});
const ofRun = { scheduledTime: run.toISOString() };

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.close());
beforeEach(() => {
  cloudWatch.asked = [];
  cloudWatch.events = {
    'fetch-logs': [
      event(1, { level: 'INFO', message: 'Run started', service: 'fetch', ...ofRun, places: 2 }),
      event(2, { level: 'INFO', message: 'Run started', scheduledTime: '2026-11-22T06:00:00.000Z' }),
      event(4, { level: 'WARN', message: 'Run ended', ...ofRun, outcome: 'landed', key }),
      event(5, { _aws: { Timestamp: seconds(5), CloudWatchMetrics: [] }, RunsLanded: 1 }),
      event(6, { time: 'x', type: 'platform.report', record: { status: 'success' } }),
      event(7, { time: 'x', type: 'platform.report', record: { status: 'timeout' } }),
    ],
    'convert-logs': [
      event(3, { level: 'INFO', message: 'Converted', rawKey: key.replace('Z.json', 'Z-2.json'), rows: 9 }),
      event(8, { level: 'INFO', message: 'Converted', rawKey: key, rows: 2 }),
      { timestamp: seconds(9), message: 'Segmentation\u001b[31m fault' },
    ],
    'reconcile-logs': [],
  };
});

const asked = () => cloudWatch.asked.map(({ input }) => input);

describe('tdf logs on AWS', () => {
  test('asks each log group for the lines of a run, page by page, and shows them in the order of their times', async () => {
    const { code, stdout } = await cloud.tdf('logs', '2026-11-22T05:00Z');
    expect(code).toBe(0);
    expect(stdout.split('\n').slice(0, -1)).toEqual([
      '2026-11-22 05:00:01 fetch     info  Run started scheduledTime=2026-11-22T05:00:00.000Z places=2',
      `2026-11-22 05:00:04 fetch     warn  Run ended scheduledTime=2026-11-22T05:00:00.000Z outcome=landed key=${key}`,
      `2026-11-22 05:00:08 convert   info  Converted rawKey=${key} rows=2`,
    ]);
    const days = ['current', 'forecast_hour', 'forecast_day', 'alert']
      .map((table) => ` || ($.table = "weatherapi/${table}" && $.day = "2026-11-22")`)
      .join('');
    const request = {
      startTime: run.getTime(),
      filterPattern: `{ $.scheduledTime = "2026-11-22T05:00:00.000Z" || $.rawKey = "${key.replace('json', '*')}" || $.rawKey = "weatherapi/forecast/dt=2026-11-22/20261122T050000Z.*"${days} }`,
    };
    expect(asked()).toEqual(
      expect.arrayContaining([
        { logGroupName: 'fetch-logs', ...request },
        { logGroupName: 'fetch-logs', ...request, nextToken: '2' },
        { logGroupName: 'fetch-logs', ...request, nextToken: '4' },
        { logGroupName: 'convert-logs', ...request },
        { logGroupName: 'convert-logs', ...request, nextToken: '2' },
        { logGroupName: 'compact-logs', ...request },
        { logGroupName: 'reconcile-logs', ...request },
      ]),
    );
    expect(asked()).toHaveLength(7);
    expect(new Set(cloudWatch.asked.map(({ command }) => command))).toEqual(
      new Set(['FilterLogEventsCommand']),
    );
  });

  test('asks for an object by its key, whatever is in it, and for the run that it is of', async () => {
    await cloud.tdf('logs', `s3://raw/${key}`, '--function', 'convert');
    const odd = 'weatherapi/current/it"s \\ odd.json';
    await cloud.tdf('logs', odd, '--function', 'convert', '--since', '2026-11-20');
    expect(asked()).toEqual([
      expect.objectContaining({
        startTime: run.getTime(),
        filterPattern: `{ $.scheduledTime = "2026-11-22T05:00:00.000Z" || $.rawKey = "${key}" || ($.table = "weatherapi/current" && $.day = "2026-11-22") }`,
      }),
      expect.objectContaining({ nextToken: '2' }),
      expect.objectContaining({
        logGroupName: 'convert-logs',
        startTime: Date.parse('2026-11-20'),
        filterPattern: '{ $.rawKey = "weatherapi/current/it\\"s \\\\ odd.json" }',
      }),
      expect.objectContaining({ nextToken: '2' }),
    ]);
    cloudWatch.asked = [];
    await cloud.tdf('logs', `weatherapi/current/${'x'.repeat(1000)}.json`, '--function', 'convert');
    const [{ filterPattern } = { filterPattern: '' }] = asked() as { filterPattern: string }[];
    expect(filterPattern).toMatch(/^\{ \$\.rawKey = "weatherapi\/current\/x+\*" \}$/);
    expect(filterPattern.length).toBeLessThan(1024);
  });

  describe('of compact, about a run,', () => {
    const day = { table: 'weatherapi/current', day: '2026-11-22' };
    const compacted = (parts: number) => ({ level: 'INFO', message: 'Compacted', ...day, parts });
    const error = { name: 'SlowDown', message: 'Slower.' };
    const left = { level: 'WARN', message: 'Left in the queue', ...day, error };
    const tables = [{ key: 'weatherapi/current/dt=2026-11-22/20261122T050000Z.parquet', rows: 2 }];
    const convertedAt = (second: number) =>
      event(second, { level: 'INFO', message: 'Converted', rawKey: key, tables });
    const shown = async (events: LogEvent[], ...args: string[]) => {
      cloudWatch.events['compact-logs'] = events;
      const { stdout } = await cloud.tdf('logs', key, ...args);
      return stdout
        .split('\n')
        .filter((line) => line.includes(' compact '))
        .map((line) => line.slice(17, 19) + line.replace(/.*(parts=\d+|Left).*/, ' $1'));
    };
    const hourly = [
      event(2, compacted(4)),
      event(68, left),
      event(130, compacted(5)),
      event(3669, compacted(6)),
    ];

    test('shows how its rows came to the table, not what each hour did to the day', async () => {
      cloudWatch.events['convert-logs'] = [convertedAt(8)];
      expect(await shown(hourly)).toEqual(['08 Left', '10 parts=5']);
      cloudWatch.asked = [];
      expect(await shown(hourly, '--function', 'compact')).toEqual(['08 Left', '10 parts=5']);
      expect(new Set(asked().map((input) => 'logGroupName' in input && input.logGroupName))).toEqual(
        new Set(['convert-logs', 'compact-logs']),
      );
    });

    test('shows it again when the object was converted again, and all that goes wrong until it is done', async () => {
      cloudWatch.events['convert-logs'] = [convertedAt(8), convertedAt(3600)];
      const dead = { ...left, level: 'ERROR', message: 'Left for good' };
      expect(
        await shown([
          ...hourly.slice(0, 3),
          event(3661, left),
          event(7205, dead),
          event(10_850, compacted(7)),
        ]),
      ).toEqual(['08 Left', '10 parts=5', '01 Left', '05 Left', '50 parts=7']);
    });

    test('shows the one that was quicker than the line of convert', async () => {
      cloudWatch.events['convert-logs'] = [convertedAt(8)];
      expect(
        await shown([event(2, compacted(4)), event(7, compacted(5)), event(3669, compacted(6))]),
      ).toEqual(['07 parts=5']);
    });
  });

  test('shows what ended badly besides what was logged, and nothing that steers a terminal', async () => {
    const { stdout } = await cloud.tdf('logs', '--since', '2026-11-22', '--level', 'warn');
    expect(stdout).toContain('fetch     warn  Run ended');
    expect(stdout).toContain(
      'fetch     error {"time":"x","type":"platform.report","record":{"status":"timeout"}}',
    );
    expect(stdout).toContain('convert   error Segmentation\uFFFD[31m fault');
    expect(stdout).not.toMatch(/Converted|RunsLanded|success/);
    expect(asked()).toContainEqual({ logGroupName: 'fetch-logs', startTime: Date.parse('2026-11-22') });
  });

  test('prints the lines as they are, metrics included', async () => {
    const { stdout } = await cloud.tdf('logs', '--since', '2026-11-22', '--function', 'fetch', '--json');
    const lines = cloudWatch.events['fetch-logs'] ?? [];
    expect(stdout).toBe(lines.map(({ message }) => message).join(''));
  });

  test('looks back for an hour, and says so when there was nothing', async () => {
    const { stdout } = await cloud.tdf('logs');
    expect(stdout).toMatch(
      /^No lines since \d{4}-\d\d-\d\d \d\d:\d\d UTC\. Look further back with --since 1d\.\n$/,
    );
    const [first] = asked() as { startTime: number }[];
    expect(Math.abs(Date.now() - 3_600_000 - (first?.startTime ?? 0))).toBeLessThan(60_000);
  });

  test('does not suggest to look less far back than it did', async () => {
    const suggestion = async (...args: string[]) =>
      /--since (\w+)/.exec((await cloud.tdf('logs', ...args)).stdout)?.[1];
    expect(await suggestion('--since', '30m')).toBe('1d');
    expect(await suggestion('--since', '1d')).toBe('14d');
    expect(await suggestion('--since', '14d')).toBeUndefined();
    expect(await suggestion('weatherapi/current/none.json')).toBeUndefined();
  });

  test.each(['2026-02-30T05:00Z', '2026-11-22', 'yesterday', '', '2026-11-22T25:00Z'])(
    'takes %j neither for a run nor for a key, and says what it wants',
    async (text) => {
      for (const command of ['logs', 'explain']) {
        const { code, stderr } = await cloud.tdf(command, text);
        expect([code, stderr]).toEqual([
          1,
          expect.stringContaining(
            'Expected the time of a run such as 2026-11-22T05:00Z (UTC), or the key of',
          ),
        ]);
      }
      expect(cloudWatch.asked).toEqual([]);
    },
  );

  test.each(['', '2', '1w', 'yesterday', '-1h', '2026-13-01'])('takes no time %j', async (text) => {
    const { code, stderr } = await cloud.tdf('logs', `--since=${text}`);
    expect([code, stderr]).toEqual([1, expect.stringContaining('Expected 30m, 2h, 3d or a time such as')]);
  });
});

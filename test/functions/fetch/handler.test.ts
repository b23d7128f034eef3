import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { limits } from '../../../functions/fetch/limits.ts';
import type { RunReport } from '../../../functions/fetch/run.ts';
import { startWeatherApi, type WeatherApi } from '../../../local/weatherapi/server.ts';
import { weatherapiHistory } from '../../../shared/datasets/weatherapi-history.ts';
import { placeDayKey } from '../../../shared/keys.ts';
import { runEnded, runStarted } from '../../../shared/run-log.ts';
import { type Aws, startAws } from '../../aws.ts';
import { captureOutput, type Output } from '../../output.ts';

const apiKey = 'test-key';
const secretId = 'weather/key';

type Outcome = { report: RunReport } | { error: Error };

let aws: Aws;
let standIn: WeatherApi;
let output: Output;
let handler: (event: unknown, context: Context) => Promise<RunReport>;
let hour = 0;

beforeAll(async () => {
  aws = await startAws();
  standIn = await startWeatherApi({ key: apiKey, now: () => new Date('2026-11-22T05:00:00Z') });
  output = captureOutput();
  Object.assign(process.env, {
    AWS_REGION: aws.config.region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_MAX_ATTEMPTS: '1',
    AWS_ENDPOINT_URL: aws.config.endpoint,
    POWERTOOLS_METRICS_NAMESPACE: 'Test',
    RAW_BUCKET: 'raw',
    API_KEY_SECRET: secretId,
    WEATHERAPI_URL: standIn.url,
  });
  ({ handler } = (await import('../../../functions/fetch/handler.ts')) as unknown as {
    handler: typeof handler;
  });
});

afterEach(async () => {
  await aws.empty();
  aws.emulator.secrets.set(secretId, apiKey);
});

afterAll(async () => {
  output.restore();
  await Promise.all([standIn.close(), aws.stop()]);
});

/** Runs the function for an hour of its own. @param time milliseconds until its run has to end */
function invoke(locations: string[], { time = 20_000, event = {} } = {}): Promise<Outcome> {
  const scheduledTime = new Date(Date.UTC(2026, 10, 22, hour++)).toISOString();
  return handler({ scheduledTime, dataset: 'weatherapi/current', locations, ...event }, {
    getRemainingTimeInMillis: () => limits.landing + time,
  } as Context).then(
    (report) => ({ report }),
    (error: Error) => ({ error }),
  );
}

const refusePut: Aws['fault'] = ({ action }) =>
  action === 'PutObject' ? { status: 403, code: 'AccessDenied' } : undefined;

function reportOf(outcome: Outcome): RunReport {
  if ('error' in outcome) throw outcome.error;
  return outcome.report;
}

function errorOf(outcome: Outcome): Error {
  if ('report' in outcome) throw new Error('The run did not fail.');
  return outcome.error;
}

/** The metrics of the invocation that came last: in one line those of its dataset, and in one the others. */
function lastMetrics(): Record<string, unknown> {
  const emitted = output.lines().filter((line) => line.includes('CloudWatchMetrics'));
  return Object.assign({}, ...emitted.slice(-2).map((line) => JSON.parse(line)));
}

/** The metrics that came last with a dimension beside the service, and its value. */
function metricsBy(dimension: string): Record<string, unknown> {
  const set = `"Dimensions":[["service","${dimension}"]]`;
  const {
    _aws,
    service: _,
    ...counted
  } = JSON.parse(output.lines().findLast((line) => line.includes(set)) ?? '{}');
  return counted;
}

/** What was logged of a run. */
function linesOf(scheduledTime: string): Record<string, unknown>[] {
  const lines = output.lines().filter((line) => line.includes(`"scheduledTime":"${scheduledTime}"`));
  return lines.map((line) => JSON.parse(line));
}

describe('the function', () => {
  test('fails when the secret does not exist, and works as soon as it does', async () => {
    expect(errorOf(await invoke(['Melbourne']))).toMatchObject({ name: 'ResourceNotFoundException' });
    aws.emulator.secrets.set(secretId, apiKey);
    const report = reportOf(await invoke(['Melbourne', 'fail:1006']));
    expect(report).toMatchObject({ landed: 1, fetched: 1, failed: [{ location: 'fail:1006' }] });
    const { body } = await aws.object('raw', report.keys[0] ?? '');
    expect(String(body)).toContain('"name":"Melbourne"');
    expect(lastMetrics()).toMatchObject({
      PlacesFetched: 1,
      PlacesSkipped: 0,
      PlacesFailed: 1,
      PlacesMissing: 0,
      RunsLanded: 1,
      RunsSkipped: 0,
      QuotaSpent: 0,
    });
  });

  test('skips the hour when the quota is spent', async () => {
    expect(reportOf(await invoke(['fail:2007']))).toMatchObject({ keys: [], quotaSpent: true });
    expect(lastMetrics()).toMatchObject({ QuotaSpent: 1, RunsSkipped: 1, RunsLanded: 0, PlacesFailed: 0 });
  });

  test.each(['fail:1002', 'fail:1008', 'fail:2006', 'fail:redirect'])(
    'fails when every call is refused: %s',
    async (q) => {
      const error = errorOf(await invoke([q]));
      expect(error).toMatchObject({ name: 'ConfigurationError' });
      expect(error.message).toMatch(/^WeatherAPI refuses every call: HTTP \d{3}.*Check the key/);
      // Lambda tries it again: what is missing then is counted then.
      const nothing = { PlacesFailed: 0, PlacesSkipped: 0, PlacesMissing: 0, RunsLanded: 0, RunsSkipped: 0 };
      expect(lastMetrics()).toMatchObject(nothing);
    },
  );

  test('counts what a run adds to its hour, and the hour as landed each time', async () => {
    const scheduledTime = '2026-11-23T05:00:00.000Z';
    const twice = { event: { scheduledTime } };
    reportOf(await invoke(['Melbourne', 'fail:2007x1'], twice));
    expect(lastMetrics()).toMatchObject({ PlacesFetched: 1, PlacesSkipped: 1, RunsLanded: 1 });
    reportOf(await invoke(['Melbourne', 'fail:2007x1'], twice));
    expect(lastMetrics()).toMatchObject({ PlacesFetched: 1, PlacesSkipped: 0, RunsLanded: 1 });
    reportOf(await invoke(['Melbourne', 'fail:2007x1'], twice));
    expect(lastMetrics()).toMatchObject({ PlacesFetched: 0, PlacesSkipped: 0, RunsLanded: 1 });
  });

  test('counts and names a place that is missing for the third time', async () => {
    const of = (hours: number) => ({
      event: { scheduledTime: new Date(Date.UTC(2026, 10, 24, hours)).toISOString() },
    });
    for (const hours of [1, 2, 3]) {
      reportOf(await invoke(['Melbourne', 'fail:2007'], of(hours)));
      expect(lastMetrics()).toMatchObject({ PlacesSkipped: 1, PlacesMissing: hours === 3 ? 1 : 0 });
    }
    const lines = linesOf(of(3).event.scheduledTime);
    expect(lines.at(-1)).toMatchObject({ level: 'ERROR', outcome: 'landed', missing: ['fail:2007'] });
  });

  test.each<[string[], object]>([
    [['Melbourne'], { level: 'INFO', outcome: 'landed', fetched: 1, places: 1, keys: [expect.any(String)] }],
    [
      ['Melbourne', 'fail:1006'],
      { level: 'ERROR', outcome: 'landed', failed: [{ location: 'fail:1006', reason: expect.any(String) }] },
    ],
    [
      ['Melbourne', 'fail:2007x9'],
      {
        level: 'WARN',
        outcome: 'landed',
        skipped: [{ location: 'fail:2007x9', reason: expect.any(String) }],
      },
    ],
    [['fail:2007'], { level: 'WARN', outcome: 'skipped', fetched: 0 }],
    [['fail:1006'], { level: 'ERROR', outcome: 'failed', fetched: 0 }],
    [
      ['fail:2008'],
      { level: 'ERROR', outcome: 'failed', reason: 'HTTP 403 code 2008: API key has been disabled' },
    ],
  ])('logs of %j when the run began, and in one line how it ended', async (locations, end) => {
    const scheduledTime = new Date(Date.UTC(2026, 10, 25, hour++)).toISOString();
    await invoke(locations, { event: { scheduledTime } });
    const [began, ended, ...others] = linesOf(scheduledTime);
    expect(began).toMatchObject({ message: runStarted, places: locations.length });
    expect(ended).toMatchObject({ message: runEnded, ...end });
    expect(others).toEqual([]);
  });

  test('names the dataset and the day of a run in its lines, and counts by dataset whether it landed', async () => {
    const [ofDay, ofHour] = ['2026-11-20T14:00:00.000Z', '2026-11-20T15:00:00.000Z'];
    await invoke(['Melbourne', 'Oslo'], { event: { scheduledTime: ofDay, dataset: 'weatherapi/history' } });
    expect(linesOf(ofDay)).toEqual([
      expect.objectContaining({ message: runStarted, dataset: 'weatherapi/history', day: '2026-11-19' }),
      expect.objectContaining({
        ...{ message: runEnded, dataset: 'weatherapi/history', day: '2026-11-19' },
        ...{ outcome: 'landed', landed: 2, fetched: 2, places: 2 },
        keys: ['Melbourne', 'Oslo'].map((place) => placeDayKey(weatherapiHistory, '2026-11-19', place)),
      }),
    ]);
    expect(metricsBy('dataset')).toEqual({ dataset: 'weatherapi/history', RunsLanded: 1, RunsSkipped: 0 });

    await invoke(['fail:2007'], { event: { scheduledTime: ofHour } });
    for (const line of linesOf(ofHour)) {
      expect(line).toMatchObject({ dataset: 'weatherapi/current' });
      expect(line).not.toHaveProperty('day');
    }
    expect(metricsBy('dataset')).toEqual({ dataset: 'weatherapi/current', RunsLanded: 0, RunsSkipped: 1 });
  });

  test.each([
    ['landed', 'Melbourne', { PlacesFetched: 1, PlacesSkipped: 0 }],
    ['skipped', 'fail:2007', { PlacesFetched: 0, PlacesSkipped: 1 }],
  ])(
    'of another day than its own counts as no %s run of the schedule, so that a backfill silences no alarm [own-day]',
    async (_how, place, ofPlaces) => {
      const event = { scheduledTime: '2026-11-21T14:00:00.000Z', dataset: 'weatherapi/history' };
      await invoke([place], { event: { ...event, day: '2026-11-10' } });
      expect(metricsBy('dataset')).toEqual({ dataset: event.dataset, RunsLanded: 0, RunsSkipped: 0 });
      expect(lastMetrics()).toMatchObject(ofPlaces);
    },
  );

  test('logs how a run ended that S3 refused', async () => {
    aws.fault = refusePut;
    const scheduledTime = '2026-11-26T05:00:00.000Z';
    await invoke(['Melbourne'], { event: { scheduledTime } });
    const reason = expect.stringMatching(/^AccessDenied: /);
    expect(linesOf(scheduledTime).at(-1)).toMatchObject({ level: 'ERROR', outcome: 'failed', reason });
  });

  test('says what it waits for', async () => {
    reportOf(await invoke(['fail:503x1', 'fail:502x1']));
    const said = output.lines().findLast((line) => line.includes('Waiting for WeatherAPI'));
    expect(said).toContain('Waiting for WeatherAPI (HTTP 503): asking for 2 places again in 1 s');
  });

  test('ends by its deadline with what came', async () => {
    const report = reportOf(await invoke(['Melbourne', 'fail:slow', 'fail:429'], { time: 1_500 }));
    expect(report).toMatchObject({ landed: 1, fetched: 1 });
    expect(report.skipped.map(({ location }) => location)).toEqual(['fail:slow', 'fail:429']);
    expect(lastMetrics()).toMatchObject({
      PlacesFetched: 1,
      PlacesSkipped: 2,
      RunsLanded: 1,
      RunsSkipped: 0,
    });
  });

  test('refuses an event that is no run', async () => {
    expect(errorOf(await invoke([], { event: { dataset: 'weather' } })).message).toMatch(
      /dataset: .*locations: /,
    );
  });

  test('fails when the bucket refuses', async () => {
    aws.fault = refusePut;
    expect(errorOf(await invoke(['Melbourne']))).toMatchObject({ name: 'AccessDenied' });
  });
});

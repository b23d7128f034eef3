import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ApiKey } from '../../../functions/fetch/api-key.ts';
import { encodePlaces } from '../../../functions/fetch/place-set.ts';
import { RawBucket } from '../../../functions/fetch/raw-bucket.ts';
import { type RunReport, run } from '../../../functions/fetch/run.ts';
import { WeatherApi } from '../../../functions/fetch/weatherapi.ts';
import { type WeatherApi as StandIn, startWeatherApi } from '../../../local/weatherapi/server.ts';
import { weatherapiHistory } from '../../../shared/datasets/weatherapi-history.ts';
import { placeDayKey } from '../../../shared/keys.ts';
import { listDigest } from '../../../shared/list-digest.ts';
import { type Aws, startAws } from '../../aws.ts';
import fc from '../../fast-check.ts';
import { FakeSecrets } from './fake-secrets.ts';

const scheduledTime = new Date('2026-11-22T14:00:00Z');
const fetchedAt = Date.parse('2026-11-22T14:00:03.250Z');
const day = '2026-11-21';
const keyOf = (place: string, of = day) => placeDayKey(weatherapiHistory, of, place);
const places = ['Oslo', 'Tokyo', 'Berlin'];

let aws: Aws;
let standIn: StandIn;
beforeAll(async () => {
  aws = await startAws();
  standIn = await startWeatherApi({ key: 'first', now: () => scheduledTime });
});
afterEach(() => aws.empty());
afterAll(() => Promise.all([standIn.close(), aws.stop()]));

type Call = WeatherApi['call'];
interface Setting {
  readonly day?: string;
  readonly options?: Record<string, string>;
  /** Instead of the stand-in's answers. */
  readonly call?: Call;
}

const provider = () => new WeatherApi(standIn.url, new ApiKey(new FakeSecrets('first').client, 'key'));

/** @returns the report, and the places that were asked for, each with its day */
async function runOf(
  locations: string[],
  { day: of = day, options = {}, call }: Setting = {},
): Promise<RunReport & { asked: readonly (string | undefined)[] }> {
  const before = standIn.requests.length;
  let now = fetchedAt;
  const report = await run(
    { scheduledTime, dataset: weatherapiHistory, locations, options, day: of },
    {
      api: call ? { call } : provider(),
      raw: new RawBucket(aws.s3, 'raw'),
      clock: {
        now: () => now,
        sleep: async (milliseconds) => {
          now += milliseconds;
        },
      },
      onPause: () => {},
    },
    new AbortController().signal,
  );
  return { ...report, asked: standIn.requests.slice(before).map(({ q, dt }) => `${q} ${dt}`) };
}

describe('a run of days', () => {
  test('lands each place as an object of its own, one line, as the provider sent it [place-day]', async () => {
    const { asked, ...report } = await runOf(places);
    expect(report).toEqual({
      ...{ keys: places.map((place) => keyOf(place)), landed: 3, fetched: 3, places: 3 },
      ...{ skipped: [], failed: [], missing: [], quotaSpent: false, outage: false, runFailure: undefined },
    });
    expect(asked).toEqual(places.map((place) => `${place} ${day}`));
    expect(await aws.keys('raw')).toEqual(places.map((place) => keyOf(place)).sort());
    const [line, ...others] = (await aws.object('raw', keyOf('Oslo'))).body.toString().split('\n');
    expect(others).toEqual(['']);
    expect(JSON.parse(line ?? '')).toMatchObject({
      location: { name: 'Oslo' },
      forecast: { forecastday: [{ date: day }] },
    });
  });

  test('notes in the metadata of each object what was asked for its place', async () => {
    const options = { aqi: 'yes' };
    await runOf(['Oslo', 'fail:500x2'], { options });
    const metadataOf = async (place: string) => (await aws.object('raw', keyOf(place))).metadata;
    expect(await aws.object('raw', keyOf('fail:500x2'))).toMatchObject({
      contentType: 'application/x-ndjson',
    });
    expect(await metadataOf('Oslo')).toEqual({
      'scheduled-time': '2026-11-22T14:00:00.000Z',
      'fetched-at': '2026-11-22T14:00:03.250Z',
      endpoint: 'history.json',
      query: `aqi=yes&dt=${day}`,
      tries: '1',
      places: '1',
      'places-missing': '0',
      'places-list': listDigest({ locations: ['Oslo'], options }),
      'places-landed': encodePlaces([0]),
    });
    expect(await metadataOf('fail:500x2')).toMatchObject({ tries: '3' });
  });

  test('asks only for what has not landed, whoever landed it [place-day]', async () => {
    await runOf(['Tokyo']);
    const before = await aws.object('raw', keyOf('Tokyo'));
    const report = await runOf(places, { options: { aqi: 'yes' } });
    expect(report).toMatchObject({ landed: 2, fetched: 2, places: 3 });
    expect(report.asked).toEqual([`Oslo ${day}`, `Berlin ${day}`]);
    expect(await aws.object('raw', keyOf('Tokyo'))).toEqual(before);
    expect(await runOf(places)).toMatchObject({ landed: 0, places: 3, asked: [], keys: report.keys });
  });

  test('lands another day, and another place, beside it', async () => {
    await runOf(['Oslo']);
    await runOf(['Oslo', 'oslo'], { day: '2026-11-20' });
    const landed = [keyOf('Oslo'), keyOf('Oslo', '2026-11-20'), keyOf('oslo', '2026-11-20')];
    expect(await aws.keys('raw')).toEqual(landed.sort());
  });

  test('asks once for a place that is named twice', async () => {
    expect(await runOf(['Oslo', 'Oslo'])).toMatchObject({
      keys: [keyOf('Oslo')],
      places: 1,
      asked: [`Oslo ${day}`],
    });
  });

  test('that another one overtakes keeps what the other one landed [place-day]', async () => {
    const real = provider();
    const call: Call = async (...query) => {
      const answer = await real.call(...query);
      await aws.put('raw', keyOf('Oslo'), 'of the other one');
      return answer;
    };
    expect(await runOf(['Oslo'], { call })).toMatchObject({
      landed: 0,
      fetched: 0,
      places: 1,
      keys: [keyOf('Oslo')],
    });
    expect((await aws.object('raw', keyOf('Oslo'))).body.toString()).toBe('of the other one');
  });

  test.each([409, 412])('tries again when the write is refused with %i, but not for ever', async (status) => {
    const code = status === 409 ? 'ConditionalRequestConflict' : 'PreconditionFailed';
    let refusals = 1;
    aws.fault = ({ action }) => (action === 'PutObject' && refusals-- > 0 ? { status, code } : undefined);
    expect(await runOf(['Oslo'])).toMatchObject({ landed: 1, fetched: 1 });
    await aws.remove('raw', keyOf('Oslo'));
    refusals = Number.POSITIVE_INFINITY;
    await expect(runOf(['Oslo'])).rejects.toThrow(`"${keyOf('Oslo')}" changed 5 times`);
  });

  test('lands no answer for another day: its place is skipped, the others land [other-day]', async () => {
    const real = provider();
    const call: Call = (dataset, query, signal) =>
      real.call(dataset, query.q === 'Tokyo' ? { ...query, dt: '2026-11-20' } : query, signal);
    expect(await runOf(places, { call })).toMatchObject({
      fetched: 2,
      failed: [],
      skipped: [
        { location: 'Tokyo', reason: `the answer is for 2026-11-20, not for ${day} (after 3 tries)` },
      ],
    });
    expect(await aws.keys('raw')).toEqual([keyOf('Berlin'), keyOf('Oslo')]);
  });

  test('lands no answer for several days [other-day]', async () => {
    const real = provider();
    const call: Call = (dataset, query, signal) =>
      real.call(dataset, { ...query, end_dt: '2026-11-22' }, signal);
    expect(await runOf(['Oslo'], { call })).toMatchObject({
      keys: [],
      skipped: [{ reason: expect.stringContaining(`the answer is for 2026-11-22, not for ${day}`) }],
    });
  });

  test('loses no place that can be fetched, and lands each once, whatever fails and however often it is run', async () => {
    const place = fc.constantFrom('Oslo', 'Tokyo', 'Berlin', 'fail:500x1', 'fail:1006', 'fail:html');
    const runs = fc.array(fc.uniqueArray(place, { minLength: 1 }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(runs, async (lists) => {
        await aws.empty();
        const asked: (string | undefined)[] = [];
        for (const list of lists) asked.push(...(await runOf(list)).asked);
        const good = [...new Set(lists.flat())].filter((q) => !/1006|html/.test(q));
        expect(await aws.keys('raw')).toEqual(good.map((q) => keyOf(q)).sort());
        for (const q of good.filter((name) => !name.startsWith('fail')))
          expect(asked.filter((call) => call === `${q} ${day}`)).toHaveLength(1);
      }),
      { numRuns: 15 },
    );
  });
});

describe('a run of days', () => {
  test.each<[boolean, string[]]>([
    [true, ['fail:500', 'fail:503']],
    [false, ['fail:500', 'Oslo']],
    [false, ['fail:500', 'fail:html']],
    [false, ['fail:2007']],
  ])('says %s of whether an outage kept it from any answer about %s', async (outage, list) => {
    expect((await runOf(list)).outage).toBe(outage);
    expect((await runOf(['Berlin', 'Berlin'])).outage).toBe(false);
    expect((await runOf(['Berlin'])).outage).toBe(false); // Asks for nothing.
  });
});

describe('a place without its day', () => {
  const before = (days: number) => new Date(Date.parse(day) - days * 86_400_000).toISOString().slice(0, 10);
  const landed = (days: number, list: string[]) =>
    Promise.all(list.map((place) => aws.put('raw', keyOf(place, before(days)), '{}')));
  const missing = async () => (await runOf(['Oslo', 'fail:500', 'fail:html'])).missing;

  test('three days in a row is told as missing [missing-place]', async () => {
    await landed(1, ['Oslo']);
    await landed(2, ['Oslo', 'fail:html']);
    expect(await missing()).toEqual(['fail:500']);
  });

  test.each<[string, () => Promise<unknown>]>([
    ['for the first time', async () => {}],
    ['for the second time', () => landed(1, ['Oslo'])],
    [
      'where nothing of these places landed on a day before',
      async () => {
        await landed(1, ['Oslo']);
        await landed(2, ['Ulm']);
      },
    ],
  ])('%s is not', async (_when, prepare) => {
    await prepare();
    expect(await missing()).toEqual([]);
  });
});

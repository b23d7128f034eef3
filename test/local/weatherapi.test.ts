import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startWeatherApi, type WeatherApi } from '../../local/weatherapi/server.ts';
import type { CurrentResponse } from '../../local/weatherapi/weather.ts';
import { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';

const key = 'the-right-key';
/** 14:43:20 of a summer's day in Melbourne, 03:43:20 UTC. */
const instant = new Date('2026-01-15T03:43:20Z');
const seed = '-37.504136,145.744302';

const started: WeatherApi[] = [];
let api: WeatherApi;
let time = instant;

beforeAll(async () => {
  api = await start();
});
afterAll(() => Promise.all(started.map((server) => server.close())));

async function start(options: { faultDelay?: number } = {}): Promise<WeatherApi> {
  const server = await startWeatherApi({ key, now: () => time, ...options });
  started.push(server);
  return server;
}

function ask(parameters: Record<string, string>, server = api): Promise<Response> {
  return fetch(`${server.url}/current.json?${new URLSearchParams(parameters)}`, { redirect: 'manual' });
}

function askFor(q: string, server = api): Promise<Response> {
  return ask({ key, q }, server);
}

async function weather(
  q: string,
  at = instant,
  options: Record<string, string> = {},
): Promise<CurrentResponse> {
  time = at;
  const response = await ask({ key, q, ...options });
  expect(response.status).toBe(200);
  return (await response.json()) as CurrentResponse;
}

async function expectError(response: Response, status: number, code: number, message: string): Promise<void> {
  expect(await response.json()).toEqual({ error: { code, message } });
  expect(response.status).toBe(status);
}

describe('the weather', () => {
  test('names the place, its zone and its local time', async () => {
    const { location, current } = await weather(seed);
    expect(location).toEqual({
      name: 'Marysville',
      region: 'Victoria',
      country: 'Australia',
      lat: -37.504,
      lon: 145.744,
      tz_id: 'Australia/Melbourne',
      localtime_epoch: 1768448600,
      localtime: '2026-01-15 14:43',
    });
    expect(current).toMatchObject({ last_updated_epoch: 1768447800, last_updated: '2026-01-15 14:30' });
  });

  test('has every documented field, in the documented type', async () => {
    const { current } = await weather(seed);
    const { last_updated, wind_dir, condition, ...numbers } = current;
    expect([last_updated, wind_dir, condition.text, condition.icon].map((v) => typeof v)).toEqual(
      Array(4).fill('string'),
    );
    const both = (name: string) => [`${name}_c`, `${name}_f`];
    expect(Object.keys(numbers).sort()).toEqual(
      [
        ...['temp', 'feelslike', 'windchill', 'heatindex', 'dewpoint', 'wetbulb'].flatMap(both),
        ...['last_updated_epoch', 'is_day', 'wind_mph', 'wind_kph', 'wind_degree', 'gust_mph', 'gust_kph'],
        ...[
          'pressure_mb',
          'pressure_in',
          'precip_mm',
          'precip_in',
          'humidity',
          'cloud',
          'vis_km',
          'vis_miles',
        ],
        ...['uv', 'short_rad', 'diff_rad', 'dni', 'gti'],
        ...['will_it_rain', 'chance_of_rain', 'will_it_snow', 'chance_of_snow'],
      ].sort(),
    );
    expect(Object.values(numbers).every(Number.isFinite)).toBe(true);
    const { last_updated_epoch, is_day, humidity, cloud, wind_degree, will_it_rain, chance_of_rain } =
      current;
    const integers = [last_updated_epoch, is_day, humidity, cloud, wind_degree, will_it_rain, chance_of_rain];
    expect(integers.every(Number.isInteger)).toBe(true);
  });

  test('adds the air quality only when asked', async () => {
    expect((await weather('London')).current).not.toHaveProperty('air_quality');
    const { current } = await weather('London', instant, { aqi: 'yes' });
    expect(Object.keys(current.air_quality ?? {})).toEqual([
      ...['co', 'no2', 'o3', 'so2', 'pm2_5', 'pm10'],
      ...['us-epa-index', 'gb-defra-index'],
    ]);
    expect(current).not.toHaveProperty('pollen');
  });

  test('adds the pollen only when asked, for each column that holds some', async () => {
    const { current } = await weather('London', instant, { pollen: 'yes' });
    const columns = weatherapiCurrent.tables[0].fields.filter(({ column }) => column.startsWith('pollen_'));
    expect(Object.keys(current.pollen ?? {}).map((plant) => `current.pollen.${plant}`)).toEqual(
      columns.map(({ path }) => path),
    );
    for (const grains of Object.values(current.pollen ?? {})) expect(grains).toBeGreaterThanOrEqual(0);
    expect((await weather('London', instant, { pollen: 'no' })).current).not.toHaveProperty('pollen');
  });

  test('is put into words in the language that is asked for, and in English for one that it does not know', async () => {
    const words = async (lang: string) => (await weather(seed, instant, { lang })).current.condition;
    const english = (await weather(seed)).current.condition;
    for (const lang of ['de', 'fr']) {
      const { text, ...rest } = await words(lang);
      expect(text).not.toBe(english.text);
      expect({ ...rest, text: english.text }).toEqual(english);
    }
    for (const lang of ['en', 'tlh', 'toString']) expect(await words(lang)).toEqual(english);
  });

  test('is the same for the same place and hour, and another for other hours and places', async () => {
    const first = await weather('Berlin');
    expect(await weather('berlin')).toEqual(first);
    expect((await weather('Berlin', new Date('2026-01-15T03:02:00Z'))).current.temp_c).toBe(
      first.current.temp_c,
    );
    const { temp_c, wind_degree, pressure_mb } = first.current;
    const others = [await weather('Berlin', new Date('2026-01-17T09:00:00Z')), await weather('Paris')];
    for (const { current } of others) expect(current).not.toMatchObject({ temp_c, wind_degree, pressure_mb });
  });

  test('agrees with itself through a year, in every climate', async () => {
    for (const q of [seed, 'Singapore', 'Reykjavik', 'Cairo', '-75,0', '0.5,-179.9']) {
      for (let step = 0; step < 60; step += 1) {
        const { current: now } = await weather(q, new Date(Date.UTC(2026, 0, 1) + step * 149 * 3_600_000));
        expect(now.temp_f).toBeCloseTo(now.temp_c * 1.8 + 32, 0);
        expect(now.wind_mph).toBeCloseTo(now.wind_kph / 1.609344, 0);
        expect(now.dewpoint_c).toBeLessThanOrEqual(now.wetbulb_c);
        expect(now.wetbulb_c).toBeLessThanOrEqual(now.temp_c);
        expect(now.gust_kph).toBeGreaterThanOrEqual(now.wind_kph);
        expect(now.humidity).toBeLessThanOrEqual(100);
        expect(now.humidity).toBeGreaterThan(0);
        expect(now.wind_degree).toBeLessThan(360);
        expect(now.wind_degree).toBeGreaterThanOrEqual(0);
        expect(now.diff_rad).toBeLessThanOrEqual(now.short_rad);
        expect(now.condition.icon).toContain(now.is_day ? '/64x64/day/' : '/64x64/night/');
        expect(now.will_it_rain + now.will_it_snow).toBe(now.precip_mm > 0 ? 1 : 0);
        expect(/rain|drizzle|snow|sleet/i.test(now.condition.text)).toBe(now.precip_mm > 0);
        if (!now.is_day)
          expect([now.short_rad, now.diff_rad, now.dni, now.gti, now.uv]).toEqual(Array(5).fill(0));
      }
    }
  });

  test('follows the sun and the seasons of either hemisphere', async () => {
    const mean = async (q: string, month: number) => {
      let sum = 0;
      for (let day = 1; day <= 28; day += 1) {
        sum += (await weather(q, new Date(Date.UTC(2026, month, day, 12)))).current.temp_c;
      }
      return sum / 28;
    };
    expect(await mean('London', 6)).toBeGreaterThan((await mean('London', 0)) + 5);
    expect(await mean('Sydney', 6)).toBeLessThan((await mean('Sydney', 0)) - 3);

    const isDay = async (q: string, at: string) => (await weather(q, new Date(at))).current.is_day;
    expect(await isDay('Sydney', '2026-01-15T02:00:00Z')).toBe(1);
    expect(await isDay('London', '2026-01-15T02:00:00Z')).toBe(0);
    expect(await isDay('Reykjavik', '2026-06-21T02:30:00Z')).toBe(0);
    expect(await isDay('80,20', '2026-06-21T23:00:00Z')).toBe(1);
  });

  test('tells the hour twice when daylight saving ends, apart by the epoch', async () => {
    const [summer, winter] = [
      await weather('Melbourne', new Date('2026-04-04T15:30:00Z')),
      await weather('Melbourne', new Date('2026-04-04T16:30:00Z')),
    ];
    expect([summer.location.localtime, winter.location.localtime]).toEqual([
      '2026-04-05 02:30',
      '2026-04-05 02:30',
    ]);
    expect(winter.current.last_updated_epoch - summer.current.last_updated_epoch).toBe(3600);
  });
});

describe('a place', () => {
  test('that is a capital is in its country: Oslo is in Norway', async () => {
    expect((await weather('oslo')).location).toMatchObject({
      name: 'Oslo',
      country: 'Norway',
      tz_id: 'Europe/Oslo',
    });
  });

  test('far from every known city is named by its coordinates, in the zone of its longitude', async () => {
    const { location } = await weather('0,-100');
    expect(location).toMatchObject({ name: '0,-100', lat: 0, lon: -100, tz_id: 'Etc/GMT+7' });
    expect((await weather('-30,80')).location).toMatchObject({
      tz_id: 'Etc/GMT-5',
      localtime: '2026-01-15 08:43',
    });
  });

  test('may be any text or code, and stays where it is', async () => {
    for (const q of ['Smallville', 'iata:XYZ', 'metar:EGLL', 'id:2801268', 'São João / 東京 & co']) {
      const { location } = await weather(q);
      expect(location.country).not.toBe('');
      expect((await weather(q)).location).toEqual(location);
    }
    expect((await weather('iata:XYZ')).location.name).toBe('XYZ');
  });

  test('that cannot be is no matching location', async () => {
    for (const q of ['91,0', '0,180.5', 'iata:TOOLONG', 'id:abc']) {
      await expectError(await askFor(q), 400, 1006, 'No matching location found.');
    }
  });
});

describe('a request', () => {
  test('without a key, with a wrong one, without a place or to another address is refused as documented', async () => {
    await expectError(await ask({ q: 'London' }), 401, 1002, 'API key not provided.');
    await expectError(await ask({ key: 'another', q: 'London' }), 401, 2006, 'API key is invalid.');
    await expectError(await ask({ key }), 400, 1003, 'Parameter q is missing.');
    await expectError(await ask({ key, q: '' }), 400, 1003, 'Parameter q is missing.');
    const elsewhere = await fetch(`${api.url}/marine.json?${new URLSearchParams({ key, q: 'London' })}`);
    await expectError(elsewhere, 400, 1005, 'API request url is invalid.');
  });

  test('is logged with its status and without its key', async () => {
    const before = api.requests.length;
    await askFor('London');
    await askFor('fail:503');
    await ask({ key });
    await fetch(`${api.url}/nothing?key=${key}`);
    expect(api.requests.slice(before)).toEqual([
      { path: '/v1/current.json', q: 'London', status: 200 },
      { path: '/v1/current.json', q: 'fail:503', status: 503 },
      { path: '/v1/current.json', q: undefined, status: 400 },
      { path: '/v1/nothing', q: undefined, status: 400 },
    ]);
    expect(JSON.stringify(api.requests)).not.toContain(key);
  });
});

describe('a place that fails', () => {
  const answered = async (mode: string) => {
    const response = await askFor(`fail:${mode}`);
    return [response.status, response.headers.get('content-type'), await response.text()];
  };

  test.each([
    ['500', 500],
    ['502', 502],
    ['503', 503],
    ['504', 504],
    ['429', 429],
    ['html', 200],
  ])('%s gets a page, not JSON', async (mode, status) => {
    expect(await answered(mode)).toEqual([status, 'text/html', expect.stringMatching(/^<html>/)]);
  });

  test('429 is told when to come back, and redirect is sent to another host', async () => {
    expect((await askFor('fail:429')).headers.get('retry-after')).toBe('1');
    const { status, headers } = await askFor('fail:redirect');
    expect([status, headers.get('location')]).toEqual([302, 'http://localhost:1/']);
  });

  test.each([
    [401, '1002', 'API key not provided.'],
    [400, '1003', 'Parameter q is missing.'],
    [400, '1005', 'API request url is invalid.'],
    [400, '1006', 'No matching location found.'],
    [400, '1007', "Parameter 'dt' or 'days' is not valid."],
    [400, '1008', 'API key is limited to get history data.'],
    [401, '2006', 'API key is invalid.'],
    [403, '2007', 'API key has exceeded calls per month quota.'],
    [403, '2008', 'API key has been disabled.'],
    [
      403,
      '2009',
      'API key does not have access to the resource. Please check pricing page for what is allowed in your API subscription plan.',
    ],
    [400, '9000', 'Json body passed in bulk request is invalid.'],
    [400, '9001', 'Json body contains too many locations for bulk request.'],
    [400, '9999', 'Internal application error.'],
    [200, 'error200', 'Internal application error.'],
  ])('gets status %i with error %s: %s', async (status, mode, message) => {
    await expectError(await askFor(`fail:${mode}`), status, Number(mode) || 9999, message);
  });

  test.each([
    ['500', 'not JSON'],
    ['2006', 'an error'],
    ['malformed', 'not JSON'],
    ['cut', 'not JSON'],
  ])('%s fails as often as it says, and then has its weather', async (mode, failure) => {
    const q = `fail:${mode}x2`;
    const outcomes = [];
    for (let i = 0; i < 4; i += 1) {
      const name = (body: unknown) => (body as Partial<CurrentResponse>).location?.name ?? 'an error';
      outcomes.push(await (await askFor(q)).json().then(name, () => 'not JSON'));
    }
    expect(outcomes).toEqual([failure, failure, q, q]);
  });

  test('counts anew in another server', async () => {
    const other = await start();
    const statuses = [];
    for (const server of [api, api, other]) statuses.push((await askFor('fail:502x1', server)).status);
    expect(statuses).toEqual([502, 200, 502]);
  });

  test('gets status 200 before its JSON is cut off, by the connection or not', async () => {
    const cut = await askFor('fail:cut');
    expect(cut.status).toBe(200);
    await expect(cut.text()).rejects.toThrow('terminated');
    const [status, , text] = await answered('malformed');
    expect([status, text]).toEqual([200, expect.stringMatching(/^\{"location":/)]);
  });

  test('gets a body without an end for as long as it reads', async () => {
    const reader = (await askFor('fail:huge')).body?.getReader();
    let size = 0;
    while (size < 4_000_000) size += (await reader?.read())?.value?.length ?? Number.NaN;
    await reader?.cancel();
    expect(size).toBeGreaterThanOrEqual(4_000_000);
  });

  test('gets its weather late', async () => {
    const late = await askFor('fail:slow', await start({ faultDelay: 1 }));
    expect(await late.json()).toMatchObject({ location: { name: 'fail:slow' } });
  });

  test.each(['', 'nonsense', 'toString'])(
    'in an unknown way (%j) learns which ways there are',
    async (mode) => {
      const [status, , text] = await answered(mode);
      expect([status, text]).toEqual([
        400,
        expect.stringMatching(/1006.*No matching.* 429, 500.* 2006,.* huge\./),
      ]);
    },
  );
});

test('closing cuts what is still open, at once', async () => {
  const closing = await start();
  const endless = await askFor('fail:huge', closing);
  const slow = expect(askFor('fail:slow', closing)).rejects.toThrow('fetch failed');
  while (closing.requests.length < 2) await setImmediate();
  await closing.close();
  await slow;
  await expect(endless.text()).rejects.toThrow('terminated');
  expect(closing.requests.map(({ q, status }) => [q, status])).toEqual([
    ['fail:huge', 200],
    ['fail:slow', 0],
  ]);
});

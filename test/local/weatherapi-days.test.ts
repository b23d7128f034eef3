import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ForecastDay } from '../../local/weatherapi/forecast-day.ts';
import { startWeatherApi, type WeatherApi, type WeatherApiOptions } from '../../local/weatherapi/server.ts';
import type { CurrentResponse } from '../../local/weatherapi/weather.ts';

type Days = Partial<CurrentResponse> & {
  location: CurrentResponse['location'];
  forecast: { forecastday: ForecastDay[] };
  alerts?: { alert: Record<string, string>[] };
};
type Parameters = Record<string, string>;

const key = 'the-right-key';
const now = new Date('2026-11-26T09:20:00Z');
let time = now;

const started: WeatherApi[] = [];
let api: WeatherApi;
let free: WeatherApi;

beforeAll(async () => {
  api = await start();
  free = await start({ plan: 'free' });
});
afterAll(() => Promise.all(started.map((server) => server.close())));

async function start(options: Partial<WeatherApiOptions> = {}): Promise<WeatherApi> {
  const server = await startWeatherApi({ key, now: () => time, ...options });
  started.push(server);
  return server;
}

async function ask(endpoint: string, parameters: Parameters, { at = now, server = api } = {}) {
  time = at;
  const response = await fetch(`${server.url}/${endpoint}.json?${new URLSearchParams(parameters)}`);
  return { status: response.status, body: (await response.json()) as unknown };
}

async function answer<Body>(endpoint: string, parameters: Parameters, options = {}): Promise<Body> {
  const { status, body } = await ask(endpoint, { key, ...parameters }, options);
  expect({ status, body }).toMatchObject({ status: 200 });
  return body as Body;
}

const current = (q: string, at: Date, parameters: Parameters = {}) =>
  answer<CurrentResponse>('current', { q, ...parameters }, { at });
const history = (q: string, dt: string, parameters: Parameters = {}, options = {}) =>
  answer<Days>('history', { q, dt, ...parameters }, options);
const forecast = (q: string, parameters: Parameters = {}, options = {}) =>
  answer<Days>('forecast', { q, ...parameters }, options);

async function day(q: string, dt: string, parameters: Parameters = {}): Promise<ForecastDay> {
  const [only, ...others] = (await history(q, dt, parameters)).forecast.forecastday;
  expect(others).toEqual([]);
  return only as ForecastDay;
}

/** The row that an instant is in. */
function rowAt({ forecast }: Days, instant: Date) {
  const hours = forecast.forecastday.flatMap(({ hour }) => hour);
  return hours.findLast(({ time_epoch }) => time_epoch * 1000 <= instant.getTime());
}

const codeOf = ({ status, body }: { status: number; body: unknown }) => [
  status,
  (body as { error?: { code: number } }).error?.code,
];

describe('history', () => {
  test('of an hour is what current said then, at any instant and place', async () => {
    const options = { aqi: 'yes', pollen: 'yes', lang: 'de' };
    const [from, until] = [Date.UTC(2010, 0, 2), now.getTime()];
    for (let i = 0; i < 60; i += 1) {
      const at = new Date(from + Math.random() * (until - from));
      const anywhere = `${(Math.random() * 180 - 90).toFixed(3)},${(Math.random() * 360 - 180).toFixed(3)}`;
      const q = ['Mumbai', 'Melbourne', 'Oslo', anywhere, `place ${i}`][i % 5] ?? '';
      const then = await current(q, at, options);
      const { last_updated, last_updated_epoch, ...said } = then.current;
      const days = await history(q, then.location.localtime.slice(0, 10), options);
      expect({ q, at, ...rowAt(days, at) }).toMatchObject({ q, at, ...said });
    }
  });

  test('names its place and its day, and carries neither current weather nor alerts', async () => {
    const days = await history('Oslo', '2026-11-20', { alerts: 'yes' });
    expect(Object.keys(days)).toEqual(['location', 'forecast']);
    expect(days.location).toEqual((await current('Oslo', now)).location);
    expect(days.forecast.forecastday).toMatchObject([{ date: '2026-11-20', date_epoch: 1_795_132_800 }]);
  });

  test.each([
    ['Melbourne', '2026-10-04', 23],
    ['Melbourne', '2026-04-05', 25],
    ['Oslo', '2026-03-29', 23],
    ['Oslo', '2025-10-26', 25],
    ['Mumbai', '2026-11-20', 24],
  ])('of %s on %s has %i hours, from local midnight on', async (q, date, length) => {
    const { hour } = await day(q, date);
    expect(hour).toHaveLength(length);
    expect([hour[0]?.time, hour.at(-1)?.time]).toEqual([`${date} 00:00`, `${date} 23:00`]);
    const first = hour[0]?.time_epoch ?? 0;
    expect(hour.map(({ time_epoch }) => time_epoch)).toEqual(hour.map((_, i) => first + i * 3600));
  });

  test('sums a day up from its hours', async () => {
    for (const date of ['2026-01-20', '2026-04-05', '2026-07-11', '2026-10-30']) {
      const { day: sum, hour } = await day('Oslo', date);
      const all = (
        name: 'temp_c' | 'precip_mm' | 'snow_cm' | 'humidity' | 'chance_of_rain' | 'will_it_snow',
      ) => hour.map((row) => row[name]);
      const total = (values: number[]) => values.reduce((a, b) => a + b, 0);
      expect(sum.maxtemp_c).toBe(Math.max(...all('temp_c')));
      expect(sum.mintemp_c).toBe(Math.min(...all('temp_c')));
      expect(sum.avgtemp_c).toBeCloseTo(total(all('temp_c')) / hour.length, 1);
      expect(sum.totalprecip_mm).toBeCloseTo(total(all('precip_mm')), 5);
      expect(sum.totalsnow_cm).toBeCloseTo(total(all('snow_cm')), 5);
      expect(sum.avghumidity).toBe(Math.round(total(all('humidity')) / hour.length));
      expect(sum.daily_chance_of_rain).toBe(Math.max(...all('chance_of_rain')));
      expect(sum.daily_will_it_snow).toBe(Math.max(...all('will_it_snow')));
      expect(/rain|drizzle|snow|sleet/i.test(sum.condition.text)).toBe(sum.totalprecip_mm > 0);
    }
  });

  test('has every documented field of an hour and a day, and the optional ones only when asked', async () => {
    const plain = await day('Oslo', '2026-11-20');
    const { last_updated, last_updated_epoch, ...said } = (await current('Oslo', now)).current;
    expect(Object.keys(plain.hour[0] ?? {})).toEqual(['time_epoch', 'time', ...Object.keys(said), 'snow_cm']);
    expect(Object.keys(plain.day)).toEqual([
      ...['maxtemp_c', 'maxtemp_f', 'mintemp_c', 'mintemp_f', 'avgtemp_c', 'avgtemp_f'],
      ...['maxwind_mph', 'maxwind_kph', 'totalprecip_mm', 'totalprecip_in', 'totalsnow_cm'],
      ...['avgvis_km', 'avgvis_miles', 'avghumidity', 'daily_will_it_rain', 'daily_chance_of_rain'],
      ...['daily_will_it_snow', 'daily_chance_of_snow', 'condition', 'uv'],
    ]);

    const everything = { aqi: 'yes', pollen: 'yes', et0: 'yes', wind100mph: 'yes', wind100kph: 'yes' };
    const full = await day('Oslo', '2026-11-20', everything);
    const more = (whole: object, part: object) => Object.keys(whole).filter((name) => !(name in part));
    expect(more(full.day, plain.day)).toEqual(['air_quality', 'pollen']);
    expect(more(full.hour[0] ?? {}, plain.hour[0] ?? {})).toEqual([
      ...['air_quality', 'pollen', 'et0', 'wind100_mph', 'wind100_kph'],
    ]);
    expect(Object.keys(full.day.air_quality ?? {})).toEqual(Object.keys(full.hour[0]?.air_quality ?? {}));
    expect(Number.isInteger(full.day.air_quality?.['us-epa-index'])).toBe(true);
  });

  test.each([
    [{}, 400, 1005],
    [{ dt: '2026-2-3' }, 400, 1005],
    [{ dt: '2026-02-30' }, 400, 1005],
    [{ dt: '2009-12-31' }, 400, 1005],
    [{ dt: '2010-01-01' }, 200, undefined],
    [{ dt: '2026-11-26' }, 200, undefined],
    [{ dt: '2026-11-27' }, 400, 1005],
    [{ dt: '2026-11-20', end_dt: '2026-11-19' }, 400, 1005],
    [{ dt: '2026-10-01', end_dt: '2026-10-31' }, 200, undefined],
    [{ dt: '2026-10-01', end_dt: '2026-11-01' }, 400, 1005],
  ])('asked for %j gets status %i with error %p', async (parameters, status, code) => {
    expect(codeOf(await ask('history', { key, q: 'Oslo', ...parameters }))).toEqual([status, code]);
  });

  test('says which date it does not take', async () => {
    const { body } = await ask('history', { key, q: 'Oslo', dt: '2026-11-20', end_dt: '2026-11-27' });
    expect(body).toEqual({
      error: {
        code: 1005,
        message: 'dt and end_dt must be dates from 2010-01-01 to 2026-11-26, not "2026-11-27".',
      },
    });
  });

  test('ends with the day that it is in the place', async () => {
    const tomorrow = (q: string) =>
      ask('history', { key, q, dt: '2026-11-27' }, { at: new Date('2026-11-26T12:00Z') });
    expect(codeOf(await tomorrow('Auckland'))).toEqual([200, undefined]);
    expect(codeOf(await tomorrow('Oslo'))).toEqual([400, 1005]);
  });

  test('gives a range day by day', async () => {
    const range = await history('Oslo', '2026-10-30', { end_dt: '2026-11-01' });
    const days = await Promise.all(
      ['2026-10-30', '2026-10-31', '2026-11-01'].map((date) => day('Oslo', date)),
    );
    expect(range.forecast.forecastday).toEqual(days);
  });

  test('reaches back seven days and has no ranges on the free plan', async () => {
    const status = async (parameters: Parameters) =>
      codeOf(await ask('history', { key, q: 'Oslo', ...parameters }, { server: free }));
    expect(await status({ dt: '2026-11-19' })).toEqual([200, undefined]);
    expect(await status({ dt: '2026-11-18' })).toEqual([403, 2009]);
    expect(await status({ dt: '2026-11-24', end_dt: '2026-11-25' })).toEqual([403, 2009]);
  });

  test('is logged with the day that was asked for', async () => {
    await history('Oslo', '2026-11-20');
    expect(api.requests.at(-1)).toEqual({
      path: '/v1/history.json',
      q: 'Oslo',
      dt: '2026-11-20',
      status: 200,
    });
  });
});

describe('sun and moon', () => {
  test.each(['Oslo', 'Melbourne', 'Singapore', 'Mumbai', 'San Francisco'])(
    'of %s agree with what the hours call day',
    async (q) => {
      for (const date of ['2026-01-15', '2026-03-21', '2026-06-21']) {
        const { astro, hour } = await day(q, date);
        const minutes = (text: string) => {
          const [, h, m, half] = /^(\d\d):(\d\d) ([AP]M)$/.exec(text) ?? [];
          return ((Number(h) % 12) + (half === 'PM' ? 12 : 0)) * 60 + Number(m);
        };
        const [rise, set] = [minutes(astro.sunrise), minutes(astro.sunset)];
        expect(rise).toBeLessThan(set);
        for (const { time, is_day } of hour) {
          const minute = Number(time.slice(11, 13)) * 60;
          const far = Math.min(Math.abs(minute - rise), Math.abs(minute - set)) > 10;
          if (far) expect([date, time, is_day]).toEqual([date, time, minute > rise && minute < set ? 1 : 0]);
        }
      }
    },
  );

  test('do not rise in the polar night, and the moon skips a day once or twice a month', async () => {
    expect((await day('80,20', '2026-01-15')).astro).toMatchObject({
      sunrise: 'No sunrise',
      sunset: 'No sunset',
    });
    const { forecast } = await history('Oslo', '2026-05-01', { end_dt: '2026-05-31' });
    const skipped = (event: 'moonrise' | 'moonset') =>
      forecast.forecastday.filter(({ astro }) => astro[event] === `No ${event}`).length;
    for (const count of [skipped('moonrise'), skipped('moonset')]) expect([1, 2]).toContain(count);
  });

  test('show the phases of the real moon', async () => {
    expect((await day('Oslo', '2026-06-30')).astro).toMatchObject({ moon_phase: 'Full Moon' });
    const { moon_phase, moon_illumination } = (await day('Oslo', '2026-08-12')).astro;
    expect(moon_phase).toBe('New Moon');
    expect(moon_illumination).toBeLessThan(3);
    expect((await day('Oslo', '2026-08-20')).astro.moon_phase).toBe('First Quarter');
  });

  test('are up or not at the moment of the call', async () => {
    const at = async (hour: string) =>
      (await history('London', '2026-06-29', {}, { at: new Date(`2026-07-01T${hour}:00Z`) })).forecast
        .forecastday[0]?.astro;
    for (const hour of ['10', '16']) expect(await at(hour)).toMatchObject({ is_sun_up: 1, is_moon_up: 0 });
    expect(await at('00')).toMatchObject({ is_sun_up: 0, is_moon_up: 1 });
  });
});

describe('a forecast', () => {
  test('starts today in the place, and is for one day when it does not say for how many', async () => {
    const at = new Date('2026-11-26T12:00Z');
    const dates = async (q: string, parameters: Parameters = {}) =>
      (await forecast(q, parameters, { at })).forecast.forecastday.map(({ date }) => date);
    expect(await dates('Oslo')).toEqual(['2026-11-26']);
    expect(await dates('Auckland', { days: '3' })).toEqual(['2026-11-27', '2026-11-28', '2026-11-29']);
  });

  test('is for as many days as the plan includes, at most', async () => {
    const length = async (days: string, server = api) =>
      (await forecast('Oslo', { days }, { server })).forecast.forecastday.length;
    expect([await length('14'), await length('20')]).toEqual([14, 14]);
    expect([await length('2', free), await length('3', free), await length('14', free)]).toEqual([2, 3, 3]);
    for (const days of ['0', '-1', 'many', '1.5', '']) {
      expect(codeOf(await ask('forecast', { key, q: 'Oslo', days }))).toEqual([400, 1005]);
    }
  });

  test('carries the current weather, and agrees with it up to its own hour', async () => {
    const options = { aqi: 'yes', pollen: 'yes', lang: 'fr' };
    for (const q of ['Oslo', 'Mumbai', 'Melbourne']) {
      const days = await forecast(q, options);
      expect(days).toMatchObject(await current(q, now, options));
      const today = await history(q, days.location.localtime.slice(0, 10), options, {
        at: new Date('2026-12-01T00:00Z'),
      });
      const past = (hours: ForecastDay['hour'] = []) =>
        hours.filter(({ time_epoch }) => time_epoch * 1000 <= now.getTime());
      const hours = past(days.forecast.forecastday[0]?.hour);
      expect(hours.length).toBeGreaterThan(9);
      expect(hours).toEqual(past(today.forecast.forecastday[0]?.hour));
    }
  });

  test('strays further from what comes with every day', async () => {
    const errors = new Map<number, number[]>();
    for (const q of ['Oslo', 'Melbourne', 'Cairo', 'Singapore', 'New York', 'Tokyo', 'Nairobi', 'Paris']) {
      for (const at of ['2026-01-05T04:00Z', '2026-05-12T11:00Z', '2026-09-20T18:00Z']) {
        const expected = (await forecast(q, { days: '14' }, { at: new Date(at) })).forecast.forecastday;
        const [dt = '', end_dt = ''] = [expected[0]?.date, expected[13]?.date];
        const came = (await history(q, dt, { end_dt })).forecast.forecastday.flatMap(({ hour }) => hour);
        for (const [i, { time_epoch, temp_c }] of expected.flatMap(({ hour }) => hour).entries()) {
          expect(came[i]?.time_epoch).toBe(time_epoch);
          const lead = Math.max(0, Math.ceil((time_epoch - Date.parse(at) / 1000) / 86_400));
          errors.set(lead, [...(errors.get(lead) ?? []), Math.abs(temp_c - (came[i]?.temp_c ?? 0))]);
        }
      }
    }
    const mean = (...leads: number[]) => {
      const all = leads.flatMap((lead) => errors.get(lead) ?? []);
      return all.reduce((a, b) => a + b, 0) / all.length;
    };
    expect(mean(0)).toBe(0);
    expect(mean(1)).toBeGreaterThan(0.2);
    expect(mean(1)).toBeLessThan(1);
    expect(mean(1)).toBeLessThan(mean(3, 4));
    expect(mean(3, 4)).toBeLessThan(mean(7, 8, 9));
    expect(mean(7, 8, 9)).toBeLessThan(mean(12, 13, 14));
    expect(mean(12, 13, 14)).toBeGreaterThan(2);
    expect(mean(12, 13, 14)).toBeLessThan(6);
  });

  test('is the same within the hour of its issue, and another an hour later', async () => {
    const issued = async (at: string) =>
      (await forecast('Oslo', { days: '3' }, { at: new Date(at) })).forecast.forecastday[2]?.hour;
    const first = await issued('2026-11-20T06:00Z');
    expect(await issued('2026-11-20T06:59Z')).toEqual(first);
    expect(await issued('2026-11-20T07:00Z')).not.toEqual(first);
  });
});

describe('alerts', () => {
  test('come only when asked for, and mostly there are none', async () => {
    expect(await forecast('Oslo')).not.toHaveProperty('alerts');
    const counts = [];
    for (let hour = 0; hour < 60; hour += 1) {
      const at = new Date(Date.UTC(2026, 0, 1) + hour * 149 * 3_600_000);
      for (const q of ['Oslo', 'Cairo', 'Singapore']) {
        counts.push((await forecast(q, { alerts: 'yes', days: '3' }, { at })).alerts?.alert.length);
      }
    }
    expect(new Set(counts)).toEqual(new Set([0, 1, 2]));
    expect(counts.filter((count) => count === 0).length).toBeGreaterThan(counts.length / 2);
  });

  test('say what comes, where, and from when to when', async () => {
    const parameters = { alerts: 'yes', days: '14' };
    const at = new Date('2026-07-01T00:00Z');
    const { alerts, forecast: days } = await forecast('Cairo', parameters, { at });
    const hours = days.forecastday
      .flatMap(({ hour }) => hour)
      .filter((row) => row.time_epoch * 1000 >= at.getTime());
    const heat = alerts?.alert.find(({ event }) => event === 'Heat Warning');
    const [effective, expires] = [heat?.effective ?? '', heat?.expires ?? ''];
    const hot = hours.filter((row) => row.temp_c >= 33);
    expect(Date.parse(effective) / 1000).toBe(hot[0]?.time_epoch);
    expect(effective).toMatch(/^2026-07-\d\dT\d\d:00:00\+03:00$/);
    const covered = hours.filter(
      (row) => row.time_epoch >= Date.parse(effective) / 1000 && row.time_epoch < Date.parse(expires) / 1000,
    );
    expect(covered.length).toBeGreaterThan(0);
    expect(covered.every((row) => row.temp_c >= 33)).toBe(true);
    expect(Object.keys(heat ?? {})).toEqual([
      ...['headline', 'msgtype', 'severity', 'urgency', 'areas', 'category', 'certainty', 'event', 'note'],
      ...['effective', 'expires', 'desc', 'instruction'],
    ]);
    expect((await forecast('Cairo', parameters, { at })).alerts).toEqual(alerts);
  });

  test('do not warn of hours that are over', async () => {
    // A day in Cairo that is hot from 08:00 to 18:00 UTC.
    const at = new Date('2026-08-01T12:30Z');
    const { alerts } = await forecast('Cairo', { alerts: 'yes' }, { at });
    expect(alerts?.alert).toMatchObject([{ event: 'Heat Warning', effective: '2026-08-01T15:00:00+03:00' }]);
  });
});

describe('astronomy', () => {
  const astronomy = (parameters: Parameters) => answer('astronomy', { q: 'Oslo', ...parameters });

  test('is the sun and the moon of the day that is asked for, or of today', async () => {
    const { location } = await current('Oslo', now);
    for (const [dt, parameters] of [
      ['2026-11-20', { dt: '2026-11-20' }] as const,
      ['2026-11-26', {}] as const,
    ]) {
      const { astro } = await day('Oslo', dt);
      expect(astro.sunrise).toMatch(/^\d\d:\d\d AM$/);
      expect(await astronomy(parameters)).toEqual({ location, astronomy: { astro } });
    }
  });

  test('is refused for what is not a day', async () => {
    expect(codeOf(await ask('astronomy', { key, q: 'Oslo', dt: '2026-11-31' }))).toEqual([400, 1005]);
  });
});

describe.each(['current', 'forecast', 'history', 'astronomy'])('%s.json', (endpoint) => {
  const dt = '2026-11-20';

  test('is refused without a key, with a wrong one, without a place and for one that cannot be', async () => {
    const code = async (parameters: Parameters) => codeOf(await ask(endpoint, { dt, ...parameters }));
    expect(await code({ q: 'Oslo' })).toEqual([401, 1002]);
    expect(await code({ key: 'another', q: 'Oslo' })).toEqual([401, 2006]);
    expect(await code({ key })).toEqual([400, 1003]);
    expect(await code({ key, q: '91,0' })).toEqual([400, 1006]);
  });

  test('fails for the places that fail, as often as they say', async () => {
    const status = async () => codeOf(await ask(endpoint, { key, dt, q: `fail:2008x1` }, { server }));
    const server = await start();
    expect([await status(), await status()]).toEqual([
      [403, 2008],
      [200, undefined],
    ]);
  });

  test('says so when the calls of the month are spent, and answers again in the next', async () => {
    const server = await start({ calls: 2 });
    const call = async (q: string, at = now) => codeOf(await ask(endpoint, { key, dt, q }, { server, at }));
    expect(codeOf(await ask(endpoint, { key: 'another', dt, q: 'Oslo' }, { server }))).toEqual([401, 2006]);
    expect([await call('Oslo'), await call('91,0'), await call('Oslo')]).toEqual([
      [200, undefined],
      [400, 1006],
      [403, 2007],
    ]);
    expect(await call('Oslo', new Date('2026-12-01T00:00Z'))).toEqual([200, undefined]);
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { chartSeries, withGaps } from '../../operations/chart/chart.ts';
import { chartColumns } from '../../operations/chart/chart-columns.ts';
import { buckets, mostPlaces } from '../../operations/chart/chart-query.ts';
import { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';
import { weatherapiForecast } from '../../shared/datasets/weatherapi-forecast.ts';
import { weatherapiHistory } from '../../shared/datasets/weatherapi-history.ts';
import { placeDayKey, rawKey } from '../../shared/keys.ts';
import { current, hours, type Lake, startLake } from './lake.ts';

const hour = 3_600_000;

describe('the chart', () => {
  let lake: Lake;
  beforeAll(async () => {
    lake = await startLake();
  });
  afterEach(() => lake.empty());
  afterAll(() => lake.stop());

  const at = (text: string) => Date.parse(`2026-11-${text}:00Z`);
  const seriesOf = async (column = 'temp_c', from = at('20T00:00'), to = at('24T00:00')) => {
    const options = { stateDir: lake.state, signal: lake.live.signal };
    return chartSeries(column, { from: new Date(from), to: new Date(to) }, options);
  };
  const linesOf = async (...args: Parameters<typeof seriesOf>) =>
    Object.fromEntries(
      (await seriesOf(...args)).series.map(({ place, kind, points }) => [`${place} ${kind}`, points]),
    );
  const observe = (when: string, ...answers: string[]) =>
    lake.land(rawKey(weatherapiCurrent, new Date(at(when))), answers.join('\n'));
  const forecast = (made: string, from: string, temperatures: number[]) =>
    lake.land(
      rawKey(weatherapiForecast, new Date(at(made))),
      hours('Oslo', new Date(at(made)), new Date(at(from)), temperatures),
    );

  test('can draw every numeric column of the hours, with its meaning and its unit, and nothing that stays the same', () => {
    const byName = new Map(chartColumns.map(({ column, ...more }) => [column, more]));
    expect(byName.get('temp_c')).toEqual({ meaning: 'Air temperature.', unit: '°C' });
    expect(byName.get('uv')).toEqual({ meaning: 'UV index.', unit: null });
    expect(byName.get('snow_cm')).toEqual({ meaning: 'Snowfall.', unit: 'cm' });
    for (const column of ['location_lat', 'location_localtime_epoch', 'condition_text', 'maxtemp_c'])
      expect(byName.has(column)).toBe(false);
    expect(byName.size).toBe(chartColumns.length);
  });

  test('takes the hours from history where current has none', async () => {
    await observe('21T01:00', current('Oslo', new Date(at('21T00:45')), 5));
    await observe('21T02:00', current('Oslo', new Date(at('21T02:00')), null));
    await lake.land(
      placeDayKey(weatherapiHistory, '2026-11-21', 'Oslo'),
      hours('Oslo', '2026-11-22', '2026-11-21T00:00Z', [50, 51, 52]),
    );
    expect(await linesOf()).toEqual({
      'Oslo observed': [
        [at('21T00:45'), 5],
        [at('21T01:00'), 51],
        [at('21T02:00'), 52],
      ],
    });
  });

  test('says of each hour what the newest forecast made before it said, and of the future what the newest says', async () => {
    await forecast('21T00:00', '21T00:00', [10, 11, 12, 13]);
    await forecast('21T02:00', '21T00:00', [20, 21, 22, 23, 24]);
    expect(await linesOf()).toEqual({
      'Oslo forecast': [10, 11, 22, 23, 24].map((value, index) => [at('21T00:00') + index * hour, value]),
    });
  });

  test('has a gap where runs are missing, and none where observations are only a little late', async () => {
    for (const when of ['21T00:00', '21T01:00', '21T02:15', '21T03:00', '21T07:00', '21T08:00'])
      await observe(when, current('Oslo', new Date(at(when))));
    const [line = []] = Object.values(await linesOf());
    expect(line.map(([time, value]) => [new Date(time).toISOString().slice(11, 16), value])).toEqual([
      ['00:00', 1],
      ['01:00', 1],
      ['02:15', 1],
      ['03:00', 1],
      ['05:00', null],
      ['07:00', 1],
      ['08:00', 1],
    ]);
    expect(withGaps([[0, 1]])).toEqual([[0, 1]]);
    expect(withGaps([])).toEqual([]);
  });

  test('keeps the highest and the lowest value of a line that is too long for a screen', async () => {
    const days = ['18', '19', '20', '21'];
    for (const day of days) {
      const temperatures = Array.from({ length: 24 }, (_, index) =>
        day === '20' && index === 13 ? 99 : index % 7,
      );
      await lake.land(
        placeDayKey(weatherapiHistory, `2026-11-${day}`, 'Oslo'),
        hours('Oslo', '2026-11-22', `2026-11-${day}T00:00Z`, temperatures),
      );
    }
    const {
      series: [long],
    } = await seriesOf('temp_c', at('18T00:00') - 9000 * hour, at('22T00:00'));
    expect(long?.points.length).toBeLessThan(24);
    expect(long?.points.length).toBeGreaterThan(4);
    expect(long?.points).toContainEqual([at('20T13:00'), 99]);
    expect(long?.points.map(([, value]) => value)).toContain(0);
    expect(long?.points.map(([time]) => time)).toEqual(
      [...(long?.points ?? [])].map(([time]) => time).sort((a, b) => a - b),
    );
    const {
      series: [short],
    } = await seriesOf('temp_c', at('18T00:00'), at('22T00:00'));
    expect(short?.points).toHaveLength(96);
    expect(buckets).toBeGreaterThan(96 / 2);
  });

  test('tells places of one name apart', async () => {
    const other = JSON.parse(current('Oslo', new Date(at('21T00:00')), 30));
    const american = { ...other, location: { ...other.location, country: 'USA', lat: 47 } };
    await observe('21T00:00', current('Oslo', new Date(at('21T00:00'))), JSON.stringify(american));
    expect(await linesOf()).toEqual({
      'Oslo, Norway observed': [[at('21T00:00'), 1]],
      'Oslo, USA observed': [[at('21T00:00'), 30]],
    });
  });

  test('shows the places with the most values, and says how many there are', async () => {
    const observeAll = (when: string, places: readonly string[]) =>
      observe(when, ...places.map((place) => current(place, new Date(at(when)))));
    const many = Array.from({ length: 30 }, (_, index) => `Place ${index + 10}`);
    await observeAll('21T00:00', many);
    await observeAll('21T01:00', many.slice(-mostPlaces));
    const { places, series } = await seriesOf();
    expect(places).toBe(30);
    expect(series.map(({ place }) => place)).toEqual(many.slice(-mostPlaces));
  });

  test('refuses what is no column, also when it is SQL', async () => {
    for (const column of ['nothing', 'condition_text', 'temp_c) FROM x; --'])
      await expect(seriesOf(column)).rejects.toThrow('column: expected a numeric column');
  });
});

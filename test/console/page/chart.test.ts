import { describe, expect, test } from '@jest/globals';
import type { Chart } from '../../../console/api.ts';
import { spread } from '../../../console/page/chart/labels.ts';
import { rankOf } from '../../../console/page/chart/place.ts';
import {
  dayTicks,
  endsOf,
  frameOf,
  linePath,
  nearestIndex,
  ticks,
} from '../../../console/page/chart/scale.ts';
import { alignedLines, readingsAt } from '../../../console/page/chart/series.ts';
import { spanQuery } from '../../../console/page/chart/span.ts';
import { columnLabel, measureOf, readingText, valueText } from '../../../console/page/chart/values.ts';

const hour = 3_600_000;
const nine = Date.parse('2026-11-22T09:00:00Z');

function series(
  place: string,
  values: readonly (readonly [number, number | null])[],
  kind: 'observed' | 'forecast' = 'observed',
): Chart['series'][number] {
  return { place, kind, points: values.map(([hours, value]) => [nine + hours * hour, value]) };
}

describe('lines', () => {
  test('share their times, and keep their own points', () => {
    const { times, lines } = alignedLines({
      series: [
        series('Oslo', [
          [0, 1],
          [1, 2],
        ]),
        series('Lagos', [[0.5, 30]]),
      ],
    });
    expect(times).toEqual([nine, nine + hour / 2, nine + hour]);
    expect(lines.map(({ values }) => values)).toEqual([
      [1, undefined, 2],
      [undefined, 30, undefined],
    ]);
  });

  test('have the colours of their places, which keep them when others come', () => {
    const ranksOf = (...places: string[]) =>
      alignedLines({ series: places.map((place) => series(place, [])) }).lines.map(({ rank }) => rank);
    const [york = 0, accra = 0, again] = ranksOf('York', 'Accra', 'York');
    expect(york).toBe(accra + 1);
    expect(again).toBe(york);
    expect(ranksOf('Aachen', 'Accra', 'York').slice(1)).toEqual([accra, york]);
  });

  test('break where a value is missing, and where nothing was observed for hours', () => {
    const aligned = alignedLines({
      series: [
        series('Oslo', [
          [0, 1],
          [1, null],
          [2, 3],
          [8, 4],
        ]),
      ],
    });
    const path = linePath(aligned.times, aligned.lines[0] ?? never(), {
      x: (time) => (time - nine) / hour,
      y: (v) => v,
    });
    expect(path).toBe('M0.0 1.0M2.0 3.0M8.0 4.0');
  });

  test('go on where only another place has a point', () => {
    const { times, lines } = alignedLines({
      series: [
        series('Oslo', [
          [0, 1],
          [1, 2],
        ]),
        series('Lagos', [[0.5, 30]]),
      ],
    });
    const path = linePath(times, lines[0] ?? never(), { x: (time) => (time - nine) / hour, y: (v) => v });
    expect(path).toBe('M0.0 1.0L1.0 2.0');
  });
});

test('a reading has the values of all places around a time, the highest first', () => {
  const aligned = alignedLines({
    series: [
      series('Oslo', [[0, 1]]),
      series('Lagos', [[0.25, 30]]),
      series('Lagos', [[0, 29]], 'forecast'),
      series('Bergen', [[3, 5]]),
    ],
  });
  expect(readingsAt(aligned, 0)).toEqual([
    { place: 'Lagos', rank: rankOf('Lagos'), observed: 30, forecast: 29 },
    { place: 'Oslo', rank: rankOf('Oslo'), observed: 1, forecast: null },
    { place: 'Bergen', rank: rankOf('Bergen'), observed: null, forecast: null },
  ]);
});

test.each([
  [-2.5, 33, 8],
  [0, 0, 5],
  [0.1, 0.3, 4],
  [998.2, 1031, 7],
  [-40, -39.9, 3],
])('ticks from %d to %d are round and go around the values', (low, high, most) => {
  const found = ticks(low, high, most);
  expect(found[0]).toBeLessThanOrEqual(low);
  expect(found.at(-1)).toBeGreaterThanOrEqual(high);
  expect(found.length).toBeGreaterThan(1);
  expect(found.length).toBeLessThanOrEqual(most + 2);
  for (const tick of found) expect(String(tick).length).toBeLessThan(7);
});

test('days are named at midnight in UTC, as many as there is room for', () => {
  const from = Date.parse('2026-11-28T10:00:00Z');
  const to = Date.parse('2026-12-03T10:00:00Z');
  expect(dayTicks(from, to, 9).map(({ text }) => text)).toEqual(['29 Nov', '30', '1 Dec', '2', '3']);
  expect(dayTicks(from, to, 3).map(({ text }) => text)).toEqual(['29 Nov', '1 Dec', '3']);
});

test('a frame leads from a time to a pixel and back', () => {
  const frame = frameOf(
    alignedLines({
      series: [
        series('Oslo', [
          [0, 1],
          [10, 9],
        ]),
      ],
    }),
    400,
    200,
  );
  expect(frame.time(frame.x(nine + 3 * hour))).toBeCloseTo(nine + 3 * hour, -1);
  expect(frame.y(9)).toBeLessThan(frame.y(1));
  expect(nearestIndex([0, 10, 20], 14)).toBe(1);
  expect(nearestIndex([0, 10, 20], 99)).toBe(2);
  expect(nearestIndex([0, 10, 20], -5)).toBe(0);
});

test('a place is named where its observations end', () => {
  const aligned = alignedLines({
    series: [
      series('Oslo', [
        [0, 1],
        [1, 2],
        [2, null],
      ]),
      series(
        'Oslo',
        [
          [0, 5],
          [4, 7],
        ],
        'forecast',
      ),
    ],
  });
  expect(endsOf(aligned, { y: (value) => value })).toEqual([
    { place: 'Oslo', rank: rankOf('Oslo'), value: 2, y: 2 },
  ]);
});

describe('labels', () => {
  test('stay where they belong when they have room', () => {
    expect(spread([10, 90], 32, 200)).toEqual([10, 90]);
  });

  test('move apart, and stay within the height', () => {
    const placed = spread([100, 101, 99, 198], 32, 200).map((y) => y ?? never());
    const sorted = placed.toSorted((a, b) => a - b);
    for (const [index, y] of sorted.entries()) {
      if (index > 0) expect(y - (sorted[index - 1] ?? 0)).toBeGreaterThanOrEqual(32);
    }
    expect(sorted[0]).toBeGreaterThanOrEqual(0);
    expect(sorted.at(-1)).toBeLessThanOrEqual(200);
    expect((placed[2] ?? 0) < (placed[0] ?? 0)).toBe(true);
  });

  test('are left out when they do not find room', () => {
    expect(spread([0, 1, 2], 100, 100).filter((y) => y === undefined)).toHaveLength(1);
  });
});

test('a span asks for what was observed, in whole hours; one in the future for what is forecast', () => {
  expect(spanQuery('temp_c', nine - 3 * hour + 1000, nine, nine)).toBe(
    `SELECT observed_at, location_name, temp_c, raw_key
FROM weatherapi_current
WHERE observed_at BETWEEN TIMESTAMP '2026-11-22 06:00:00' AND TIMESTAMP '2026-11-22 09:00:00'
ORDER BY observed_at, location_name`,
  );
  expect(spanQuery('temp_c', nine + hour, nine + hour, nine)).toContain(
    "FROM weatherapi_forecast_hour\nWHERE forecast_for BETWEEN TIMESTAMP '2026-11-22 10:00:00' AND TIMESTAMP '2026-11-22 11:00:00'",
  );
});

test('values have their unit', () => {
  const measure = measureOf({
    unit: '°C',
    series: [
      series('Oslo', [
        [0, 1.25],
        [1, 2.75],
        [2, null],
      ]),
    ],
  });
  expect(valueText(2, measure)).toBe('2.00 °C');
  expect(valueText(null, measure)).toBe('no value');
  const tenths = Array.from({ length: 20 }, (_, index) => [index, index / 10] as const);
  const withMean = measureOf({ unit: null, series: [series('Oslo', [...tenths, [20, 2 / 3]])] });
  expect(valueText(2 / 3, withMean)).toBe('0.7');
  expect(valueText(69, measureOf({ unit: '%', series: [series('Oslo', [[0, 70]])] }))).toBe('69 %');
  expect(columnLabel({ meaning: 'Air temperature.', unit: '°C' })).toBe('Air temperature, °C');
  expect(readingText({ place: 'Oslo', rank: 0, observed: null, forecast: 3 }, measure)).toBe(
    'Oslo 3.00 °C forecast',
  );
});

function never(): never {
  throw new Error('It should be there.');
}

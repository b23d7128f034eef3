import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { cellText, decimalsOf } from '../../../console/page/rows/cell.ts';
import { failureOf } from '../../../console/page/rows/failure.ts';
import { declaredPath, leavesOf } from '../../../console/page/rows/leaves.ts';
import { nextSort, sorted } from '../../../console/page/rows/sort.ts';
import { type NamedRow, piecesOf, tableNameOf } from '../../../console/page/rows/sources.ts';

const samples = new URL('../../samples/', import.meta.url);

describe('rows', () => {
  const rows = [
    ['b', 10],
    ['a', 9],
    [null, null],
    ['c', 100],
  ] as const;

  test('sort numbers as numbers and text as text, either way; nulls come last', () => {
    expect(sorted(rows, { column: 1, isDown: false }, true).map(([, number]) => number)).toEqual([
      9,
      10,
      100,
      null,
    ]);
    expect(sorted(rows, { column: 1, isDown: true }, true).map(([, number]) => number)).toEqual([
      100,
      10,
      9,
      null,
    ]);
    expect(sorted(rows, { column: 0, isDown: true }, false).map(([text]) => text)).toEqual([
      'c',
      'b',
      'a',
      null,
    ]);
  });

  test('come back to their own order at the third click', () => {
    const rising = nextSort(null, 1);
    const falling = nextSort(rising, 1);
    expect([rising?.isDown, falling?.isDown, nextSort(falling, 1)]).toEqual([false, true, null]);
    expect(nextSort(falling, 0)).toEqual({ column: 0, isDown: false });
    expect(sorted(rows, null, false)).toBe(rows);
  });
});

describe('a cell', () => {
  const column = { name: 'temp_c', unit: '°C', isNumeric: true };

  test('has as many decimals as the others of its column', () => {
    const decimals = decimalsOf(column, [[1], [2.25], [null]], 0);
    expect([1, 2.25, null].map((cell) => cellText(cell, decimals))).toEqual(['1.00', '2.25', 'null']);
    expect(decimalsOf(column, [[1 / 3]], 0)).toBeUndefined();
    expect(decimalsOf({ ...column, isNumeric: false }, [['1.5']], 0)).toBeUndefined();
  });

  test('is a time in UTC, to the minute where its seconds are none', () => {
    expect(cellText('2026-11-22T09:00:00.000Z', undefined)).toBe('2026-11-22 09:00');
    expect(cellText('2026-11-22T09:00:07.500Z', undefined)).toBe('2026-11-22 09:00:07');
  });
});

test('a failed query says what is wrong, and what to try', () => {
  const binder = `Binder Error: Referenced column "temp_x" not found in FROM clause!
Candidate bindings: "weatherapi_current.temp_c", "temp_f"

LINE 1: SELECT temp_x FROM weatherapi_current
               ^`;
  expect(failureOf(binder)).toEqual({
    what: 'There is no column temp_x.',
    fix: 'Did you mean temp_c or temp_f?',
  });
  const catalog =
    'Catalog Error: Table with name weatherapi_curent does not exist!\nThere are: weatherapi_current, weatherapi_alert.\n\nLINE 1: …';
  expect(failureOf(catalog)).toEqual({
    what: 'There is no table weatherapi_curent.',
    fix: 'There are: weatherapi_current, weatherapi_alert.',
  });
  expect(failureOf('Parser Error: syntax error at or near "FORM"\n\nLINE 1: …').what).toBe(
    'The query is not SQL from "FORM" on.',
  );
  expect(failureOf('Conversion Error: Could not convert "x"\nTry a cast.\n\nLINE 2: …\n  ^')).toEqual({
    what: 'Could not convert "x".',
    fix: 'Try a cast.',
  });
});

describe('the leaves of a JSON text', () => {
  test('stand where their text is, under their paths', () => {
    const text = '{"a": {"b": -1.5e3, "c\\"d": "x, {y"}, "e": [true, {"f": null}, []]}';
    const found = leavesOf(text).map((leaf) => [declaredPath(leaf), text.slice(leaf.from, leaf.to)]);
    expect(found).toEqual([
      ['a.b', '-1.5e3'],
      ['a.c"d', '"x, {y"'],
      ['e[]', 'true'],
      ['e[].f', 'null'],
    ]);
  });

  test('of a text that is cut short are those before the cut', () => {
    expect(leavesOf('{"a":1,"b":{"c":"tex').map(({ path }) => path)).toEqual([['a']]);
  });
});

describe('the sources of a row', () => {
  test('are the values that its columns were read from', async () => {
    const [line = ''] = (
      await readFile(new URL('current/a-run-of-three-places.ndjson', samples), 'utf8')
    ).split('\n');
    const row = current({ temp_c: 22.9, condition_text: 'Sunny', location_name: 'Marysville', is_day: 1 });
    const pieces = piecesOf(line, row);
    expect(pieces.map(({ text }) => text).join('')).toBe(line);
    expect(sourcesOf(pieces)).toEqual({
      location_name: '"Marysville"',
      observed_at: '1795323600',
      temp_c: '22.9',
      is_day: '1',
      condition_text: '"Sunny"',
    });
    expect(tableNameOf(row)).toBe('weatherapi_current');
  });

  test('in a forecast are those of its own hour', () => {
    const hourOf = (time: number, temp: number) => `{"time_epoch":${time},"temp_c":${temp}}`;
    const line = `{"location":{"name":"Oslo"},"forecast":{"forecastday":[{"hour":[${hourOf(3600, 1)},${hourOf(7200, 2)}]},{"hour":[${hourOf(90_000, 3)}]}]}}`;
    const row = {
      raw_key: 'weatherapi/forecast/dt=1970-01-01/x.json',
      location_name: 'Oslo',
      forecast_for: '1970-01-01T02:00:00.000Z',
      temp_c: 2,
    };
    expect(sourcesOf(piecesOf(line, row))).toEqual({
      location_name: '"Oslo"',
      forecast_for: '7200',
      temp_c: '2',
    });
  });

  test('of what was rescued are found by the names in it', () => {
    const line = '{"current":{"temp_c":1,"snow_cm":1.4}}';
    expect(sourcesOf(piecesOf(line, current({ temp_c: 1, rescued: '{"current.snow_cm":1.4}' })))).toEqual({
      temp_c: '1',
      rescued: '1.4',
    });
  });

  test('are none when the raw object belongs to no dataset', () => {
    expect(piecesOf('{"a":1}', { raw_key: 'elsewhere/x.json' })).toEqual([{ text: '{"a":1}', columns: [] }]);
  });
});

function current(row: NamedRow): NamedRow {
  const raw_key = 'weatherapi/current/dt=2026-11-22/20261122T050000Z.json';
  return { observed_at: '2026-11-22T05:00:00.000Z', raw_key, rescued: null, ...row };
}

function sourcesOf(pieces: ReturnType<typeof piecesOf>): Record<string, string> {
  return Object.fromEntries(pieces.flatMap(({ text, columns }) => columns.map((column) => [column, text])));
}

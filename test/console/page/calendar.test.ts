import { describe, expect, test } from '@jest/globals';
import type { CalendarCell } from '../../../console/api.ts';
import { cellStates } from '../../../console/api.ts';
import { hoursLayout, moved, spotAt, yearLayout } from '../../../console/page/calendar/layout.ts';
import { rowsQuery, saidOf, untilFor } from '../../../console/page/calendar/said.ts';
import { shadesOf } from '../../../console/page/calendar/shade.ts';
import { cellShapes, shapesOf } from '../../../console/page/calendar/shapes.ts';

const hour = 3_600_000;

function cell(at: string | number, change: Partial<CalendarCell> = {}): CalendarCell {
  const date = new Date(at).toISOString();
  return { at: date, state: 'compacted', reason: null, rows: 3, rawKey: null, action: null, ...change };
}

function cells(from: string, count: number, every: number): CalendarCell[] {
  return Array.from({ length: count }, (_, index) => cell(Date.parse(from) + index * every));
}

describe('the hours', () => {
  const layout = hoursLayout(cells('2026-11-20T00:00:00Z', 3 * 24, hour), 400);

  test('stand in a column per day and a row per hour', () => {
    const spot = layout.spots.find(({ cell: { at } }) => at === '2026-11-21T07:00:00.000Z');
    expect(spot).toMatchObject({ column: 1, row: 7 });
  });

  test('do not overlap, and stay within the picture', () => {
    const corners = new Set(layout.spots.map(({ x, y }) => `${x} ${y}`));
    expect(corners.size).toBe(layout.spots.length);
    for (const { x, y, width, height } of layout.spots) {
      expect(x + width).toBeLessThanOrEqual(layout.width);
      expect(y + height).toBeLessThanOrEqual(layout.height);
    }
  });

  test('leave out the oldest days where there is no room for them', () => {
    const { spots, width } = hoursLayout(cells('2026-09-01T00:00:00Z', 60 * 24, hour), 300);
    expect(width).toBeLessThanOrEqual(300);
    expect(spots.at(-1)?.cell.at).toBe('2026-10-30T23:00:00.000Z');
    expect(spots.length).toBeLessThan(60 * 24);
  });

  test('may be none', () => {
    expect(hoursLayout([], 400).spots).toEqual([]);
  });
});

describe('the days of a year', () => {
  const year = cells('2025-11-27T00:00:00Z', 365, 24 * hour);

  test('stand in a column per week, Monday first', () => {
    const { spots } = yearLayout(year, 900);
    expect(spots.find(({ cell: { at } }) => at.startsWith('2026-11-23'))).toMatchObject({ row: 0 });
    expect(spots.find(({ cell: { at } }) => at.startsWith('2026-11-22'))).toMatchObject({ row: 6 });
  });

  test.each([300, 420, 900])('do not overlap in %i pixels', (room) => {
    const { spots, width } = yearLayout(year, room);
    expect(new Set(spots.map(({ x, y }) => `${x} ${y}`)).size).toBe(365);
    expect(width).toBeLessThanOrEqual(room);
  });

  test('may be none', () => {
    expect(yearLayout([], 400).spots).toEqual([]);
  });
});

describe('a cell', () => {
  const layout = hoursLayout(cells('2026-11-20T00:00:00Z', 3 * 24, hour), 400);

  test('is found under the pointer, with the gap that belongs to it', () => {
    for (const [index, { x, y, width, height }] of layout.spots.entries()) {
      expect(spotAt(layout, x, y)).toBe(index);
      expect(spotAt(layout, x + width + 1, y + height + 1)).toBe(index);
    }
    expect(spotAt(layout, 2, 2)).toBeUndefined();
  });

  test('leads to its neighbours by the arrow keys, and no further than the ends', () => {
    expect(moved(layout, 30, 'ArrowDown')).toBe(31);
    expect(moved(layout, 30, 'ArrowLeft')).toBe(6);
    expect(moved(layout, 30, 'ArrowRight')).toBe(54);
    expect(moved(layout, 54, 'ArrowRight')).toBe(54);
    expect(moved(layout, 0, 'ArrowUp')).toBe(0);
    expect(moved(layout, 30, 'End')).toBe(71);
    expect(moved(layout, 30, 'a')).toBeUndefined();
  });

  test('has a form of its own in each state', () => {
    const box = { x: 0, y: 0, width: 8, height: 8 };
    // Converted is an outline that is filled, missing one that is not.
    const forms = cellStates.map((state) =>
      cellShapes(state, box)
        .map(({ path }) => path)
        .join(' '),
    );
    expect(new Set(forms).size).toBe(cellStates.length - 1);
  });

  test('is said in words, with its reason', () => {
    expect(saidOf(cell(0, { state: 'missing', reason: 'The run did not come.' }))).toBe(
      'Missing. The run did not come.',
    );
    expect(saidOf(cell(0))).toBe('Compacted.');
  });

  test('has its rows asked for by its raw key, and a day by its date', () => {
    const at = '2026-11-21T05:00:00Z';
    expect(rowsQuery('weatherapi/current', cell(at, { rawKey: "a'b.json" }))).toContain(
      "raw_key = 'a''b.json'",
    );
    expect(rowsQuery('weatherapi/current', cell(at))).toBe(
      "SELECT *\nFROM weatherapi_current\nWHERE dt = DATE '2026-11-21'",
    );
    expect(rowsQuery('weatherapi/current', cell(at, { rows: null }))).toBeUndefined();
  });

  test('of a year is shown among the days after it, but not after today', () => {
    expect(untilFor('2026-06-01T00:00:00Z', new Date('2026-11-22T09:00:00Z'))).toBe('2026-06-08');
    expect(untilFor('2026-11-20T00:00:00Z', new Date('2026-11-22T09:00:00Z'))).toBe('2026-11-22');
  });
});

test('cells are shaded by their number of rows, against what is usual in their state', () => {
  const rows = [3, 3, 3, 2, 1, 170].map((count) => cell(0, { rows: count }));
  const others = [cell(0, { state: 'converted', rows: 1 }), cell(0, { state: 'missing', rows: null })];
  expect(shadesOf([...rows, ...others])).toEqual([3, 3, 3, 2, 1, 4, 3, 3]);
});

test('a year of hours is drawn with a few paths', () => {
  const year = cells('2025-11-27T00:00:00Z', 365 * 24, hour).map((one, index) => ({
    ...one,
    state: cellStates[index % cellStates.length] ?? 'none',
    rows: index % 7,
  }));
  const shapes = shapesOf(hoursLayout(year, 4000));
  expect(shapes.length).toBeLessThanOrEqual(cellStates.length * 4 + 2);
  expect(shapes.map(({ look }) => look)).toContain('cross');
});

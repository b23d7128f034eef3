import { type AlignedLines, type Line, lastOf } from './series.ts';

const hour = 3_600_000;
const day = 24 * hour;
/** Around the lines: the numbers to their left, the names of the places to their right, the days below. */
const margin = { left: 44, right: 96, top: 8, bottom: 22 };

/** Where things are drawn. */
export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly x: (time: number) => number;
  readonly y: (value: number) => number;
  readonly time: (x: number) => number;
  readonly values: readonly number[];
  readonly days: readonly { readonly time: number; readonly text: string }[];
}

export function frameOf({ times, lines }: AlignedLines, width: number, height: number): Frame {
  const [left, right, top, bottom] = [margin.left, width - margin.right, margin.top, height - margin.bottom];
  const from = times[0] ?? 0;
  const to = Math.max(from + hour, times.at(-1) ?? 0);
  const numbers = lines.flatMap(({ values }) => values.filter((value) => typeof value === 'number'));
  const low = numbers.reduce((least, value) => Math.min(least, value), numbers[0] ?? 0);
  const high = numbers.reduce((most, value) => Math.max(most, value), low);
  const values = ticks(low, high, Math.max(2, Math.floor((bottom - top) / 28)));
  const [lowest = 0, highest = 1] = [values[0], values.at(-1)];
  return {
    left,
    right,
    top,
    bottom,
    x: (time) => left + ((time - from) / (to - from)) * (right - left),
    y: (value) => bottom - ((value - lowest) / (highest - lowest)) * (bottom - top),
    time: (x) => from + ((x - left) / (right - left)) * (to - from),
    values,
    days: dayTicks(from, to, Math.max(1, Math.floor((right - left) / 48))),
  };
}

/** Round numbers from below the least value to above the greatest. */
export function ticks(low: number, high: number, most: number): readonly number[] {
  const span = high - low || Math.abs(high) || 1;
  const rough = span / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((times) => times * power >= rough) ?? 10);
  const first = Math.floor(low / step);
  const last = Math.max(first + 1, Math.ceil(high / step));
  // Rounded: 3 * 0.1 is not 0.3.
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}

/** Midnights in UTC: every day, or every other one and so on where there is no room. The first is named with its month. */
export function dayTicks(from: number, to: number, most: number): Frame['days'] {
  const first = Math.ceil(from / day);
  const count = Math.max(0, Math.floor(to / day) - first + 1);
  const step = Math.max(1, Math.ceil(count / most));
  return Array.from({ length: Math.ceil(count / step) }, (_, index) => {
    const time = (first + index * step) * day;
    const date = new Date(time);
    const month = date.toLocaleDateString('en-GB', { month: 'short', timeZone: 'UTC' });
    const named = index === 0 || date.getUTCDate() <= step;
    return { time, text: named ? `${date.getUTCDate()} ${month}` : `${date.getUTCDate()}` };
  });
}

/** The line as a path. A null breaks it; where only another line has a point, it goes on. */
export function linePath(
  times: readonly number[],
  { values }: Line,
  { x, y }: Pick<Frame, 'x' | 'y'>,
): string {
  let path = '';
  let pen = 'M';
  for (const [index, value] of values.entries()) {
    if (value === null) pen = 'M';
    else if (value !== undefined) {
      path += `${pen}${x(times[index] ?? 0).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = 'L';
    }
  }
  return path;
}

/** A place, with its latest value and where its line ends. */
export interface End {
  readonly place: string;
  readonly rank: number;
  readonly value: number;
  readonly y: number;
}

/** Where its observations end; without any, where its forecast does. */
export function endsOf({ lines }: AlignedLines, { y }: Pick<Frame, 'y'>): readonly End[] {
  const byPlace = Map.groupBy(lines, ({ place }) => place);
  return [...byPlace].flatMap(([place, own]) => {
    const [observed] = own.filter(({ kind }) => kind === 'observed').flatMap((line) => lastOf(line) ?? []);
    const value = observed ?? own.flatMap((line) => lastOf(line) ?? [])[0];
    return value === undefined ? [] : [{ place, rank: own[0]?.rank ?? 0, value, y: y(value) }];
  });
}

/** The index of the time that is nearest. */
export function nearestIndex(times: readonly number[], time: number): number {
  const after = times.findIndex((one) => one >= time);
  if (after <= 0) return after < 0 ? times.length - 1 : 0;
  return time - (times[after - 1] ?? 0) < (times[after] ?? 0) - time ? after - 1 : after;
}

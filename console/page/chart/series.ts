import type { Chart } from '../../api.ts';
import { rankOf } from './place.ts';

/** Lines over the same instants. */
export interface AlignedLines {
  /** Milliseconds since 1970, rising. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
}

export interface Line {
  readonly place: string;
  /** Of the place: what its colour is chosen by. */
  readonly rank: number;
  readonly kind: 'observed' | 'forecast';
  /** Null is a gap; undefined, where this line has no point but another has one, is not. */
  readonly values: readonly (number | null | undefined)[];
}

/** Longer than this without a point, and a line has a gap: no line is drawn over what nobody observed. */
const hour = 3_600_000;
const longest = { observed: 2 * hour, forecast: 7 * hour };

export function alignedLines({ series }: Pick<Chart, 'series'>): AlignedLines {
  // Those that come together get their ranks in the order of their names.
  for (const place of series.map(({ place }) => place).sort()) rankOf(place);
  const lines = series.map((one) => ({ ...one, points: new Map(withGaps(one.points, longest[one.kind])) }));
  const times = [...new Set(lines.flatMap(({ points }) => [...points.keys()]))].sort((a, b) => a - b);
  return {
    times,
    lines: lines.map(({ place, kind, points }) => ({
      place,
      kind,
      rank: rankOf(place),
      values: times.map((time) => points.get(time)),
    })),
  };
}

function withGaps(
  points: Chart['series'][number]['points'],
  most: number,
): readonly (readonly [number, number | null])[] {
  return points.flatMap((point, index) => {
    const before = points[index - 1];
    return before && point[0] - before[0] > most ? [[before[0] + hour, null] as const, point] : [point];
  });
}

/** What each place had at an instant. */
export interface Reading {
  readonly place: string;
  readonly rank: number;
  readonly observed: number | null;
  readonly forecast: number | null;
}

/** The values at or around one of the times, highest first: places are not observed at the same minute. */
export function readingsAt({ times, lines }: AlignedLines, index: number): readonly Reading[] {
  const byPlace = Map.groupBy(lines, ({ place }) => place);
  return [...byPlace]
    .map(([place, own]) => {
      const of = (kind: Line['kind']) =>
        nearest(times, own.find((line) => line.kind === kind)?.values ?? [], index);
      return { place, rank: own[0]?.rank ?? 0, observed: of('observed'), forecast: of('forecast') };
    })
    .sort((a, b) => (b.observed ?? b.forecast ?? 0) - (a.observed ?? a.forecast ?? 0));
}

const reach = 30 * 60_000;

function nearest(times: readonly number[], values: Line['values'], index: number): number | null {
  const at = times[index] ?? 0;
  let best: { readonly away: number; readonly value: number | null } | undefined;
  for (const step of [-1, 1]) {
    for (let i = index; Math.abs((times[i] ?? Number.NaN) - at) <= reach; i += step) {
      const value = values[i];
      const away = Math.abs((times[i] ?? 0) - at);
      if (typeof value === 'number' && (!best || away < best.away)) best = { away, value };
    }
  }
  return best?.value ?? null;
}

/** The last value of a line that is not missing. */
export function lastOf({ values }: Line): number | undefined {
  return values.findLast((value) => typeof value === 'number');
}

import type { Json } from '@duckdb/node-api';
import { type LocalQueryOptions, queryLocally } from '../query/query-local.ts';
import { chartColumns } from './chart-columns.ts';
import { bucketOf, chartQuery, type Span } from './chart-query.ts';

/** Milliseconds since 1970, and the value; null where one is missing: the line has a gap. */
export type Point = readonly [at: number, value: number | null];

export interface Series {
  readonly place: string;
  readonly kind: 'observed' | 'forecast';
  readonly points: readonly Point[];
}

export interface ChartLines {
  /** That have values, whether they are shown or not. */
  readonly places: number;
  readonly series: readonly Series[];
}

const hour = 3_600_000;

/**
 * The values of a column over time: for each place what was observed, and what was forecast; no more places
 * and points than a chart can show.
 * @throws {Error} when no table has such a column over time
 */
export async function chartSeries(
  column: string,
  span: Span,
  options: LocalQueryOptions,
): Promise<ChartLines> {
  if (!chartColumns.some((each) => each.column === column))
    throw new Error(`column: expected a numeric column such as temp_c, got "${column}"`);
  const { rows } = await queryLocally(chartQuery(column, span), options);
  const lines = new Map<string, Line>();
  let places = 0;
  for await (const [name, country, lat, lon, kind, at, value, all] of rows) {
    places = Number(all);
    const id = JSON.stringify([kind, name, country, lat, lon]);
    const line = lines.get(id) ?? { name: text(name), country: text(country), lat, lon, kind, points: [] };
    lines.set(id, line);
    line.points.push([Number(at), value === null ? null : Number(value)]);
  }
  const byName = Map.groupBy(lines.values(), ({ name }) => name);
  const series = [...lines.values()].map(
    (line): Series => ({
      place: labelOf(line, byName.get(line.name) ?? []),
      kind: line.kind === 'forecast' ? 'forecast' : 'observed',
      points: withGaps(line.points, bucketOf(span)),
    }),
  );
  return { places, series };
}

interface Line {
  readonly name: string;
  readonly country: string;
  readonly lat: Json | undefined;
  readonly lon: Json | undefined;
  readonly kind: Json | undefined;
  readonly points: Point[];
}

/** The name, with as much more as tells places of one name apart. */
function labelOf({ name, country, lat, lon }: Line, namesakes: readonly Line[]): string {
  if (namesakes.every((each) => each.lat === lat && each.lon === lon)) return name;
  const inCountry = namesakes.filter((each) => each.country === country);
  if (inCountry.every((each) => each.lat === lat && each.lon === lon)) return `${name}, ${country}`;
  return `${name} (${lat}, ${lon})`;
}

/**
 * Adds a null where points are missing: where two are further apart than they mostly are.
 * @param bucket milliseconds of a thinned line's buckets, whose points may stand at either end
 */
export function withGaps(points: readonly Point[], bucket = 0): Point[] {
  const steps = points.slice(1).map(([at], index) => at - (points[index]?.[0] ?? at));
  const usual = Math.max(hour, [...steps].sort((a, b) => a - b)[steps.length >> 1] ?? hour);
  const most = Math.max(1.75 * usual, 2 * bucket);
  return points.flatMap((point, index) => {
    const step = steps[index] ?? 0;
    return step > most ? [point, [point[0] + Math.round(step / 2), null] as const] : [point];
  });
}

function text(value: Json | undefined): string {
  return value === null || value === undefined ? 'unknown place' : String(value);
}

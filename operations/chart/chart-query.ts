import { tableName } from '../../shared/dataset.ts';
import { dayOf } from '../../shared/keys.ts';
import { sqlText } from '../query/sql-text.ts';
import { hasColumn, sources } from './chart-columns.ts';

/** The instants, the last one not included. */
export interface Span {
  readonly from: Date;
  readonly to: Date;
}

/** Buckets of a line: each has its lowest and its highest value, so that a thinned line keeps its extremes. */
export const buckets = 500;

/** Places that a chart shows, at most: those with the most values, the newest first among equals. */
export const mostPlaces = 20;

const oneDay = 86_400_000;
/** Days before its hours in which a forecast is made, at most: days are files. */
const longestForecast = 14;

/**
 * One row per point: place, country, latitude, longitude, kind, milliseconds since 1970, value,
 * and how many places there are, shown or not. Observed is what current has,
 * and history for the hours that current lacks; forecast is, for each hour, what the newest forecast made before it says.
 * @param column declared, so that it is safe as it is
 */
export function chartQuery(column: string, { from, to }: Span): string {
  const instants = (time: string) =>
    `${time} >= ${timestamp(from)} AND ${time} < ${timestamp(to)} AND isfinite(${time})`;
  const rows = (source: keyof typeof sources, daysBefore: number, more = '') => {
    const { table, time } = sources[source];
    const value = hasColumn(source, column) ? column : 'NULL';
    // The days are files: those of the span, and what is around midnight.
    const days = `dt BETWEEN ${date(from, -daysBefore)} AND ${date(to, 1)}`;
    return `SELECT ${place}, ${time} AS instant, CAST(${value} AS DOUBLE) AS value${more}
    FROM ${tableName(table)} WHERE ${days} AND ${instants(time)}`;
  };
  const forecastFor = sources.forecast.time;
  return `WITH current AS (${rows('current', 1)}),
history AS (${rows('history', 1)}),
observed AS (
  SELECT * FROM current
  UNION ALL
  SELECT history.* FROM history
  LEFT JOIN (SELECT DISTINCT lat, lon, date_trunc('hour', instant) AS hour FROM current WHERE value IS NOT NULL) AS known
    ON known.lat IS NOT DISTINCT FROM history.lat AND known.lon IS NOT DISTINCT FROM history.lon AND known.hour = history.instant
  WHERE known.hour IS NULL
),
forecast AS (
  SELECT name, country, lat, lon, instant, max_by(value, made_at) AS value
  FROM (${rows('forecast', longestForecast, `, to_timestamp(location_localtime_epoch)::TIMESTAMP AS made_at`)}
    AND to_timestamp(location_localtime_epoch)::TIMESTAMP <= ${forecastFor})
  GROUP BY ALL
),
everything AS (
  SELECT 'observed' AS kind, name, country, lat, lon, instant, avg(value) AS value FROM observed GROUP BY ALL
  UNION ALL
  SELECT 'forecast', name, country, lat, lon, instant, value FROM forecast
),
shown AS (
  SELECT name, country, lat, lon, count(*) OVER () AS places FROM everything GROUP BY name, country, lat, lon
  ORDER BY count(value) DESC, max(instant) DESC, name, country, lat, lon LIMIT ${mostPlaces}
),
points AS (
  SELECT everything.*, places FROM everything JOIN shown
    ON everything.name IS NOT DISTINCT FROM shown.name AND everything.country IS NOT DISTINCT FROM shown.country
    AND everything.lat IS NOT DISTINCT FROM shown.lat AND everything.lon IS NOT DISTINCT FROM shown.lon
),
${thinned({ from, to })}
SELECT name, country, lat, lon, kind, epoch_ms(instant), value, places FROM thinned ORDER BY kind, name, country, lat, lon, instant`;
}

const place = 'location_name AS name, location_country AS country, location_lat AS lat, location_lon AS lon';

/** Milliseconds of a bucket; undefined when every hour has room. */
export function bucketOf({ from, to }: Span): number | undefined {
  const width = Math.ceil((to.getTime() - from.getTime()) / buckets);
  return width > 2 * 3_600_000 ? width : undefined;
}

function thinned(span: Span): string {
  const width = bucketOf(span);
  if (width === undefined) return 'thinned AS (FROM points)';
  return `bucketed AS (
  SELECT kind, name, country, lat, lon, places, epoch_ms(instant) // ${width} AS bucket,
    arg_min(instant, value) AS lowest_at, min(value) AS lowest, arg_max(instant, value) AS highest_at, max(value) AS highest
  FROM points WHERE value IS NOT NULL GROUP BY ALL
),
thinned AS (
  SELECT kind, name, country, lat, lon, places, lowest_at AS instant, lowest AS value FROM bucketed
  UNION
  SELECT kind, name, country, lat, lon, places, highest_at, highest FROM bucketed
)`;
}

function timestamp(instant: Date): string {
  return `TIMESTAMP ${sqlText(instant.toISOString().replace('Z', ''))}`;
}

function date(instant: Date, days: number): string {
  return `DATE ${sqlText(dayOf(new Date(instant.getTime() + days * oneDay)))}`;
}

import { tableName } from './dataset.ts';
import { datasets } from './datasets.ts';

/** A query in the Athena workgroup and behind `tdf query --named`. */
export interface NamedQuery {
  readonly name: string;
  readonly description: string;
  /**
   * For Trino (Athena engine 3) and DuckDB. The casts are there because Trino's `sequence` accepts no time zones. Functions
   * that DuckDB lacks are defined in operations/query/query-local.ts.
   */
  readonly sql: string;
}

export const namedQueries: readonly NamedQuery[] = [
  {
    name: 'Latest conditions per place',
    description: 'The newest observation of each place in the last two days.',
    sql: `SELECT location_name, location_country, observed_at, temp_c, condition_text, humidity, wind_kph, precip_mm
FROM (
  SELECT *, row_number() OVER (PARTITION BY location_lat, location_lon ORDER BY observed_at DESC) AS age
  FROM weatherapi_current
  WHERE dt >= current_date - INTERVAL '1' DAY
) AS observations
WHERE age = 1
ORDER BY location_name`,
  },
  {
    name: 'Daily minimum and maximum',
    description: 'Temperature per place and UTC day over the last 30 days.',
    sql: `SELECT dt, location_name, min(temp_c) AS min_temp_c, max(temp_c) AS max_temp_c, count(*) AS observations
FROM weatherapi_current
WHERE dt >= current_date - INTERVAL '30' DAY
GROUP BY dt, location_name
ORDER BY dt DESC, location_name`,
  },
  {
    name: 'Gaps per hour',
    description: 'Hours of the last seven days whose run has no row; tdf status shows the same.',
    sql: `SELECT expected.hour
FROM UNNEST(sequence(
  CAST(date_trunc('hour', current_timestamp AT TIME ZONE 'UTC') AS timestamp(3)) - INTERVAL '7' DAY,
  CAST(date_trunc('hour', current_timestamp AT TIME ZONE 'UTC') AS timestamp(3)) - INTERVAL '1' HOUR,
  INTERVAL '1' HOUR
)) AS expected (hour)
LEFT JOIN (
  SELECT DISTINCT TRY_CAST(
    substr(run, 2, 4) || '-' || substr(run, 6, 2) || '-' || substr(run, 8, 2) || ' ' || substr(run, 11, 2) || ':00:00'
  AS timestamp(3)) AS hour
  FROM (
    SELECT regexp_extract(raw_key, '/[0-9]{8}T[0-9]{6}Z[.]json$') AS run
    FROM weatherapi_current
    WHERE dt >= current_date - INTERVAL '8' DAY
  ) AS runs
) AS landed ON landed.hour = expected.hour
WHERE landed.hour IS NULL
ORDER BY expected.hour`,
  },
  {
    name: 'Daily extremes',
    description: 'The highest and lowest values of each local day of the last 30 days, by place.',
    sql: `SELECT local_date, location_name, location_country, mintemp_c, maxtemp_c, maxwind_kph, totalprecip_mm
FROM weatherapi_history_day
WHERE dt >= current_date - INTERVAL '30' DAY
ORDER BY local_date DESC, location_name`,
  },
  {
    name: 'Warmest and coldest place',
    description: 'The warmest and the coldest place on each local day of the last 30 days.',
    sql: `SELECT local_date, max_by(location_name, maxtemp_c) AS warmest_place, max(maxtemp_c) AS maxtemp_c,
  min_by(location_name, mintemp_c) AS coldest_place, min(mintemp_c) AS mintemp_c
FROM weatherapi_history_day
WHERE dt >= current_date - INTERVAL '30' DAY
GROUP BY local_date
ORDER BY local_date DESC`,
  },
  {
    name: 'Forecast against what came',
    description: 'How wrong the forecasts of the last 30 days were, by how many hours ahead they were made.',
    sql: `SELECT lead_hours, count(forecast_c - came_c) AS hours_compared,
  round(avg(forecast_c - came_c), 2) AS mean_error_c,
  round(avg(abs(forecast_c - came_c)), 2) AS mean_absolute_error_c,
  round(avg(abs(forecast_mm - came_mm)), 2) AS mean_absolute_error_mm
FROM (
  SELECT
    CAST(floor((to_unixtime(forecasts.forecast_for) - forecasts.location_localtime_epoch) / 21600) * 6 AS integer) AS lead_hours,
    forecasts.temp_c AS forecast_c, forecasts.precip_mm AS forecast_mm, came.temp_c AS came_c, came.precip_mm AS came_mm
  FROM weatherapi_forecast_hour AS forecasts
  JOIN (
    SELECT location_lat, location_lon, observed_at, avg(temp_c) AS temp_c, avg(precip_mm) AS precip_mm
    FROM weatherapi_history_hour
    WHERE dt >= current_date - INTERVAL '31' DAY
    GROUP BY location_lat, location_lon, observed_at
  ) AS came
  ON came.location_lat = forecasts.location_lat AND came.location_lon = forecasts.location_lon
    AND came.observed_at = forecasts.forecast_for
  WHERE forecasts.dt >= current_date - INTERVAL '30' DAY
) AS compared
WHERE lead_hours >= 0
GROUP BY lead_hours
ORDER BY lead_hours`,
  },
  {
    name: 'What was rescued',
    description: 'Values of the last seven days that no column holds, by table: what the provider changed.',
    sql: `SELECT table_name, field, count(*) AS times, min(dt) AS first_day, max(raw_key) AS latest_raw_key
FROM (
${datasets
  .flatMap(({ tables }) => tables.map(tableName))
  .map((name) => `  SELECT '${name}' AS table_name, dt, raw_key, rescued FROM ${name}`)
  .join('\n  UNION ALL\n')}
) AS kept
CROSS JOIN UNNEST(map_keys(CAST(json_parse(rescued) AS map(varchar, json)))) AS fields (field)
WHERE dt >= current_date - INTERVAL '7' DAY
GROUP BY table_name, field
ORDER BY times DESC, table_name, field`,
  },
];

/** Capitals do not matter. */
export function queryNamed(name: string): NamedQuery {
  const found = namedQueries.find((query) => query.name.toLowerCase() === name.trim().toLowerCase());
  if (found) return found;
  throw new Error(
    `There is no named query "${name}". Use one of these:\n${namedQueries.map((query) => `  ${query.name}`).join('\n')}`,
  );
}

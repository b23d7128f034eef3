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
    name: 'What was rescued',
    description: 'Values of the last seven days that no column holds: what the provider changed.',
    sql: `SELECT field, count(*) AS times, min(observed_at) AS first_seen, max_by(raw_key, observed_at) AS latest_raw_key
FROM weatherapi_current
CROSS JOIN UNNEST(map_keys(CAST(json_parse(rescued) AS map(varchar, json)))) AS fields (field)
WHERE dt >= current_date - INTERVAL '7' DAY
GROUP BY field
ORDER BY times DESC, field`,
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

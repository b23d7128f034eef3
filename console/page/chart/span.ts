const hour = 3_600_000;

/** The rows of a span of the chart in whole hours, as SQL: what came, or what is forecast when the span has not begun yet. */
export function spanQuery(column: string, from: number, to: number, now: number): string {
  const first = Math.round(from / hour) * hour;
  const last = Math.max(first + hour, Math.round(to / hour) * hour);
  const [table, at] =
    from > now ? ['weatherapi_forecast_hour', 'forecast_for'] : ['weatherapi_current', 'observed_at'];
  return `SELECT ${at}, location_name, ${column}, raw_key
FROM ${table}
WHERE ${at} BETWEEN ${timestamp(first)} AND ${timestamp(last)}
ORDER BY ${at}, location_name`;
}

function timestamp(time: number): string {
  return `TIMESTAMP '${new Date(time).toISOString().slice(0, 19).replace('T', ' ')}'`;
}

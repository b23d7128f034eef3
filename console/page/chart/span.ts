/** The rows of a span of the chart, as SQL: what came, or what is forecast when the span has not begun yet. */
export function spanQuery(column: string, from: number, to: number, now: number): string {
  const [table, at] =
    from > now ? ['weatherapi_forecast_hour', 'forecast_for'] : ['weatherapi_current', 'observed_at'];
  return `SELECT ${at}, location_name, ${column}, raw_key
FROM ${table}
WHERE ${at} BETWEEN ${timestamp(from)} AND ${timestamp(to)}
ORDER BY ${at}, location_name`;
}

function timestamp(time: number): string {
  return `TIMESTAMP '${new Date(time).toISOString().slice(0, 19).replace('T', ' ')}'`;
}

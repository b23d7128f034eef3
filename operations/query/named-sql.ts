import { type NamedQuery, namedQueries } from '../../shared/named-queries.ts';

/** What somebody wants to see first, and the queries of the stack. DuckDB takes all of them. */
export const namedSql: readonly NamedQuery[] = [
  {
    name: 'Newest rows',
    description: 'The newest hundred observations, with the raw object that each came from.',
    sql: `SELECT observed_at, location_name, temp_c, humidity, wind_kph, precip_mm, condition_text, rescued, raw_key
FROM weatherapi_current
ORDER BY observed_at DESC, location_name
LIMIT 100`,
  },
  ...namedQueries,
];

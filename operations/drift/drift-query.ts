import { type Dataset, type Table, tableName } from '../../shared/dataset.ts';
import type { Day } from '../../shared/keys.ts';
import type { Sql } from '../query/query-target.ts';
import { sqlText } from '../query/sql-text.ts';

/** What a JSON value is, by the smallest type that holds it; `number` is one beyond a double. */
export const kinds = [
  'int',
  'bigint',
  'double',
  'number',
  'date',
  'string',
  'boolean',
  'object',
  'array',
  'null',
] as const;
export type Kind = (typeof kinds)[number];

interface Days {
  /** Both included. */
  readonly from?: Day | undefined;
  readonly to?: Day | undefined;
}

/** One row per table and path, the most frequent first. Nobody reads ten thousand. */
export function driftQuery(datasets: readonly Dataset[], days: Days): Sql {
  return inBoth((engine) => {
    const counts = kinds.map((kind) => `count_if(kind = '${kind}') AS ${kind}_count`);
    return `SELECT table_name, path, count(*) AS value_count,
  count_if(path = place) + count(DISTINCT CASE WHEN path <> place THEN row_id END) AS row_count,
  min(raw_key) AS first_key, max(raw_key) AS last_key, min(substr(json, 1, 200)) AS example,
  ${counts.join(', ')}
FROM (SELECT *, ${kindOf} AS kind FROM (${values(datasets, days, engine)}) AS kept) AS found
GROUP BY table_name, path
ORDER BY value_count DESC, table_name, path
LIMIT 10000`;
  });
}

/** Keys of the raw objects that hold something rescued, or something at a path; in S3's order, each once. */
export function driftedKeysQuery(
  dataset: Dataset,
  {
    path,
    after,
    ...days
  }: Days & { readonly path?: string | undefined; readonly after?: string | undefined },
): Sql {
  return inBoth((engine) => {
    const found =
      path === undefined
        ? union(dataset.tables, (table) => `SELECT raw_key FROM ${rescuedIn(table, days)}`)
        : `SELECT raw_key FROM (${values([dataset], days, engine)}) AS kept WHERE path = ${sqlText(path)}`;
    const rest = after === undefined ? '' : `WHERE raw_key > ${sqlText(after)}\n`;
    return `SELECT DISTINCT raw_key FROM (${found}) AS drifted
${rest}ORDER BY raw_key`;
  });
}

/** One row per rescued value. `path` is its place without the numbers of elements, as in a field's path. */
function values(datasets: readonly Dataset[], days: Days, engine: keyof Sql): string {
  const tables = datasets.flatMap((dataset) => dataset.tables);
  const everyNumber = engine === 'duckdb' ? ", 'g'" : '';
  const path = `CASE WHEN strpos(place, '"') > 0 THEN place
    ELSE regexp_replace(place, '\\[[0-9]+\\]', '[]'${everyNumber}) END`;
  return `SELECT *, ${path} AS path FROM (${union(tables, (table) => entries[engine](table, days))}) AS entered`;
}

/** The engines unpack a JSON object differently. */
const entries: Readonly<Record<keyof Sql, (table: Table, days: Days) => string>> = {
  athena: (table, days) => `SELECT '${tableName(table)}' AS table_name, raw_key, row_id, place,
    coalesce(json_format(value), 'null') AS json
  FROM (SELECT raw_key, uuid() AS row_id, rescued FROM ${rescuedIn(table, days)}) AS kept
  CROSS JOIN UNNEST(CAST(json_parse(rescued) AS map(varchar, json))) AS entries (place, value)`,
  // A join would copy the whole text beside each of its members.
  duckdb: (table, days) => `SELECT '${tableName(table)}' AS table_name, raw_key, row_id, entry.key AS place,
    coalesce(CAST(entry.value AS varchar), 'null') AS json
  FROM (
    SELECT raw_key, row_id, unnest(map_entries(CAST(CAST(rescued AS json) AS map(varchar, json)))) AS entry
    FROM (SELECT raw_key, row_number() OVER () AS row_id, rescued FROM ${rescuedIn(table, days)}) AS kept
  ) AS entries`,
};

/** By the rules of functions/rows/cell.ts. Athena turns 1e400 into a text. */
const kindOf = `CASE
    WHEN json = 'null' THEN 'null'
    WHEN json IN ('true', 'false') THEN 'boolean'
    WHEN json LIKE '{%' THEN 'object'
    WHEN json LIKE '[%' THEN 'array'
    WHEN regexp_extract(json, '^"[0-9]{4}-[0-9]{2}-[0-9]{2}"$') = json
      AND TRY_CAST(substr(json, 2, 10) AS date) >= DATE '0001-01-01' THEN 'date'
    WHEN json IN ('"Infinity"', '"-Infinity"') THEN 'number'
    WHEN json LIKE '"%' THEN 'string'
    WHEN regexp_extract(json, '^-?[0-9]{1,19}([.]0+)?$') = json
      AND TRY_CAST(regexp_extract(json, '^-?[0-9]+') AS bigint) BETWEEN -2147483648 AND 2147483647 THEN 'int'
    WHEN regexp_extract(json, '^-?[0-9]{1,19}([.]0+)?$') = json
      AND TRY_CAST(regexp_extract(json, '^-?[0-9]+') AS bigint) IS NOT NULL THEN 'bigint'
    WHEN abs(TRY_CAST(json AS double)) <= 1.7976931348623157E308 THEN 'double'
    ELSE 'number'
  END`;

function rescuedIn(table: Table, { from, to }: Days): string {
  const days = [from && `dt >= DATE '${from}'`, to && `dt <= DATE '${to}'`].filter(Boolean);
  return `${tableName(table)} WHERE ${['rescued IS NOT NULL', ...days].join(' AND ')}`;
}

function union(tables: readonly Table[], select: (table: Table) => string): string {
  return tables.map(select).join('\nUNION ALL\n');
}

function inBoth(sql: (engine: keyof Sql) => string): Sql {
  return { athena: sql('athena'), duckdb: sql('duckdb') };
}

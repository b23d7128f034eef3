import { type Dataset, type Table, tableName } from '../../shared/dataset.ts';
import type { Day } from '../../shared/keys.ts';
import type { Sql } from '../query/query-target.ts';
import { sqlText } from '../query/sql-text.ts';

/** What a JSON value is, by the smallest type that holds it; `number` is one that no double holds. */
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
FROM (SELECT *, ${kindOf} AS kind FROM (
  SELECT *, ${wholeOf} AS whole FROM (
    SELECT *, ${numberOf} AS number FROM (${values(datasets, days, engine)}) AS kept
  ) AS measured
) AS counted) AS found
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

/**
 * One row per rescued value. `path` is its place without the numbers of elements, as in a field's path, and `json` the
 * value as it is kept, digit for digit.
 */
function values(datasets: readonly Dataset[], days: Days, engine: keyof Sql): string {
  const tables = datasets.flatMap((dataset) => dataset.tables);
  const path = `CASE WHEN strpos(place, '"') > 0 THEN place
    ELSE ${replaced[engine]('place', '\\[[0-9]+\\]', () => '[]')} END`;
  const json = replaced[engine]('marked', `"${mark}([^"]*)"`, (group) => group(1));
  return `SELECT *, ${path} AS path, ${json} AS json FROM (${union(tables, (table) => entries[engine](table, days))}) AS entered`;
}

/** Begins the texts that numbers are made, as the engines round numbers when they read them. For private use in Unicode. */
const mark = '\uE000';

/** `rescued` with a marked text for each number. */
function marked(engine: keyof Sql): string {
  const replace = replaced[engine];
  const other = '(?:[^"0-9-]+|"(?:[^"\\\\]+|\\\\.)*")*';
  // It also finds the end, and marks it: a search for one more number would begin inside a text.
  const all = replace(
    'rescued',
    `(${other})(-?[0-9][0-9.eE+-]*|$)`,
    (group) => `${group(1)}"${mark}${group(2)}"`,
  );
  return replace(all, `("${mark}")+$`, () => '');
}

type Replace = (text: string, pattern: string, by: (group: (number: number) => string) => string) => string;

/** Replaces all that is found. */
const replaced: Readonly<Record<keyof Sql, Replace>> = {
  athena: (text, pattern, by) => `regexp_replace(${text}, '${pattern}', '${by((number) => `$${number}`)}')`,
  duckdb: (text, pattern, by) =>
    `regexp_replace(${text}, '${pattern}', '${by((number) => `\\${number}`)}', 'g')`,
};

/** The engines unpack a JSON object differently. */
const entries: Readonly<Record<keyof Sql, (table: Table, days: Days) => string>> = {
  athena: (table, days) => `SELECT '${tableName(table)}' AS table_name, raw_key, row_id, place,
    coalesce(json_format(value), 'null') AS marked
  FROM (SELECT raw_key, uuid() AS row_id, ${marked('athena')} AS rescued FROM ${rescuedIn(table, days)}) AS kept
  CROSS JOIN UNNEST(CAST(json_parse(rescued) AS map(varchar, json))) AS entries (place, value)`,
  // A join would copy the whole text beside each of its members.
  duckdb: (table, days) => `SELECT '${tableName(table)}' AS table_name, raw_key, row_id, entry.key AS place,
    coalesce(CAST(entry.value AS varchar), 'null') AS marked
  FROM (
    SELECT raw_key, row_id, unnest(map_entries(CAST(CAST(rescued AS json) AS map(varchar, json)))) AS entry
    FROM (
      SELECT raw_key, row_number() OVER () AS row_id, ${marked('duckdb')} AS rescued FROM ${rescuedIn(table, days)}
    ) AS kept
  ) AS entries`,
};

const has = (pattern: string) => `coalesce(regexp_extract(json, '${pattern}'), '') <> ''`;

/** The double that a value is, by the rules of functions/rows/cell.ts: 1e-400 is none. */
const numberOf = `CASE
    WHEN TRY_CAST(json AS double) = 0 AND ${has('^-?[0.]*[1-9]')} THEN NULL
    WHEN abs(TRY_CAST(json AS double)) <= 1.7976931348623157E308 THEN TRY_CAST(json AS double)
  END`;

/** The integer that it is, by the same rules: not when digits were lost. */
const wholeOf = `CASE
    WHEN ${has('^-?[0-9]{1,19}([.]0+)?$')} THEN TRY_CAST(regexp_extract(json, '^-?[0-9]+') AS bigint)
    WHEN number = floor(number) AND abs(number) <= 9007199254740991 AND NOT ${has('[0-9.]{16}')} THEN CAST(number AS bigint)
  END`;

const kindOf = `CASE
    WHEN json = 'null' THEN 'null'
    WHEN json IN ('true', 'false') THEN 'boolean'
    WHEN json LIKE '{%' THEN 'object'
    WHEN json LIKE '[%' THEN 'array'
    WHEN ${has('^"[0-9]{4}-[0-9]{2}-[0-9]{2}"$')}
      AND TRY_CAST(substr(json, 2, 10) AS date) >= DATE '0001-01-01' THEN 'date'
    WHEN json LIKE '"%' THEN 'string'
    WHEN whole BETWEEN -2147483648 AND 2147483647 THEN 'int'
    WHEN whole IS NOT NULL THEN 'bigint'
    WHEN number IS NOT NULL THEN 'double'
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

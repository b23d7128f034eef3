import { columnTypes } from '../../shared/column-type.ts';
import {
  type Column,
  type Dataset,
  type Expectation,
  provenance,
  type Table,
  tableName,
} from '../../shared/dataset.ts';

/** The Markdown of `docs/datasets.md`. */
export function datasetDocs(datasets: readonly Dataset[]): string {
  return `${[
    '<!-- Written by `npm run docs` from shared/datasets. Do not edit. -->',
    '# Datasets',
    intro,
    ...datasets.flatMap((dataset) => [
      `## ${dataset.name}`,
      `${dataset.description} From WeatherAPI's \`${dataset.endpoint}\`; version ${dataset.version}. ${runsOf(dataset)}`,
      ...dataset.tables.flatMap((table) => [
        `### ${tableName(table)}`,
        table.description,
        columnTable(table),
      ]),
    ]),
    rescuedQueries(datasets[0]?.tables[0] as Table),
  ].join('\n\n')}\n`;
}

const intro = `A dataset is one endpoint of the provider. A table is one kind of row in its answers.

**Rows.** Each raw object gives one Parquet object per table of its dataset, at the same path below the table's prefix:
\`weatherapi/forecast/dt=…/NAME.json\` becomes \`weatherapi/forecast_hour/dt=…/NAME.parquet\` and so on, also when it has no
rows for a table. What an answer has once, such as its place, is in each of its rows. Any cell may be null, because an
account can switch any field off.

**Partitions.** \`dt\` is the day in the raw key's \`dt=\` folder: the UTC day of a run, or the local day where a run asks for
one. A file that was dropped without one is filed under the earliest day of its rows. \`dt\` is in the path, not in the file.
Filter on it to read less.

**Rescued.** Nothing that arrives is lost. Undeclared fields, and values that their column cannot hold (another type, out of
range), go to \`rescued\` with their paths: \`{"current.snow_cm":4.5,"current.uv":"high"}\`. They stand in the row that has
them, or else in the answer's first row. Numbers keep every digit. If \`rescued\` is not null, the provider changed something:
\`npx tdf drift\` says what, and how to declare it.

**Expected.** A column may expect a range, one of some values, or a value at all. Other values are kept as they came; convert's
log names them, and the alarm \`ExpectationsFailed\` rings.`;

function runsOf({ schedule, identity, dayColumn }: Dataset): string {
  const kept =
    identity === 'time'
      ? 'Each run is kept, by its scheduled time.'
      : 'Each place and local day is kept once; a run asks for the latest day that is over in every time zone: at 14:00 UTC the day before, at 01:00 the one before that.';
  return `Runs by \`${schedule}\` (UTC) unless \`cdk.json\` says otherwise. ${kept} The day of a dropped file is that of its earliest \`${dayColumn}\`.`;
}

function columnTable({ fields }: Table): string {
  const rows = [
    ...fields.map((field) => ({ ...field, path: `\`${field.path}\`` })),
    ...provenance.map((column: Column) => ({ ...column, path: '' })),
  ].map(({ column, type, path, unit = '', meaning, expect }) => [
    `\`${column}\``,
    columnTypes[type].glue,
    path,
    unit,
    [meaning, expect && expected(expect)].filter(Boolean).join(' ').replaceAll('|', '\\|'),
  ]);
  return [
    ['Column', 'Type in Athena', 'In the response', 'Unit', 'Meaning'],
    ['---', '---', '---', '---', '---'],
    ...rows,
  ]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function expected({ notNull, least, most, oneOf }: Expectation): string {
  const range =
    most === undefined ? `${least} or more` : least === undefined ? `${most} or less` : `${least} to ${most}`;
  const parts = [
    ...(oneOf ? [oneOf.join(' or ')] : []),
    ...(least === undefined && most === undefined ? [] : [range]),
    ...(notNull ? ['not null'] : []),
  ];
  return `Expected: ${parts.join(', ')}.`;
}

function rescuedQueries(of: Table): string {
  const table = tableName(of);
  const files = `read_parquet('curated/${of.name}/*/*.parquet', union_by_name = true)`;
  return `## Reading what was rescued

To see what a table rescued, and to read one value. In Athena:

\`\`\`sql
SELECT path, count(*) AS n, max(dt) AS last_seen
FROM ${table}
CROSS JOIN UNNEST(map_keys(CAST(json_parse(rescued) AS map(varchar, json)))) AS t (path)
WHERE dt >= date '2026-11-01'
GROUP BY path;

SELECT raw_key, json_extract_scalar(rescued, '$["current.snow_cm"]') AS snow_cm
FROM ${table}
WHERE rescued IS NOT NULL AND dt >= date '2026-11-01';
\`\`\`

In DuckDB, over a copy of the curated bucket:

\`\`\`sql
SELECT path, count(*) AS n, max(dt) AS last_seen
FROM (SELECT unnest(json_keys(rescued)) AS path, dt FROM ${files})
GROUP BY path;

SELECT raw_key, rescued ->> '$."current.snow_cm"' AS snow_cm
FROM ${files}
WHERE rescued IS NOT NULL;
\`\`\``;
}

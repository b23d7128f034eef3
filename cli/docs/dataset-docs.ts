import { columnTypes } from '../../shared/column-type.ts';
import { type Column, type Dataset, provenance, tableName } from '../../shared/dataset.ts';

/** The Markdown of `docs/datasets.md`. */
export function datasetDocs(datasets: readonly Dataset[]): string {
  return `${[
    '<!-- Written by `npm run docs` from shared/datasets. Do not edit. -->',
    '# Datasets',
    intro,
    ...datasets.flatMap((dataset) => [
      `## ${dataset.name}`,
      `${dataset.description} From WeatherAPI's \`${dataset.endpoint}\`; table \`${tableName(dataset)}\`, version ${dataset.version}.`,
      columnTable(dataset),
      rescuedQueries(dataset),
    ]),
  ].join('\n\n')}\n`;
}

const intro = `**Rows.** Each response of the provider is one row. Each raw object is one Parquet object at the same path. Any cell may be
null, because an account can switch any field off.

**Partitions.** \`dt\` is a UTC day, from the raw key's \`dt=\` folder. A file that was dropped without one is filed under the
day of its earliest observation. \`dt\` is in the path, not in the file. Filter on it to read less.

**Rescued.** Nothing that arrives is lost. Undeclared fields, and values that their column cannot hold (another type, out of
range), go to \`rescued\` with their paths: \`{"current.snow_cm":4.5,"current.uv":"high"}\`. Numbers keep every digit. If
\`rescued\` is not null, the provider changed something.`;

function columnTable({ fields }: Dataset): string {
  const rows = [
    ...fields.map((field) => ({ ...field, path: `\`${field.path}\`` })),
    ...provenance.map((column: Column) => ({ ...column, path: '' })),
  ].map(({ column, type, path, unit = '', meaning }) => [
    `\`${column}\``,
    columnTypes[type].glue,
    path,
    unit,
    meaning.replaceAll('|', '\\|'),
  ]);
  return [
    ['Column', 'Type in Athena', 'In the response', 'Unit', 'Meaning'],
    ['---', '---', '---', '---', '---'],
    ...rows,
  ]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function rescuedQueries(dataset: Dataset): string {
  const table = tableName(dataset);
  const files = `read_parquet('curated/${dataset.name}/*/*.parquet', union_by_name = true)`;
  return `To see what was rescued, and to read one value. In Athena:

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

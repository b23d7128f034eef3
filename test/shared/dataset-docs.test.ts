import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { datasetDocs } from '../../cli/docs/dataset-docs.ts';
import { flowDrawing } from '../../cli/docs/flow-drawing.ts';
import { columnTypes } from '../../shared/column-type.ts';
import { columnsOf, tableName } from '../../shared/dataset.ts';
import { datasets } from '../../shared/datasets.ts';
import { answer, converted } from '../functions/convert/converted.ts';

const docs = datasetDocs(datasets);

test.each([
  ['datasets.md', docs],
  ['flow.svg', flowDrawing()],
])('docs/%s is what the code makes of it', (name, made) => {
  const file = new URL(`../../docs/${name}`, import.meta.url);
  if (!existsSync(file) || readFileSync(file, 'utf8') !== made) {
    throw new Error(
      `docs/${name} is not what the code makes of it. Run "npm run docs" and commit the result.`,
    );
  }
});

describe('the documentation of the datasets', () => {
  test('has a part for every table, with a line for every column: its type in Athena and its meaning', () => {
    for (const table of datasets.flatMap((dataset) => dataset.tables)) {
      const [, part = ''] = docs.split(`\n### ${tableName(table)}\n`);
      expect(part).toContain(table.description);
      const lines = part.split(/\n##+ /, 1)[0]?.split('\n') ?? [];
      for (const { column, type, meaning } of columnsOf(table)) {
        const [line = '', ...others] = lines.filter((text) => text.startsWith(`| \`${column}\` |`));
        expect(others).toEqual([]);
        expect(line).toContain(`| ${columnTypes[type].glue} |`);
        expect(line).toContain(meaning);
      }
    }
  });

  test('has tables of one width', () => {
    const widths = docs
      .split('\n')
      .flatMap((line) => (line.startsWith('|') ? [line.split(/(?<!\\)\|/).length] : []));
    expect(new Set(widths)).toEqual(new Set([7]));
  });

  test('has queries that DuckDB answers', async () => {
    const key = 'weatherapi/current/dt=2026-11-22/a.json';
    const raw = '{"location":{"name":"Oslo"},"current":{"snow_cm":4.5,"uv":"high"}}';
    const sql = /In DuckDB.*?```sql\n(.*?)```/s.exec(docs)?.[1] ?? '';
    const [listing = '', one = ''] = sql.split(';');
    const folder = await mkdtemp(path.join(tmpdir(), 'docs-'));
    try {
      const { key: curatedKey, file } = await converted(raw, { key });
      const parquet = path.join(folder, 'curated', curatedKey);
      await mkdir(path.dirname(parquet), { recursive: true });
      await writeFile(parquet, file);
      const here = (query: string) => answer(query.replaceAll("'curated/", `'${folder}/curated/`));
      expect(await here(`${listing} ORDER BY path`)).toEqual([
        { path: 'current.snow_cm', n: '1', last_seen: '2026-11-22' },
        { path: 'current.uv', n: '1', last_seen: '2026-11-22' },
      ]);
      expect(await here(one)).toEqual([{ raw_key: key, snow_cm: '4.5' }]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

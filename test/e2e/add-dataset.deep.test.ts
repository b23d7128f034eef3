import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { copyProject, edit, typed } from './project.ts';

const section = /\n## Add a dataset\n(.*?)\n## /s.exec(readFileSync('README.md', 'utf8'))?.[1] ?? '';
const [, path = '', declaration = ''] = /```ts\n\/\/ (\S+)\n(.*?)```/s.exec(section) ?? [];
const [, member = ''] = /add `(".*?)` to `datasets` in `cdk\.json`/.exec(section) ?? [];
const [start = '', query = ''] = /```sh\n(.*?)\n```/s.exec(section)?.[1]?.split('\n') ?? [];

test('the README adds a dataset in one file, one place of its index and the configuration, and its rows can be queried [add-dataset]', async () => {
  expect(declaration.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
  const project = await copyProject();
  try {
    await writeFile(join(project, path), declaration);
    await edit(join(project, 'shared/datasets.ts'), (text) =>
      text
        .replace('\n', `\nimport { weatherapiAstronomy } from './datasets/weatherapi-astronomy.ts';\n`)
        .replace(/(readonly Dataset\[\] = \[[^\]]*?),?\s*\]/, '$1, weatherapiAstronomy]'),
    );
    await edit(join(project, 'cdk.json'), (text) =>
      text.replace('"datasets": {', `"datasets": { ${member},`),
    );

    expect(section).toContain('`npm run fix`');
    await promisify(execFile)('npm', ['run', 'fix'], { cwd: project });
    expect(await typed(project, start)).toMatch(
      /^Curated {2}\.local\/s3\/curated\/weatherapi\/astronomy\/dt=.*\.parquet$/m,
    );
    expect(await typed(project, query)).toMatch(/^│ Marysville +│ \d\d:\d\d AM +│$/m);
    const rescued = await typed(project, 'npx tdf query --local --json --named "What was rescued"');
    expect(JSON.parse(rescued)).toContainEqual(
      expect.objectContaining({
        table_name: 'weatherapi_astronomy',
        field: 'astronomy.astro.moon_phase',
      }),
    );
    // The stack has its schedule, its grants and its table.
    const template = await readFile(join(project, '.local/cdk.out/TdfWeather.template.json'), 'utf8');
    for (const text of [
      'Starts a run of weatherapi/astronomy.',
      'weatherapi/astronomy/*',
      'weatherapi_astronomy',
    ])
      expect(template).toContain(text);
    await promisify(execFile)('npm', ['run', 'check'], { cwd: project });
  } finally {
    await rm(project, { recursive: true });
  }
}, 120_000);

import { readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { checkTypes, copyProject, edit, typed } from './project.ts';

const section = /\n## Add a dataset\n(.*?)\n## /s.exec(readFileSync('README.md', 'utf8'))?.[1] ?? '';
const [, path = '', declaration = ''] = /```ts\n\/\/ (\S+)\n(.*?)```/s.exec(section) ?? [];
const [, member = ''] = /add `(".*?)` to `datasets` in `cdk\.json`/.exec(section) ?? [];
const [start = '', query = ''] = /```sh\n(.*?)\n```/s.exec(section)?.[1]?.split('\n') ?? [];

test('the README adds a dataset in one file, one place of its index and the configuration, and its rows can be queried [add-dataset]', async () => {
  expect(declaration.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
  const api = createServer(({ url }, response) => {
    const location = { name: new URL(url ?? '', 'http://localhost').searchParams.get('q'), lat: 59.9 };
    const astro = { sunrise: '08:41 AM', moon_phase: 'New Moon' };
    response.end(
      JSON.stringify(url?.startsWith('/astronomy.json?') ? { location, astronomy: { astro } } : {}),
    );
  });
  await new Promise<void>((listening) => api.listen(0, '127.0.0.1', listening));
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

    const { port } = api.address() as AddressInfo;
    const given = [
      '--location',
      'Oslo',
      '--api',
      `http://127.0.0.1:${port}`,
      '--at',
      new Date().toISOString(),
    ];
    const run = await typed(project, `${start} --json`, given);
    expect(JSON.parse(run)).toMatchObject({
      rowCounts: { weatherapi_astronomy: 1 },
      curated: [expect.stringMatching(/^weatherapi\/astronomy\/dt=.*\.parquet$/)],
      problems: [],
    });
    const rows = await typed(project, `${query} --json`);
    expect(JSON.parse(rows)).toEqual([{ location_name: 'Oslo', sunrise: '08:41 AM' }]);
    const rescued = await typed(project, 'npx tdf query --local --json --named "What was rescued"');
    expect(JSON.parse(rescued)).toMatchObject([
      { table_name: 'weatherapi_astronomy', field: 'astronomy.astro.moon_phase' },
    ]);
    // The stack has its schedule, its grants and its table.
    const template = await readFile(join(project, '.local/cdk.out/TdfWeather.template.json'), 'utf8');
    for (const text of [
      'Starts a run of weatherapi/astronomy.',
      'weatherapi/astronomy/*',
      'weatherapi_astronomy',
    ])
      expect(template).toContain(text);
    await checkTypes(project);
  } finally {
    api.close();
    await rm(project, { recursive: true });
  }
}, 120_000);

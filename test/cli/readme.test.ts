import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type Ended, tdf } from './cloud.ts';
import { useAssembly } from './state.ts';

const [, script = ''] = /Try it here.*?```sh\n(.*?)```/s.exec(readFileSync('README.md', 'utf8')) ?? [];

test('the README shows how a broken file is dropped, found, fixed and sent again, in commands that do just that', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'readme-'));
  await useAssembly(directory);
  const file = join(directory, 'broken.json');
  const ended: Ended[] = [];
  for (const line of script.trim().split('\n')) {
    const [, content] = /^echo '(.*)' > broken\.json$/.exec(line) ?? [];
    const [, typed] = /^npx tdf (.* --local.*)$/.exec(line) ?? [];
    if (content !== undefined) await writeFile(file, content);
    else if (typed !== undefined) {
      const words = typed.match(/"[^"]*"|\S+/g) ?? [];
      const args = words.map((word) => (word === 'broken.json' ? file : word.replaceAll('"', '')));
      ended.push(await tdf([...args, '--state', directory]));
    } else throw new Error(`The README has a line that this test cannot type: ${line}`);
  }
  await rm(directory, { recursive: true });

  const [broken, letters, fixed, redriven, rows] = ended;
  expect(ended.map(({ code }) => code)).toEqual([1, 0, 0, 0, 0]);
  expect(broken?.stdout).toContain('✘ not-json');
  expect(letters?.stdout).toContain('weatherapi/current/broken.json');
  expect(fixed?.stdout).toContain('1 object: 1 converted to 1 row, 0 died, 0 waiting');
  expect(redriven?.stdout).toContain('Sent 1 dead letter again; 0 left.\nConverted 0; dead again 0.');
  expect(rows?.stdout).toMatch(/Oslo.*2026-11-22/);
});

import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { asMarkdown, type Grid } from './grid.ts';
import { machine } from './machine.ts';

const path = fileURLToPath(new URL('../RESULTS.md', import.meta.url));
const notes = fileURLToPath(new URL('../NOTES.md', import.meta.url));

/** Writes RESULTS.md: the tables, and at its end what NOTES.md says, which is written by hand. */
export async function writeResults(grids: readonly Grid[]): Promise<void> {
  const parts = [
    '# Results',
    'Written by `npm run bench`; how to read it: [README.md](README.md). The last part is [NOTES.md](NOTES.md).',
    (await machine()).map((line) => `- ${line}`).join('\n'),
    ...grids.map(asMarkdown),
    (await readFile(notes, 'utf8')).trim(),
  ];
  await writeFile(path, `${parts.join('\n\n')}\n`);
}

import { globSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

/** Each id in the texts of these files, in alphabetical order. */
function idsIn(files: readonly string[], pattern: RegExp): string[] {
  const texts = files.map((file) => readFileSync(file, 'utf8'));
  return [...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, id = '']) => id)))].sort();
}

test('docs/reliability.md names the ids that stand at the end of test titles, and no others', () => {
  const inTitles = idsIn(globSync('test/**/*.ts'), / \[([a-z][a-z-\d]+)\]['"`],/g);
  expect(inTitles.length).toBeGreaterThan(50);
  expect(idsIn(['docs/reliability.md'], /`\[([a-z][a-z-\d]+)\]`/g)).toEqual(inTitles);
});

import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { bundlePage } from '../../../console/server/static.ts';

const page = await bundlePage('a-token');

test('the script and the styles of the page weigh 60 KB at most when they are compressed', () => {
  const weights = ['/main.js', '/main.css'].map((path) => gzipSync(page.get(path)?.body ?? '').length);
  expect(Math.min(...weights)).toBeGreaterThan(1000);
  expect(weights.reduce((sum, weight) => sum + weight)).toBeLessThanOrEqual(60_000);
});

test('the document has no script and no style of its own, which its policy forbids', () => {
  const document = page.get('/')?.body ?? '';
  expect(document).toContain('<script src="/main.js" defer></script>');
  expect(document).not.toMatch(/<style|\sstyle=|<script>|\son\w+=/);
});

test('nothing is loaded from elsewhere', () => {
  const addresses = [...page.values()].flatMap(({ body }) => body.match(/https?:\/\/[^\s"'`)]+/g) ?? []);
  expect(addresses.filter((address) => !address.startsWith('http://www.w3.org/'))).toEqual([]);
});

import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { mergedParts } from '../../../functions/compact/merge.ts';
import { everyTypeDay, inMemory, type PartFile, partOf, type Row } from './merged.ts';

/** Rows with texts of their own, as drift makes them. */
function rows(count: number, textBytes: number): Row[] {
  const noise = createHash('shake256', { outputLength: count * textBytes })
    .update('seed')
    .digest('base64');
  return Array.from({ length: count }, (_, row) => ({
    int: row,
    double: row / 7,
    rescued: noise.slice(row * textBytes, (row + 1) * textBytes),
  }));
}

/** Merges the same part again and again. @returns by how many MiB the process grew, and how many rows came out */
async function grownBy(part: PartFile, times: number): Promise<{ grown: number; rows: number }> {
  const parts = async function* () {
    for (let time = 0; time < times; time++) yield { key: `${time}`, file: inMemory(part.file) };
  };
  const before = process.resourceUsage().maxRSS;
  const sources = { partsDigest: 'd1985d', partsBytes: part.file.length * times };
  const merging = mergedParts(everyTypeDay, parts(), sources);
  for (;;) {
    const { done, value } = await merging.next();
    if (done) return { grown: (process.resourceUsage().maxRSS - before) / 1024, rows: value.rows };
    // As an upload does, it waits.
    await new Promise(setImmediate);
  }
}

test.each([
  ['large row groups, which are taken over', partOf([rows(50_000, 8), rows(50_000, 8)])],
  ['small row groups, which are written anew', partOf([rows(24_999, 100)])],
])('the memory that a merge takes does not grow with a day of %s [memory]', async (_what, part) => {
  const few = await grownBy(part, 10);
  const many = await grownBy(part, 40);
  expect(many.rows).toBe(4 * few.rows);
  expect(many.grown).toBeLessThan(100);
});

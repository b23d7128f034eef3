import { expect, test } from '@jest/globals';
import { pieceJudge } from '../../../functions/parquet/chunk-pages.ts';
import { chunkRange, joinedRanges } from '../../../functions/parquet/chunk-range.ts';
import { readFooter } from '../../../functions/parquet/footer.ts';
import { fortyRows } from '../compact/damage.ts';

const bytes = new Uint8Array(fortyRows.file).buffer;
const columns = readFooter(bytes, bytes.byteLength - 8).row_groups[0]?.columns ?? [];
const [range = { startByte: 0, endByte: 0 }] = joinedRanges(columns.map(chunkRange));

/** Where each piece begins, and the end of the last one. */
function beginnings(size: number, damaged = bytes): number[] {
  const judge = pieceJudge(columns);
  const starts = [range.startByte];
  for (let at = range.startByte; at < range.endByte; ) {
    at = judge(damaged.slice(at, Math.min(at + size, range.endByte)), at);
    starts.push(at);
  }
  return starts;
}

test('columns are judged piece by piece, wherever these end: a page header that is cut begins the next piece', () => {
  let cuts = 0;
  for (let size = 256; size < range.endByte; size++) {
    const starts = beginnings(size);
    expect(starts.at(-1)).toBe(range.endByte);
    cuts += starts.filter((start, index) => index > 0 && start - (starts[index - 1] ?? 0) < size).length;
  }
  expect(cuts).toBeGreaterThan(range.endByte - 256);
});

test('a damaged page header is found in each piece', () => {
  for (const column of columns) {
    const damaged = bytes.slice();
    new Uint8Array(damaged)[chunkRange(column).startByte] = 0;
    for (const size of [256, 300, range.endByte]) expect(() => beginnings(size, damaged)).toThrow(/^a /);
  }
});

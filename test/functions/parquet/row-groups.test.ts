import { describe, expect, test } from '@jest/globals';
import fc, { runs } from '../../fast-check.ts';
import { filtersInDuckDB, filtersInHyparquet, group, parquetOf } from './filters.ts';

describe('every filter finds what a full scan finds', () => {
  const fileOf = (groups: Parameters<typeof parquetOf>[0]) => Buffer.concat([...parquetOf(groups)]);

  test('in DuckDB [filters]', () => filtersInDuckDB(fileOf));

  test('in hyparquet [filters]', () => filtersInHyparquet(fileOf));
});

test('files that are written by turns are what each is when it is written alone', () => {
  const groups = fc.array(group, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(groups, groups, (one, other) => {
      const alone = [one, other].map((each) => [...parquetOf(each)]);
      const byTurns = [one, other].map((each) => ({ next: parquetOf(each), pieces: [] as Uint8Array[] }));
      for (let turn = 0; turn < 5; turn++) {
        for (const { next, pieces } of byTurns) pieces.push(next.next().value ?? new Uint8Array());
      }
      const text = (pieces: readonly Uint8Array[]) => Buffer.concat(pieces).toString('latin1');
      expect(byTurns.map(({ pieces }) => text(pieces))).toEqual(alone.map(text));
    }),
    { numRuns: runs(25) },
  );
});

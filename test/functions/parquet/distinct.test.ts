import { expect, test } from '@jest/globals';
import { Column } from '../../../functions/parquet/column.ts';
import { distinctNumbers, distinctTexts } from '../../../functions/parquet/distinct.ts';
import { RowGroup } from '../../../functions/rows/row-group.ts';
import { columnsOf } from '../../../shared/dataset.ts';
import { everyTypeTable } from '../convert/converted.ts';

/** A column of bigints, or of texts. */
function columnOf(cells: readonly (bigint | string | null)[]): Column {
  const group = new RowGroup(columnsOf(everyTypeTable));
  const type = typeof cells[0] === 'string' ? 'string' : 'bigint';
  const number = group.columns.findIndex(({ column }) => column === type);
  for (const cell of cells) {
    if (cell !== null) group.set(number, type, cell as never);
    group.rowCount += 1;
    group.reserve();
  }
  return new Column(group, number, type);
}

test('the distinct numbers of a column are numbered by their first rows', () => {
  const column = columnOf([7n, -1n, null, 7n, 2n ** 62n, -1n, 7n, 7n]);
  const { numbers, rows } = distinctNumbers(column) ?? {};
  expect(rows).toEqual(Int32Array.of(0, 1, 4));
  expect(numbers).toEqual(Int32Array.of(0, 1, 0, 2, 1, 0, 0));
});

test('the distinct texts of a column are numbered by their first rows, however many there are', () => {
  const { numbers, rows } = distinctTexts(columnOf(['a', null, 'b', 'c', 'a']));
  expect(rows).toEqual(Int32Array.of(0, 2, 3));
  expect(numbers).toEqual(Int32Array.of(0, 1, 2, 0));
});

test('numbers are not looked for any further when most of them are distinct', () => {
  expect(distinctNumbers(columnOf([1n, 2n, 3n, 1n]))).toBeUndefined();
});

test('numbers are not looked for any further when they were chosen for their hash [one-hash]', () => {
  // Two words that are the same, which undo each other in the hash.
  const chosen = Array.from({ length: 100 }, (_, word) => (BigInt(word) << 32n) | BigInt(word));
  const thrice = (cells: readonly bigint[]) => columnOf([...cells, ...cells, ...cells]);
  expect(distinctNumbers(thrice(chosen.slice(0, 50)))?.rows).toHaveLength(50);
  expect(distinctNumbers(thrice(chosen))).toBeUndefined();
  expect(distinctNumbers(thrice(chosen.map((_, number) => BigInt(number))))?.rows).toHaveLength(100);
});

import { expect, test } from '@jest/globals';
import { RowGroup } from '../../../functions/rows/row-group.ts';

function groupOf(columns: number): RowGroup {
  return new RowGroup(
    Array.from({ length: columns }, (_, number) => ({ column: String(number), type: 'double' })),
  );
}

function addRows(group: RowGroup, rows: number, cell?: number): void {
  for (; group.rowCount < rows; group.rowCount++) {
    group.reserve();
    if (cell === undefined) continue;
    for (const column of group.columns.keys()) group.set(column, 'double', cell);
  }
}

test('a group that is given the memory of an earlier one has no cells of it', () => {
  const earlier = groupOf(20);
  addRows(earlier, 10_000, -1.5);
  const { buffer } = earlier.present;
  earlier.release();
  expect(earlier.present.length + earlier.doubles.length).toBe(0);

  const [group, another] = [groupOf(4), groupOf(4)];
  for (const each of [group, another]) addRows(each, 11_000);
  expect(group.present.buffer).toBe(buffer);
  expect(group.present.every((isPresent) => isPresent === 0)).toBe(true);
  expect(another.present.buffer).not.toBe(buffer);
});

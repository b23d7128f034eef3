import { expect, test } from '@jest/globals';
import { daysBetween } from '../../shared/days.ts';

test.each([
  ['2026-02-27', '2026-03-01', ['2026-02-27', '2026-02-28', '2026-03-01']],
  ['2026-03-01', '2026-03-01', ['2026-03-01']],
  ['2026-03-02', '2026-03-01', []],
  ['9999-12-30', '9999-12-31', ['9999-12-30', '9999-12-31']],
])('the days from %s to %s are counted, and end', (first, last, days) => {
  const counted: string[] = [];
  for (const day of daysBetween(first, last)) if (counted.push(day) > days.length) break;
  expect(counted).toEqual(days);
});

import { expect, test } from '@jest/globals';
import { daysBetween } from '../../shared/days.ts';

test.each([
  ['2026-02-27', '2026-03-01', ['2026-02-27', '2026-02-28', '2026-03-01']],
  ['2026-03-01', '2026-03-01', ['2026-03-01']],
  ['2026-03-02', '2026-03-01', []],
  ['9999-12-30', '9999-12-31', ['9999-12-30', '9999-12-31']],
])('the days from %s to %s are counted, and end', (first, last, days) => {
  expect(daysBetween(first, last).take(4).toArray()).toEqual(days);
});

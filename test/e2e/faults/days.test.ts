import { describe, expect, test } from '@jest/globals';
import { problemsOfDays, problemsOfDaysAfterRedrive, type SettledDay } from './days.ts';
import { sumOf } from './row-sums.ts';

const letter = {
  key: 'table/dt=1/',
  code: 'tries-exhausted',
  reason: 'Failed 5 times. The last error: …',
  body: '',
};
const bare = { ...letter, code: undefined, reason: undefined };
const day = (isCurrent: boolean, letters: SettledDay['letters'] = [], deliveries = [1]): SettledDay[] => [
  { prefix: 'table/dt=1/', isCurrent, letters, deliveries },
];

describe('a day', () => {
  test.each<[string, SettledDay[]]>([
    ['is what its parts are', day(true)],
    ['was given up', day(false, [letter], [1, 5])],
    ['was given up without a word', day(false, [bare], [5])],
    ['was given up, and is what its parts are', day(true, [letter], [5])],
  ])('is right after faults when it %s', (_what, days) => {
    expect(problemsOfDays(days)).toEqual([]);
  });

  test.each<[string, SettledDay[], RegExp]>([
    ['is not what its parts are', day(false), /not what its parts are, and no dead letter/],
    ['was given up too early', day(false, [letter], [4, 4]), /nothing accounts for/],
    [
      'is dead for a reason that whole parts do not have',
      day(false, [{ ...letter, code: 'not-parquet' }], [5]),
      /accounts for/,
    ],
  ])('is wrong after faults when it %s', (_what, days, problem) => {
    expect(problemsOfDays(days).join()).toMatch(problem);
  });

  test('is right after a redrive only when it is what its parts are, without letters', () => {
    expect(problemsOfDaysAfterRedrive(day(true))).toEqual([]);
    expect(problemsOfDaysAfterRedrive(day(true, [letter], [5]))).not.toEqual([]);
    expect(problemsOfDaysAfterRedrive(day(false))).not.toEqual([]);
  });
});

test('the sum of rows is the same in any files and order, and another with a row missing, twice or changed', () => {
  const row = (raw_key: string, sum: string, filename = 'one') => ({ filename, raw_key, rows: 1, sum });
  const [a, b, c] = [row('x', '5'), row('x', '7'), row('y', '5')];
  const whole = sumOf([a, b, c]);
  expect(sumOf([c, { ...b, filename: 'other' }, a])).toBe(whole);
  for (const other of [[a, b], [a, b, c, c], [a, row('x', '8'), c], []]) expect(sumOf(other)).not.toBe(whole);
});

import { expect, test } from '@jest/globals';
import { pick, random } from '../../../local/faults/random.ts';

test('a number depends on the seed and on each name, and on nothing else', () => {
  expect(random(1, 'GetObject', 'a', 1)).toBe(random(1, 'GetObject', 'a', 1));
  const others = [
    random(2, 'GetObject', 'a', 1),
    random(1, 'GetObject', 'b', 1),
    random(1, 'GetObject', 'a', 2),
  ];
  expect(new Set([random(1, 'GetObject', 'a', 1), ...others]).size).toBe(4);
});

test('numbers are spread evenly from 0 up to 1, also for names that differ little', () => {
  const tenths = Array.from({ length: 10_000 }, (_, seed) => Math.floor(random(seed, 'a') * 10));
  const counts = Array.from({ length: 10 }, (_, tenth) => tenths.filter((each) => each === tenth).length);
  expect(Math.min(...counts)).toBeGreaterThan(850);
  expect(Math.max(...counts)).toBeLessThan(1150);
});

test('things are picked by their weight', () => {
  const things = [
    [1, 'a'],
    [3, 'b'],
  ] as const;
  expect([0, 0.24, 0.25, 0.99].map((fraction) => pick(things, fraction))).toEqual(['a', 'a', 'b', 'b']);
  expect(() => pick(things, 1)).toThrow('Nothing to pick');
});

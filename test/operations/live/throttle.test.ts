import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Throttle } from '../../../operations/live/throttle.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('however often it is called, the work is done at most once in each pause', () => {
  let times = 0;
  const throttle = new Throttle(250, () => {
    times += 1;
  });
  for (let call = 0; call < 1000; call++) {
    throttle.call();
    jest.advanceTimersByTime(1);
  }
  expect(times).toBe(4);
  jest.advanceTimersByTime(10_000);
  expect(times).toBe(4);
});

test('after it was stopped, nothing is done any more', () => {
  let times = 0;
  const throttle = new Throttle(250, () => {
    times += 1;
  });
  throttle.call();
  throttle.stop();
  throttle.call();
  jest.advanceTimersByTime(1000);
  expect(times).toBe(0);
});

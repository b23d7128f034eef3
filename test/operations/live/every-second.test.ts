import { expect, jest, test } from '@jest/globals';
import { everySecond } from '../../../operations/live/every-second.ts';

test('what is thrown is told, and the next second comes all the same', async () => {
  jest.useFakeTimers();
  const told: unknown[] = [];
  let calls = 0;
  const stop = everySecond(
    () => {
      throw `call ${calls++}`;
    },
    (error) => told.push(error),
  );
  await jest.advanceTimersByTimeAsync(2000);
  stop();
  await jest.advanceTimersByTimeAsync(2000);
  jest.useRealTimers();
  expect(told).toEqual(['call 0', 'call 1']);
});

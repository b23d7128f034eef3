import { expect, test } from '@jest/globals';
import { again } from '../../../console/page/again.ts';

test('what is told while it is done is done once more at the end', async () => {
  const ends: (() => void)[] = [];
  const work = again(() => new Promise((resolve) => ends.push(resolve)));
  const first = work();
  await Promise.all([work(), work(), work()]);
  expect(ends).toHaveLength(1);
  ends[0]?.();
  await Promise.resolve();
  await Promise.resolve();
  expect(ends).toHaveLength(2);
  ends[1]?.();
  await first;
  expect(ends).toHaveLength(2);
});

test('what fails can be told again', async () => {
  let times = 0;
  const work = again(async () => {
    times += 1;
    if (times === 1) throw new Error('It failed.');
  });
  await expect(work()).rejects.toThrow('It failed.');
  await work();
  expect(times).toBe(2);
});

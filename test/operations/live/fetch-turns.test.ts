import { expect, test } from '@jest/globals';
import { FetchTurns } from '../../../operations/live/fetch-turns.ts';

test('each turn has the clock for itself, also after one that failed', async () => {
  const clock: { at: Date | undefined } = { at: undefined };
  let idle = 0;
  const turns = new FetchTurns(clock, () => {
    idle += 1;
  });
  const seen: (number | undefined)[] = [];
  const turn = (at: number | undefined) =>
    turns.take(at === undefined ? undefined : new Date(at), async () => {
      seen.push(clock.at?.getTime());
      await Promise.resolve();
      seen.push(clock.at?.getTime());
      if (at === 1) throw new Error('no weather');
    });
  const all = await Promise.allSettled([turn(1), turn(2), turn(undefined)]);
  expect(all.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  expect(seen).toEqual([1, 1, 2, 2, undefined, undefined]);
  expect([turns.isBusy, idle]).toEqual([false, 1]);
});

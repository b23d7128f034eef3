import { describe, expect, test } from '@jest/globals';
import { endStates, objectsAfterOne, type Play, type State } from '../data-stage/interleavings.ts';
import { compactPlay, isRight, isStale, type Parts } from './compact-play.ts';

const hasCrash = ({ workers }: State) => workers.some(({ state }) => state === 'crashed');

/** Each change has an event of its own. When the worker of the last one has ended well, nobody need come any more. */
const isFinal = ({ workers, changes }: State) =>
  workers.some(({ state, began }) => state === 'ended' && began === changes);

/** Those of all final states in which the object is not of the day's parts. */
async function wrongStates(days: readonly Parts[], without?: Play['without']): Promise<State[]> {
  const wrong: State[] = [];
  for (const isCompacted of [false, true]) {
    const ends = await endStates(compactPlay(days, { isCompacted, without }));
    const final = ends.filter(isFinal);
    expect(final.filter(hasCrash).length).toBeGreaterThan(10);
    wrong.push(...final.filter(({ objects }) => !isRight(objects)));
  }
  return wrong;
}

const [one, other] = [{ a: 'A1' }, { a: 'A2' }];
const two = { ...one, b: 'B1' };

describe('whatever order the requests of two workers, changes of the parts and one crash come in, a day’s object is of its parts', () => {
  test.each<[string, readonly Parts[]]>([
    ['a part is replaced', [one, other]],
    ['the first part comes', [{}, one]],
    ['a second part comes', [one, two]],
    ['one of two parts goes', [two, one]],
    ['both parts are replaced, one by one', [two, { ...two, ...other }, { ...other, b: 'B2' }]],
  ])(
    'when %s [two-compacting]',
    async (_what, days) => {
      expect(await wrongStates(days)).toEqual([]);
    },
    300_000,
  );

  test.each<[string, readonly Parts[]]>([
    ['a part returns after it was replaced', [one, other, one]],
    ['a part returns after it was removed', [two, one, two]],
    ['the only part returns after it was removed', [one, {}, one]],
    ['the only part goes', [one, {}]],
    ['the first part comes and goes', [{}, one, {}]],
  ])(
    'when %s, unless a worker has crashed after it wrote what was in between: then reconcile sees it, and one more worker is enough [two-compacting]',
    async (_what, days) => {
      const wrong = await wrongStates(days);
      expect(wrong.length).toBeGreaterThan(0);
      for (const state of wrong) {
        expect(hasCrash(state)).toBe(true);
        expect(isStale(state.objects)).toBe(true);
        expect(isRight(await objectsAfterOne(compactPlay(days), state.objects))).toBe(true);
      }
    },
    300_000,
  );

  test('which the conditions on reads and writes alone do not ensure [two-compacting]', async () => {
    const wrong = await wrongStates([one, {}], 'look');
    expect(wrong.filter((state) => !hasCrash(state)).length).toBeGreaterThan(0);
  });

  test('nor the look afterwards without the conditions on writes [two-compacting]', async () => {
    expect((await wrongStates([one, other], 'write conditions')).length).toBeGreaterThan(0);
  });

  test('nor without the condition on reads: reconcile would not even see it [two-compacting]', async () => {
    const wrong = await wrongStates([one, other, one], 'read conditions');
    const unseen = wrong.filter(({ objects }) => !isStale(objects));
    expect(unseen.filter((state) => !hasCrash(state)).length).toBeGreaterThan(0);
  });
});

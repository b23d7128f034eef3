import { describe, expect, test } from '@jest/globals';
import {
  type Fate,
  problemsAfterFaults,
  problemsAfterRedrive,
  type Settled,
} from '../../../operations/break/oracle.ts';

const old = { bytes: Buffer.from('old'), rows: 1 };
const good = { bytes: Buffer.from('good'), rows: 1 };
const poison = { code: 'not-json' };
const letter = { key: 'raw', code: 'not-json', reason: 'The file is not JSON', body: '' };
const givenUp = { ...letter, code: 'tries-exhausted', reason: 'Failed 5 times. The last error: …' };
const bare = { ...letter, code: undefined, reason: undefined };

const fate = (states: Fate['faultless'], deliveries = [1]): Fate[] => [
  { key: 'raw', keys: ['raw', 'filed'], curatedKey: 'curated', faultless: states, deliveries },
];
const state = (curated: string | undefined, ...letters: Settled['letters'][number][]): Settled => ({
  curated: new Map(curated === undefined ? [] : [['curated', Buffer.from(curated)]]),
  letters,
  openUploads: [],
});

describe('after faults, the oracle', () => {
  test.each<[string, Fate[], Settled]>([
    ['is converted', fate([good]), state('good')],
    ['is dead', fate([poison]), state(undefined, letter)],
    ['is dead twice', fate([poison]), state(undefined, letter, letter)],
    ['was given up', fate([good], [5]), state(undefined, givenUp)],
    ['was given up without a word', fate([good], [1, 5]), state(undefined, bare)],
    ['was given up after it was converted', fate([good], [5]), state('good', givenUp)],
    ['was fixed', fate([poison, good]), state('good', letter)],
    ['was spoilt', fate([old, poison]), state('old', letter)],
    ['was deleted', fate([old, undefined]), state('old')],
    [
      'is dead under the key that it was filed under',
      fate([poison]),
      state(undefined, { ...letter, key: 'filed' }),
    ],
  ])('finds nothing wrong with an object that %s', (_what, fates, settled) => {
    expect(problemsAfterFaults(fates, settled)).toEqual([]);
  });

  test.each<[string, Fate[], Settled, RegExp]>([
    ['is nowhere', fate([good]), state(undefined), /lost/],
    ['is nowhere, and poison', fate([poison]), state(undefined), /lost/],
    ['is converted as it was before', fate([old, good]), state('old'), /lost, with a former state/],
    ['is converted to other bytes', fate([good]), state('other'), /no state it had/],
    ['is converted to other bytes, and dead', fate([good], [5]), state('other', givenUp), /no state it had/],
    ['was given up too early', fate([good], [4, 4]), state(undefined, givenUp), /nothing accounts for/],
    ['is dead without a word, too early', fate([good]), state('good', bare), /nothing accounts for/],
    ['is dead for a reason that it has not', fate([good]), state('good', letter), /nothing accounts for/],
    ['is dead without a reason', fate([poison]), state(undefined, { ...letter, reason: '' }), /accounts for/],
    ['does not exist, but is dead', [], state(undefined, letter), /a letter of no raw object/],
    ['does not exist, but is converted', [], state('good'), /curated of no raw object/],
    ['left an upload', fate([good]), { ...state('good'), openUploads: ['curated'] }, /upload/],
  ])('objects to an object that %s', (_what, fates, settled, problem) => {
    expect(problemsAfterFaults(fates, settled).join('\n')).toMatch(problem);
  });
});

describe('after its letters were sent again, an object', () => {
  test.each<[string, Fate[], Settled]>([
    ['converted', fate([good]), state('good')],
    ['dead', fate([old, poison]), state('old', letter)],
    ['nowhere, when it was deleted', fate([poison, undefined]), state(undefined)],
  ])('is %s', (_what, fates, settled) => {
    expect(problemsAfterRedrive(fates, settled)).toEqual([]);
  });

  test.each<[string, Fate[], Settled]>([
    ['dead though it can be converted', fate([good], [5]), state(undefined, givenUp)],
    ['in both places', fate([poison, good]), state('good', letter)],
    ['dead though it was deleted', fate([poison, undefined]), state(undefined, letter)],
  ])('is not %s', (_what, fates, settled) => {
    expect(problemsAfterRedrive(fates, settled)).not.toEqual([]);
  });
});

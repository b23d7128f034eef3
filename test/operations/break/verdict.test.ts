import { expect, test } from '@jest/globals';
import type { Fate, Settled } from '../../../operations/break/oracle.ts';
import { type Found, verdictOf } from '../../../operations/break/verdict.ts';

const bytes = Buffer.from('file');
const fates: readonly Fate[] = [
  { key: 'a', keys: ['a'], curatedKey: 'A', faultless: [{ bytes, rows: 3 }], deliveries: [1] },
  { key: 'b', keys: ['b', 'b filed'], curatedKey: 'B', faultless: [{ bytes, rows: 1 }], deliveries: [1] },
  { key: 'c', keys: ['c'], curatedKey: 'C', faultless: [{ code: 'not-json' }], deliveries: [1] },
];
const settled: Settled = {
  curated: new Map([
    ['A', bytes],
    ['B', bytes],
  ]),
  letters: [{ key: 'c', code: 'not-json', reason: 'The file is not JSON', body: '' }],
  openUploads: [],
};
const rows = new Map([
  ['a', 3],
  ['b filed', 1],
]);
const found: Found = { afterFaults: settled, afterRedrive: settled, rows, deadDays: [] };

test('a verdict without problems accounts for each object', () => {
  expect(verdictOf(fates, found)).toEqual({ objects: 3, inTables: 2, dead: 1, problems: [] });
});

const without = (key: string) => new Map([...settled.curated].filter(([each]) => each !== key));
test.each<[string, Partial<Found>, RegExp]>([
  ['a row that is missing', { rows: new Map([...rows, ['a', 2]]) }, /^a: 2 rows in the table, expected 3$/m],
  [
    'a row that is there twice',
    { rows: new Map([...rows, ['b', 1]]) },
    /^b: 2 rows in the table, expected 1$/m,
  ],
  ['rows of a dead object', { rows: new Map([...rows, ['c', 1]]) }, /^c: 1 rows in the table, expected 0$/m],
  ['rows of no object', { rows: new Map([...rows, ['x', 1]]) }, /^x: rows in the table of no raw object$/m],
  ['an object that is lost', { afterFaults: { ...settled, curated: without('A') } }, /^a: lost/m],
  [
    'an object that stays lost',
    { afterRedrive: { ...settled, curated: without('B') } },
    /^b: not converted/m,
  ],
  ['a letter that is lost', { afterFaults: { ...settled, letters: [] } }, /^c: lost/m],
  ['an upload that was left', { afterFaults: { ...settled, openUploads: ['A'] } }, /an upload/],
  ['a day that is dead', { deadDays: ['current (too much)'] }, /^a day is dead/m],
])('a verdict tells %s', (_what, broken, problem) => {
  expect(verdictOf(fates, { ...found, ...broken }).problems.join('\n')).toMatch(problem);
});

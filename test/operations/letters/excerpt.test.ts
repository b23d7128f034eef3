import { expect, test } from '@jest/globals';
import { excerptOf } from '../../../operations/letters/letter-detail.ts';

const marked = ({ text, mark: [from, to] }: ReturnType<typeof excerptOf>) => text.slice(from, to);

test('an excerpt is the line of the fault', () => {
  const text = 'one\ntwo NaN two\nthree';
  expect(excerptOf(text, [8, 11])).toEqual({ text: 'two NaN two', line: 2, mark: [4, 7] });
});

test('an excerpt of a long line is what is around the fault', () => {
  const text = `first\n${'a'.repeat(5000)}NaN${'b'.repeat(5000)}\nlast`;
  const excerpt = excerptOf(text, [5006, 5009]);
  expect(excerpt.text).toMatch(/^…a+NaNb+…$/);
  expect(excerpt.text.length).toBeLessThan(400);
  expect([excerpt.line, marked(excerpt)]).toEqual([2, 'NaN']);
});

test('an excerpt shows the beginning of a record that is longer than it', () => {
  const record = `{"error":"${'x'.repeat(5000)}"}`;
  const excerpt = excerptOf(`good\n${record}\n`, [5, 5 + record.length]);
  expect(marked(excerpt)).toMatch(/^\{"error":"x+$/);
  expect(excerpt.text.length).toBeLessThan(400);
});

test('an excerpt of an end has nothing marked', () => {
  expect(excerptOf('[1,', [3, 3])).toEqual({ text: '[1,', line: 1, mark: [3, 3] });
  expect(excerptOf('a\n', [2, 2])).toEqual({ text: '', line: 2, mark: [0, 0] });
});

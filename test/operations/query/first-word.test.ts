import { expect, test } from '@jest/globals';
import { firstWord } from '../../../operations/query/first-word.ts';

test.each([
  ['select 1', 'SELECT'],
  [' ;(\t(\u00A0\u200B\uFEFFfrom x', 'FROM'],
  ['-- one\n-- two\r-- three\r\nPRAGMA x', 'PRAGMA'],
  ['--\u2028 SELECT\nPRAGMA x', 'PRAGMA'],
  ['/* SELECT */ /***/ /* /* SELECT */ SELECT */PRAGMA x', 'PRAGMA'],
  ['/* SELECT */-- SELECT\n/**/PRAGMA x', 'PRAGMA'],
  ['/*/ SELECT', undefined],
  ['-- SELECT', undefined],
  ['', undefined],
  ['- SELECT', '-'],
  ['/ SELECT', '/'],
  ['"PRAGMA" x', '"'],
])('%j begins with %j', (sql, begins) => {
  expect(firstWord(sql)).toBe(begins);
});

test.each(['/**/', '--\n', '(', '/*', '/* /**/'])('10 000 times %j takes no time', (comment) => {
  const begun = performance.now();
  firstWord(`${comment.repeat(10_000)} PRAGMA x`);
  firstWord(`${comment.repeat(10_000)} 7`);
  expect(performance.now() - begun).toBeLessThan(500);
});

import { describe, expect, test } from '@jest/globals';
import { isExactNumber, isObject, parseExactly } from '../../../functions/rows/json.ts';
import { nastyNumbers } from '../convert/properties/json-source.ts';
import { canonical, treeOf } from '../convert/properties/json-tree.ts';

// biome-ignore format: a list
const numbers = [
  ...nastyNumbers, '0.0', '-0.00', '-0E+5', '-0.0e-7', '-5.00', '1E3', '1e+03', '0.1', '12345678901234.5', '123456789012345.6', '1.5e-7',
  '999999999999999e22', '1e99', '1e100', '1e308', '1e309', '123456789012345e-20', '1e22', '1e23', '1.0000000000000000000001',
];

describe('parsing exactly', () => {
  test.each(numbers)('keeps the value of %s when it is written again', (number) => {
    for (const text of [`[${number}]`, `{"a":{"b":${number}}}`, `[${number},1e-999]`]) {
      expect(canonical(treeOf(JSON.stringify(parseExactly(text))))).toBe(canonical(treeOf(text)));
    }
  });

  test.each([
    '{"a":[1,"x",null,true,{"b":{}}]}',
    '"12345678901234567890"',
    '{"__proto__":{"x":12345678901234567890},"constructor":-0,"toJSON":1,"":2}',
    '{"text":"-0 and 1e400 and 12345678901234567890"}',
  ])('gives %s back as it was', (text) => {
    expect(JSON.stringify(parseExactly(text))).toBe(text);
  });

  test('does not make a prototype of a member named __proto__', () => {
    for (const text of ['{"__proto__":{"x":1}}', '{"__proto__":{"x":1},"n":12345678901234567890}']) {
      const object = parseExactly(text) as object;
      expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
      expect(Object.keys(object)).toContain('__proto__');
    }
  });

  test('tells an exact number from an object with a member rawJSON', () => {
    const [number, object] = parseExactly('[12345678901234567890,{"rawJSON":"1"}]') as unknown[];
    expect([isExactNumber(number), isObject(number)]).toEqual([true, false]);
    expect([isExactNumber(object), isObject(object)]).toEqual([false, true]);
  });
});

import { describe, expect, test } from '@jest/globals';
import { isExactNumber, isObject, parseExactly } from '../../../functions/rows/json.ts';

/** A decimal's value without its spelling: sign, digits without zeros at the ends, power of ten. */
function decimalOf(number: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  const power = Number(exponent) - fraction.length + (digits.length - significant.length);
  return significant === '' ? `${sign}0` : `${sign}${significant}e${power}`;
}

const numbers = [
  ...[
    '0',
    '-0',
    '0.0',
    '-0.0',
    '-0.00',
    '-0e0',
    '-0E+5',
    '-0.0e-7',
    '0e999',
    '5.0',
    '-5.00',
    '1e3',
    '1E3',
    '1e+03',
  ],
  ...[
    '2147483647',
    '-2147483648',
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
    '-9007199254740993',
  ],
  ...[
    '9223372036854775807',
    '-9223372036854775808',
    '9223372036854775808',
    '123456789012345',
    '1234567890123456',
  ],
  ...[
    '0.1',
    '0.30000000000000004',
    '0.1000000000000000055',
    '12345678901234.5',
    '123456789012345.6',
    '1.5e-7',
  ],
  ...[
    '999999999999999e22',
    '1e99',
    '1e100',
    '1e308',
    '1.7976931348623157e308',
    '1e309',
    '1e400',
    '-1e400',
    '5e-324',
  ],
  ...[
    '1e-400',
    '4.9e-324',
    '123456789012345e-20',
    '1e22',
    '1e23',
    '1.0000000000000000000001',
    '100000000000000000000',
  ],
];

describe('parsing exactly', () => {
  test.each(numbers)('%s keeps its value when it is written again', (number) => {
    for (const text of [`[${number}]`, `{"a":{"b":${number}}}`, `[${number},1e-999]`]) {
      const written = JSON.stringify(parseExactly(text));
      expect(written.match(/-?\d[\d.eE+-]*/g)?.map(decimalOf)).toEqual(
        text.match(/-?\d[\d.eE+-]*/g)?.map(decimalOf),
      );
    }
  });

  test.each([
    '{"a":[1,"x",null,true,{"b":{}}]}',
    '"12345678901234567890"',
    '{"__proto__":{"x":12345678901234567890},"constructor":-0,"toJSON":1,"":2}',
    '{"text":"-0 and 1e400 and 12345678901234567890"}',
  ])('%s comes back as it was', (text) => {
    expect(JSON.stringify(parseExactly(text))).toBe(text);
  });

  test('does not make a prototype of a member named __proto__', () => {
    for (const text of ['{"__proto__":{"x":1}}', '{"__proto__":{"x":1},"n":12345678901234567890}']) {
      const object = parseExactly(text) as object;
      expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
      expect(Object.keys(object)).toContain('__proto__');
    }
  });

  test('an exact number is no object, and an object with a member rawJSON no exact number', () => {
    const [number, object] = parseExactly('[12345678901234567890,{"rawJSON":"1"}]') as unknown[];
    expect([isExactNumber(number), isObject(number)]).toEqual([true, false]);
    expect([isExactNumber(object), isObject(object)]).toEqual([false, true]);
  });
});

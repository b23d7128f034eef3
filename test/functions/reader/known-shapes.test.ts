import { describe, expect, test } from '@jest/globals';
import { type AnswerShapes, answerShapes } from '../../../functions/reader/answer-shapes.ts';
import type { AnswerRows } from '../../../functions/rows/answer-rows.ts';
import { PermanentError } from '../../../shared/errors.ts';
import fc, { runs } from '../../fast-check.ts';
import { columnsFrom, everyType } from '../convert/converted.ts';

/** No record is read by its shape: each is parsed. */
const parseAll = () => undefined;

/** What a text becomes: its columns, or the failure and its place. (What follows a value, JSON.parse says in its own words.) */
function outcomeOf(
  text: string | Uint8Array,
  pieceBytes?: number,
  shapesOf?: (rows: AnswerRows) => AnswerShapes | undefined,
): unknown {
  try {
    return columnsFrom(text, everyType, pieceBytes, shapesOf);
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    return { code: error.code, place: /^.*? (is|has|names) /.exec(error.message)?.[0] };
  }
}

/** How many records of a text are read by their shape. */
function knownRecords(text: string): number {
  let known = 0;
  columnsFrom(text, everyType, undefined, (rows) => {
    const shapes = answerShapes(rows);
    return {
      needsEnd: shapes.needsEnd,
      read(window, limit, parsed) {
        const end = shapes.read(window, limit, parsed);
        if (end >= 0) known += 1;
        return end;
      },
      learn: (answer) => shapes.learn(answer),
    };
  });
  return known;
}

const strings = [
  '""', '"Oslo"', '"São Paulo 日本 🚴"', '"a\\"b"', '"\\\\"', '"\\u00e4"', '"\\ud800"', '"\\ud83d\\udeb4"', '"a\\u0000b"',
  '"a\nb"', '"a\tb"', '"unended', '"bad \\x escape"', '"{\\"a\\":1}"', '"}"', '"]"', '","', '"null"', '"\u007f"', '"\ufeff"',
]; // biome-ignore format: a list
const numbers = [
  '0', '-0', '0.0', '-0.0', '00', '01', '-1', '-', '+1', '.5', '5.', '5.0', '21.6', '-21.60', '0.1', '0.30000000000000004',
  '1e3', '1E400', '1e-400', '123456789', '1234567890', '999999999', '4294967296', '2147483647', '2147483648', '-2147483648',
  '-2147483649', '999999999999999', '9999999999999999', '9007199254740993', '9223372036854775807', '9223372036854775808',
  '0.000000000000001', '123456.789012345', '1795323600', '-62135596800', '253402300799', '253402300800', '1795323600.5',
  '12345678901234567890', '-999999999999999', 'NaN', 'Infinity', '0x10', '1_000', '1 2',
]; // biome-ignore format: a list
const others = [
  'null',
  'nul',
  'nulll',
  'true',
  'false',
  '[]',
  '[1]',
  '{}',
  '{"a":1}',
  '',
  'undefined',
  '"x""y"',
  '1,',
  '1}',
];

const plain = { string: '"x"', double: '1.5', int: '7', bigint: '8', date: '"2026-11-22"', timestamp: '9' };

function record(values: Partial<Record<keyof typeof plain, string>>, separator = ','): string {
  const members = Object.entries(values).map(([name, value]) => `"${name}":${value}`);
  return `{"a":{${members.join(separator)}}}`;
}

const value = fc.oneof(
  fc.constantFrom(...strings),
  fc.constantFrom(...numbers),
  fc.constantFrom(...others),
  fc.double().map((number) => JSON.stringify(number)),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((number) => number.toFixed(2)),
  fc.maxSafeInteger().map(String),
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
);
const good = fc.record({
  string: fc.constantFrom('"Oslo"', '"Nice"', '"Zürich"', 'null'),
  double: fc.constantFrom('21.6', '-3', '0', '1013.25', 'null'),
  int: fc.constantFrom('0', '1', '-40', '100'),
  bigint: fc.constantFrom('1795323600', '0'),
  timestamp: fc.constantFrom('1795323600', '1795327200'),
});
const odd = fc
  .record({ string: value, double: value, int: value, bigint: value, timestamp: value }, { requiredKeys: [] })
  .chain((values) =>
    fc
      .tuple(
        good,
        fc.constantFrom(',', ', ', ' , \r\n', ',,'),
        fc.subarray(Object.keys(values)),
        fc.boolean(),
      )
      .map(([rest, separator, kept, isWhole]) => {
        const chosen = Object.fromEntries(Object.entries(values).filter(([name]) => kept.includes(name)));
        return record(isWhole ? { ...rest, ...chosen } : chosen, separator);
      }),
  );
const twice = fc
  .tuple(good, value, fc.constantFrom('string', 'int', 'a'))
  .map(([values, again, name]) => record(values).replace(/}}$/, `,"${name}":${again}}}`));
const records = fc.array(
  fc.oneof({ arbitrary: good.map((values) => record(values)), weight: 6 }, odd, twice),
  {
    minLength: 1,
    maxLength: 12,
  },
);
/** Lines, or an array, in the forms that records come in. */
const texts = fc
  .tuple(records, fc.constantFrom('\n', '\r\n', ' \n\n', ','), fc.boolean())
  .map(([parts, separator, isIndented]) => {
    const whole = [record(plain), ...parts];
    if (separator !== ',') return whole.join(separator);
    return isIndented ? `[\n  ${whole.join(',\n  ')}\n]` : `[${whole.join(',')}]`;
  });
const pieceBytes = fc.constantFrom(1, 7, 64, 1_000);

describe('a record that is read by its shape becomes the row, or the failure, that parsing gives:', () => {
  test.each([...strings, ...numbers, ...others])('with the value %j in any column [known-shapes]', (odd) => {
    for (const name of Object.keys(plain)) {
      const lines = [record(plain), record(plain), record({ ...plain, [name]: odd }), record(plain)];
      for (const text of [lines.join('\n'), `[${lines.join(',')}]`]) {
        expect(outcomeOf(text)).toEqual(outcomeOf(text, undefined, parseAll));
      }
    }
  });

  test('whatever comes [known-shapes]', () => {
    fc.assert(
      fc.property(texts, pieceBytes, (text, length) => {
        expect(outcomeOf(text, length)).toEqual(outcomeOf(text, undefined, parseAll));
      }),
      { numRuns: runs(250) },
    );
  });

  test('whatever was damaged [known-shapes]', () => {
    const damage = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      remove: fc.nat(3),
      insert: fc.uint8Array({ maxLength: 3 }),
    });
    fc.assert(
      fc.property(
        texts,
        fc.array(damage, { minLength: 1, maxLength: 3 }),
        pieceBytes,
        (text, damages, length) => {
          let bytes = Buffer.from(text);
          for (const { at, remove, insert } of damages) {
            const place = Math.floor(at * bytes.length);
            bytes = Buffer.concat([bytes.subarray(0, place), insert, bytes.subarray(place + remove)]);
          }
          expect(outcomeOf(bytes, length)).toEqual(outcomeOf(bytes, undefined, parseAll));
        },
      ),
      { numRuns: runs(250) },
    );
  });
});

describe('a shape', () => {
  const again = (text: string, separator = '\n') => [text, text, text].join(separator);

  test.each([
    ['lines', again(record(plain))],
    ['an array', `[${again(record(plain), ',')}]`],
    ['an indented array', `[\n${again(record(plain, ',\n  '), ',\n')}\n]`],
    [
      'other values of the same form',
      `${record(plain)}\n${record({ ...plain, string: '"Zürich"', int: '-40' })}\n${record({ ...plain, double: 'null' })}`,
    ],
    ['objects that are empty', again('{"a":{}}')],
    ['undeclared scalars', again('{"new":1,"a":{"int":1,"b.c":"x"}}')],
  ])('is read again: %s', (_what, text) => {
    expect(knownRecords(text)).toBe(2);
  });

  test('is kept beside others', () => {
    const [one, other] = [record(plain), record({ int: '1', string: '"x"' })];
    expect(knownRecords([one, other, one, other, one].join('\n'))).toBe(3);
  });

  test.each([
    ['an undeclared object', '{"a":{"int":1},"new":{}}'],
    ['an array', '{"a":{"int":1},"b":[]}'],
    ['null for an object', '{"a":null}'],
    ['an escaped name', '{"a":{"in\\u0074":1}}'],
  ])('is not learned of a record with %s', (_what, text) => {
    expect(knownRecords(again(text))).toBe(0);
  });
});

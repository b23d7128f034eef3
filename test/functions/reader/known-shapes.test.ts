import { describe, expect, test } from '@jest/globals';
import type { Dataset } from '../../../shared/dataset.ts';
import { weatherapiCurrent } from '../../../shared/datasets/weatherapi-current.ts';
import fc, { runs } from '../../fast-check.ts';
import { everyType } from '../convert/converted.ts';
import { nastyDates, nastyNames } from '../convert/properties/json-source.ts';
import { undeclaredMembers } from '../convert/properties/undeclared.ts';
import { expectAsParsed, noneSeen, seenIn } from './outcome.ts';

/** With a column of each type in `a`. */
const dataset = { ...everyType, ignored: ['b'] };

const strings = [
  '""', '"Oslo"', '"São Paulo 日本 🚴"', '"a\\"b"', '"\\\\"', '"\\u00e4"', '"\\ud800"', '"\\ud83d\\udeb4"', '"a\\u0000b"',
  '"a\nb"', '"a\tb"', '"unended', '"bad \\x escape"', '"{\\"a\\":1}"', '"}"', '"]"', '","', '"null"', '"\u007f"', '"\ufeff"',
  '"\u2028\u2029\u0085"', '"a\u001fb"', '"\\/"', '"\\\\ud800"', '"\ufffd"', '" "', '"1.50"', '"{\\"new\\":1}"',
]; // biome-ignore format: a list
const numbers = [
  '0', '-0', '0.0', '-0.0', '00', '01', '-1', '-', '+1', '.5', '5.', '5.0', '21.6', '-21.60', '0.1', '0.30000000000000004',
  '1e3', '1E400', '1e-400', '123456789', '1234567890', '999999999', '4294967296', '2147483647', '2147483648', '-2147483648',
  '-2147483649', '999999999999999', '9999999999999999', '9007199254740993', '9223372036854775807', '9223372036854775808',
  '0.000000000000001', '123456.789012345', '1795323600', '-62135596800', '253402300799', '253402300800', '1795323600.5',
  '12345678901234567890', '-999999999999999', 'NaN', 'Infinity', '0x10', '1_000', '1 2',
  '1.0', '1.50', '0.10', '100', '1e21', '1e-0', '1e-00', '1e003', '-0.0000001', '0.0000001', '0.000001', '0.0000010', '0.00000099',
  '-0.000001', '0.00001', '123456789012345', '-123456789012345', '1234567890123456', '12345678901234.5', '1234567890123.50',
  '0.10000000000000', '0.1000000000000', '12345678901234.0', '0.00000123456789', '100000000000000000000', '0.00', '-0.00',
]; // biome-ignore format: a list
const others = [
  'null', 'nul', 'nulll', 'nulx', 'true', 'tru', 'truee', 'trux', 'True', 'false', 'falsey', 'falsx', '[]', '[1]', '{}', '{"a":1}',
  '', 'undefined', '"x""y"', "'x'", '1,', '1}',
]; // biome-ignore format: a list

const plain = { string: '"x"', double: '1.5', int: '7', bigint: '8', date: '"2026-11-22"', timestamp: '9' };

function record(values: Readonly<Record<string, string>>, separator = ','): string {
  const members = Object.entries(values).map(([name, value]) => `"${name}":${value}`);
  return `{"a":{${members.join(separator)}}}`;
}

/** A record with undeclared members behind those of its object, and others around the object. */
function drifted(text: string, inner: readonly string[], outer: readonly string[]): string {
  const members = text.slice('{"a":{'.length, -'}}'.length);
  const object = `"a":{${[...(members ? [members] : []), ...inner].join()}}`;
  return `{${outer.toSpliced(1, 0, object).join()}}`;
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
const parts = (weight: number) =>
  fc.oneof({ arbitrary: good.map((values) => record(values)), weight }, odd, twice);
const records = fc.oneof(
  fc.array(parts(6), { minLength: 1, maxLength: 12 }),
  fc
    .boolean()
    .chain((isOdd) => fc.tuple(undeclaredMembers([], isOdd), undeclaredMembers(['a', 'b'], isOdd)))
    .chain(([inner, outer]) => {
      const part = fc.tuple(parts(40), inner, outer).map((each) => drifted(...each));
      return fc.array(part, { minLength: 3, maxLength: 12 });
    }),
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
  const values = [...strings, ...numbers, ...nastyDates, ...others];

  test.each(values)('with the value %j in any column [known-shapes]', (odd) => {
    for (const name of Object.keys(plain)) {
      const lines = [plain, plain, { ...plain, [name]: odd }, plain].map((values) => record(values));
      const beside = lines.map((line) => drifted(line, ['"new":1.50'], ['"remark":"x"']));
      expectAsParsed([...lines, ...beside].join('\n'), dataset);
      expectAsParsed(`[${lines.join(',')}]`, dataset);
    }
  });

  /** Where `$` is. */
  const places = [
    drifted(record(plain), ['"new":$'], []),
    drifted(record(plain), ['"remark":"x"', '"new":$', '"is_new":true'], ['"before":null', '"after":2.0']),
    drifted(record(plain), [], ['"new":$']),
    drifted(record(plain), [], ['"b":{"new":$}', '"hail_cm":1.50']),
    drifted('{"a":{}}', ['"new":$'], []),
  ];

  test.each(values)('with the value %j where nothing is declared [known-shapes]', (odd) => {
    for (const place of places) {
      // Of the form of each, it comes as the third one, and as the first one of its own form.
      const lines = ['2.5', '"x"', 'null', 'true'].flatMap((one) => [one, one, odd, odd, one]);
      expectAsParsed(lines.map((value) => place.replace('$', () => value)).join('\n'), dataset);
    }
  });

  test.each(nastyNames)('with the undeclared name %j [known-shapes]', (name) => {
    const values = ['1.50', '2.0', '3', '"x"', '"y"'];
    for (const place of places.map((each) => each.replaceAll('"new"', () => JSON.stringify(name))))
      expectAsParsed(values.map((value) => place.replace('$', () => value)).join('\n'), dataset);
  });

  const known = drifted(record(plain), ['"new":1'], ['"remark":"x"']);
  const long = 'ä'.repeat(35_000);

  test.each<[what: string, odd: string | Uint8Array]>([
    ['a long text', known.replace('k":"x"', `k":"${long}"`)],
    ['a long name', known.replace('"new"', `"${long}"`)],
    ['a text that is not UTF-8', Buffer.from(known.replace('k":"x"', 'k":"x\xff"'), 'latin1')],
    ['half a character', Buffer.from(known.replace('k":"x"', 'k":"\xc3"'), 'latin1')],
    ['half a surrogate pair in bytes', Buffer.from(known.replace('k":"x"', 'k":"\xed\xa0\x80"'), 'latin1')],
    ['a name that is not UTF-8', Buffer.from(known.replace('"new"', '"new\xff"'), 'latin1')],
    ['an escaped name', known.replace('"new"', '"n\\u0065w"')],
    ['a declared name that is escaped', known.replace('"int"', '"\\u0069nt"')],
    ['no member that was there', known.replace(',"new":1', '')],
    ['one more member', known.replace('"new":1', '"new":1,"newer":2')],
    ['the members in another order', drifted(record(plain), ['"remark":"x"'], ['"new":1'])],
    ['a name in two objects', known.replace('"remark"', '"new"')],
    ['a name twice', known.replace('"new":1', '"new":1,"new":1')],
    ['a name twice, spelled otherwise', known.replace('"new":1', '"new":1,"\\u006eew":1')],
    ['a name twice, at the top', known.replace('"remark":"x"', '"remark":"x","remark":"x"')],
    ['names that are sorted as numbers', known.replace('"new":1', '"10":1,"9":2,"b":3,"01":4')],
    ['no declared value', drifted('{"a":{}}', ['"new":1'], ['"remark":"x"'])],
    ['null for the object', '{"a":null,"remark":"x"}'],
    ['a scalar for the object', '{"a":1.50,"remark":"x"}'],
    ['an undeclared object', known.replace('k":"x"', 'k":{"new":1.50}')],
    ['nothing declared', '{"new":1,"remark":"x"}'],
    ['no end', known.slice(0, -1)],
  ])('with %s [known-shapes]', (_what, odd) => {
    const lines = [known, known, odd, odd, known].flatMap((each) => [Buffer.from(each), Buffer.from('\n')]);
    for (const length of [1, 7, 64, 100_000]) expectAsParsed(Buffer.concat(lines), dataset, length);
  });

  test.each(['{"uv":null,"new":1}', '{"new":1}', '{"uv":"1","new":1}'])(
    'with %s for a required part [known-shapes]',
    (current) => {
      const line = (each: string) => `{"location":{"lat":2},"current":${each},"new":1}`;
      const known = line('{"uv":1,"new":1}');
      expectAsParsed([known, known, line(current), known].join('\n'), weatherapiCurrent);
    },
  );

  test('whatever comes [known-shapes]', () => {
    const seen = noneSeen();
    fc.assert(
      fc.property(texts, pieceBytes, (text, length) => expectAsParsed(text, dataset, length, seen)),
      { numRuns: runs(250) },
    );
    expect(seen.rescued).toBeGreaterThan(seen.answers / 10);
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
          expectAsParsed(bytes, dataset, length);
        },
      ),
      { numRuns: runs(250) },
    );
  });
});

describe('a shape', () => {
  const again = (text: string, separator = '\n') => [text, text, text].join(separator);
  const knownIn = (text: string) => seenIn(text, dataset).known;

  test('is learned of answers that come after many others', () => {
    const unreadable = '{"a":{"int":1},"new":[]}\n'.repeat(64);
    // Of so many, only every 64th is looked at.
    expect(knownIn(unreadable + `${record(plain)}\n`.repeat(200))).toBe(136);
  });

  test('is learned of an answer of which a value has to be parsed', () => {
    const escaped = `${record({ ...plain, string: '"\\u00d8"' })}\n`;
    expect(knownIn(escaped.repeat(64) + `${record(plain)}\n`.repeat(10))).toBe(10);
  });

  test('keeps the order of what is rescued where JavaScript puts an object first for its name', () => {
    const fields = ['1.x', 'z'].map(
      (path) => ({ column: path.replace('1.', ''), path, type: 'int', meaning: '' }) as const,
    );
    const [table] = dataset.tables;
    const digits: Dataset = { ...dataset, tables: table ? [{ ...table, fields }] : [] };
    expectAsParsed('{"new":1,"z":1,"1":{"x":2,"n":3}}\n'.repeat(3), digits);
  });

  test.each([
    ['lines', again(record(plain))],
    ['an array', `[${again(record(plain), ',')}]`],
    ['an indented array', `[\n${again(record(plain, ',\n  '), ',\n')}\n]`],
    [
      'other values of the same form',
      `${record(plain)}\n${record({ ...plain, string: '"Zürich"', int: '-40' })}\n${record({ ...plain, double: 'null' })}`,
    ],
    ['objects that are empty', again('{"a":{}}')],
  ])('is read again: %s', (_what, text) => {
    expect(knownIn(text)).toBe(2);
  });

  const plainValues = [
    '0', '-3', '1.0', '0.10', '21.60', '0.000001', '0.0000010', '123456789012345', '"x"', '""', '"Zürich"', '"\u2028\u007f"', 'true',
    'false', 'null',
  ]; // biome-ignore format: a list

  test.each(plainValues)('is read again with an undeclared %j, in any place', (value) => {
    for (const record of [
      `{"a":{"int":1,"new":${value}}}`,
      `{"new":${value},"a":{"int":1}}`,
      `{"a":{"new":${value}},"a.b":${value}}`,
      `{"a":{"int":1,"é":${value}},"__proto__":${value}}`,
    ])
      expect(seenIn(again(record), dataset)).toEqual({ answers: 3, known: 2, rescued: 2 });
  });

  test('is kept beside others', () => {
    const [one, other] = [record(plain), record({ int: '1', string: '"x"' })];
    expect(knownIn([one, other, one, other, one].join('\n'))).toBe(3);
  });

  test.each([
    ['an undeclared object', '{"a":{"int":1},"new":{}}'],
    ['an undeclared array', '{"a":{"int":1},"new":[1]}'],
    ['an array', '{"a":{"int":1},"b":[]}'],
    ['null for an object', '{"a":null}'],
    ['an escaped name', '{"a":{"in\\u0074":1}}'],
    ['an undeclared name that is escaped', '{"a":{"int":1,"n\\u0065w":1}}'],
    ['an undeclared name of digits', '{"a":{"int":1,"42":1}}'],
  ])('is not learned of a record with %s', (_what, text) => {
    expect(knownIn(again(text))).toBe(0);
  });
});

import fc from '../../../fast-check.ts';

// All of these are source text, not values: how something is written is part of what is tried.

// biome-ignore format: a list
export const nastyNumbers = [
  '0', '-0', '-0.0', '-0e0', '0e999', '0.10', '5.0', '5.00000000000000000000', '1e3', '1E+003', '21.6', '-3', '1e400', '-1e400',
  '1e-400', '1e16', '15e-1', '5e-324', '4.9e-324', '1.7976931348623157e308', '1.8e308', '0.30000000000000004', '1234567890.00000e0',
  '0.1000000000000000055511151231257827', '123456789012345', '1234567890123456', '999999999999999.9', '0.000000000000001',
  '2147483647', '2147483648', '-2147483648', '-2147483649', '2147483647.00000000001', '9007199254740991', '9007199254740992',
  '9007199254740993', '-9007199254740992', '-9007199254740993', '9007199254740993.0', '9007199254740993.5', '9223372036854775000',
  '9223372036854775807', '9223372036854775808', '-9223372036854775808', '-9223372036854775809', '12345678901234567890',
  '1795323600', '1795323600000', '1795323600.5', '-62135596800', '-62135596801', '253402300799', '253402300800',
  '7'.repeat(400), `0.${'0'.repeat(400)}1`, `${'9'.repeat(400)}e-400`, '1e99999999999999999999',
  '-2147483648.0', '123456789012345e1', '1e003', '1.00000000000000000000001', '0.00000000000000000000001', '9223372036854775807.0', '1e17',
  '1.0', '1.50', '100', '1e21', '-0.0000001', '0.000001', '0.0000010', '12345678901234.50', '0.10000000000000', '1e-0', '1e-00',
  '0.0', '-0.00', '-0E+5', '-0.0e-7', '999999999999999e22', '123456789012345e-20', '1e22', '1e23', '1.5e-7', '12345678901234.5',
];

// biome-ignore format: a list
export const nastyStrings = [
  '""', '"null"', '"21.6"', '"a\\u0000b"', '"\\ud800"', '"x\\udc00"', '"\\\\ud800"', '"\\\\\\ud800"', '"\\udc00\\ud800"', '"\\uD83D\\uDEB4"', '"\\/\\b\\f\\n\\r\\t\\"\\\\"',
  '"\\ufeff"', '"\ufeff"', '"\u2028\u0085\u007f"', '"}]"', '"\\\\"', '"\\",\\"b\\":1"', '"日本 🚴 ä a\u0308"', '"\uffff\ufdd0\u{10ffff}"',
];

// biome-ignore format: a list
export const nastyDates = [
  '"2026-11-22"', '"0001-01-01"', '"9999-12-31"', '"0000-12-31"', '"1582-10-10"', '"2026-02-29"', '"2000-02-29"', '"1900-02-29"',
  '"2026-13-01"', '"2026-00-10"', '"2026-1-2"', '"2026-11-2"', '"20261122"', '"2026-11-22T00:00"', '" 2026-11-22"', '"2026\\u002d11-22"',
  '"10000-01-01"', '"-001-01-01"', '"2026/11/22"', '20261122', '1795323600',
];

// biome-ignore format: a list
export const nastyNames = [
  '__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty', 'toJSON', 'rawJSON', 'length', 'then', '', '.', 'a.b', '..',
  'location.name', 'current', 'location', 'name', '[0]', 'x[""]', '"', '\\', '\0', '\ud800', '\\ud800', '.\ud800', 'tem\\u0', '\udc00x', 'é', 'e\u0301', '0', '-1', 'rescued',
];

const digits = (maxLength: number) =>
  fc
    .array(fc.constantFrom(...'00123456789'), { minLength: 1, maxLength })
    .map((all) => all.join('').replace(/^0+(?=.)/, ''));

export const number = fc.oneof(
  fc.constantFrom(...nastyNumbers),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.maxSafeInteger().map(String),
  fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }).map(String),
  fc
    .tuple(
      fc.constantFrom('', '-'),
      digits(22),
      fc.option(fc.array(fc.constantFrom(...'059'), { minLength: 1, maxLength: 20 })),
      fc.option(fc.tuple(fc.constantFrom('e', 'E', 'e+', 'e-'), fc.nat(420))),
    )
    .map(
      ([sign, whole, fraction, exponent]) =>
        `${sign}${whole}${fraction ? `.${fraction.join('')}` : ''}${exponent ? exponent.join('') : ''}`,
    ),
);

/** A string, written plainly or with an escape for each of its characters. */
function quoted(text: string, isEscaped: boolean): string {
  if (!isEscaped) return JSON.stringify(text);
  const escapes = Array.from({ length: text.length }, (_, index) =>
    text.charCodeAt(index).toString(16).padStart(4, '0'),
  );
  return `"${escapes.map((code) => `\\u${code}`).join('')}"`;
}

const escaped = fc.oneof({ arbitrary: fc.constant(false), weight: 9 }, fc.constant(true));

export const string = fc.oneof(
  fc.constantFrom(...nastyStrings),
  fc.tuple(fc.string({ unit: 'binary' }), escaped).map(([text, isEscaped]) => quoted(text, isEscaped)),
);

export const scalar = fc.oneof(number, string, fc.constantFrom('null', 'true', 'false', '{}', '[]'));

/** Space between tokens, of a line. */
export const space = fc.oneof({ arbitrary: fc.constant(''), weight: 8 }, fc.constantFrom(' ', '\t', ' \r '));

/** Of an object: both in source text. */
export interface Member {
  readonly name: string;
  readonly value: string;
}

export function objectOf(members: readonly Member[], gap = ''): string {
  return `{${members.map(({ name, value }) => `${gap}${name}${gap}:${gap}${value}${gap}`).join()}}`;
}

const anyName = fc.oneof(fc.constantFrom(...nastyNames), fc.string(), fc.string({ unit: 'binary' }));

/** Members of any names, each of them once; now and then one comes again, perhaps spelled otherwise. */
export function membersOf(value: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<Member[]> {
  const member = fc.record({ text: anyName, isEscaped: escaped, value });
  const again = fc.oneof(
    { arbitrary: fc.constant(undefined), weight: 400 },
    fc.record({ isEscaped: fc.boolean(), value }),
  );
  return fc
    .tuple(fc.uniqueArray(member, { selector: ({ text }) => text, maxLength }), again)
    .map(([each, twice]) => {
      const last = each.at(-1);
      const all = last && twice ? [...each, { text: last.text, ...twice }] : each;
      return all.map(({ text, isEscaped, value }) => ({ name: quoted(text, isEscaped), value }));
    });
}

/** Any JSON, of a few levels. */
export const anyJson = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc
      .tuple(fc.array(tie('value'), { maxLength: 4 }), space)
      .map(([all, gap]) => `[${gap}${all.join(`${gap},`)}]`),
    fc.tuple(membersOf(tie('value'), 4), space).map(([all, gap]) => objectOf(all, gap)),
  ),
})).value;

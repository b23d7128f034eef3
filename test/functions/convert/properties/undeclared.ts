import fc from '../../../fast-check.ts';
import { scalar, string } from './json-source.ts';

const names = ['hail_cm', 'remark', 'is_new', 'é', '日本', 'a.b', 'x[0]', '__proto__'];
/** They have an escape, are empty, or are of digits, which JavaScript puts before other names. */
// biome-ignore format: a list
const oddNames = ['x"y', '\\', '\t', '\ud800', '', '0', '42', '007', '-1', '1.5', 'toJSON', '\u007f', '\u2028'];

// biome-ignore format: a list
const numbers = [
  '0', '1', '-40', '100', '1.0', '5.0', '0.10', '1.50', '-21.60', '0.000001', '0.0000010', '-0.000123', '123456789', '1234567890',
  '123456789012345', '12345678901234.5', '0.00001234567890', '1795323600', '0.0000009', '-0.0000001',
];
// biome-ignore format: a list
const texts = ['"x"', '""', '"Zürich"', '"日本 🚴"', '"\u2028 \u007f"', '"}],:{["', `"${'ab'.repeat(200)}"`];

/** Values as a provider would send them. Those of one name are mostly of one kind. */
const kinds: readonly fc.Arbitrary<string>[] = [
  fc.oneof(
    fc.constantFrom(...numbers),
    fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => value.toFixed(2)),
  ),
  fc.oneof(
    fc.constantFrom(...texts),
    fc.string().map((text) => JSON.stringify(text)),
  ),
  fc.constantFrom('true', 'false'),
  fc.constant('null'),
];

/** In a text of these, a character stands for a byte that is not UTF-8, if the file is made by `bytesOf`. */
const broken = ['"a\uf8ffb"', '"\uf8ff"', '"a\tb"'];

/** The bytes of a text, with `\xff` for each U+F8FF. */
export function bytesOf(text: string): Uint8Array {
  return Buffer.from(Buffer.from(text).toString('latin1').replaceAll('\xef\xa3\xbf', '\xff'), 'latin1');
}

/** As no provider would send it: now and then it is gone, there twice, of another kind, in any spelling, or broken. */
function oddMember(opening: string, plain: fc.Arbitrary<string>): fc.Arbitrary<string[]> {
  const one = fc.oneof(
    { arbitrary: plain, weight: 60 },
    ...kinds.map((arbitrary) => ({ arbitrary, weight: 8 })),
    { arbitrary: string, weight: 10 },
    { arbitrary: scalar, weight: 20 },
    { arbitrary: fc.constantFrom(...broken), weight: 3 },
  );
  return fc.oneof(
    { arbitrary: one.map((value) => [`${opening}${value}`]), weight: 400 },
    { arbitrary: fc.constant<string[]>([]), weight: 20 },
    fc.tuple(one, one).map((values) => values.map((value) => `${opening}${value}`)),
  );
}

/**
 * Up to three members that are not declared in an object, for all objects of its form: the same names, and other values.
 * @param declared names that cannot be taken
 */
export function undeclaredMembers(
  declared: readonly string[],
  isOdd: boolean,
): fc.Arbitrary<fc.Arbitrary<string[]>> {
  const free = names.filter((each) => !declared.includes(each));
  const name = fc.oneof({ arbitrary: fc.constantFrom(...free), weight: 12 }, fc.constantFrom(...oddNames));
  const member = fc.tuple(name, fc.constantFrom(...kinds));
  return fc.uniqueArray(member, { selector: ([name]) => name, maxLength: 3 }).map((members) =>
    fc
      .tuple(
        ...members.map(([name, plain]) => {
          const opening = `${JSON.stringify(name)}:`;
          return isOdd ? oddMember(opening, plain) : plain.map((value) => [`${opening}${value}`]);
        }),
      )
      .map((each) => each.flat()),
  );
}

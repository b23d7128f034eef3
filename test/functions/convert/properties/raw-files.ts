import { weatherapiCurrent } from '../../../../shared/datasets/weatherapi-current.ts';
import fc from '../../../fast-check.ts';
import { anyJson, type Member, membersOf, number, objectOf, scalar, space, string } from './json-source.ts';

const plain = {
  string: fc.constantFrom('"Oslo"', '"Zürich"', '""', 'null'),
  double: fc.constantFrom('21.6', '-3', '0', '1013.25', '0.1', 'null'),
  int: fc.constantFrom('0', '1', '-40', '100', 'null'),
  bigint: fc.constantFrom('1795323600', '0', '-1'),
  timestamp: fc.constantFrom('1795323600', '1795327200', 'null'),
};

type Kind = keyof typeof plain;
interface Tree {
  [name: string]: Kind | Tree;
}

/** The declared fields as they are nested. */
const declared: Tree = {};
for (const { path, type } of weatherapiCurrent.tables[0].fields) {
  const names = path.split('.');
  const last = names.pop() as string;
  let tree = declared;
  for (const name of names) {
    tree[name] ??= {};
    tree = tree[name] as Tree;
  }
  tree[last] = type;
}

/**
 * Some of the declared fields in any order, beside members that nobody declared. Of nine values, so many are odd; here,
 * and below.
 */
function declaredMembers(tree: Tree, odd: number, minLength = 0, oddHere = odd): fc.Arbitrary<Member[]> {
  const all = Object.keys(tree);
  const known = fc.shuffledSubarray(all, { minLength, maxLength: Math.min(all.length, 12) }).chain((names) =>
    fc.tuple(
      ...names.map((name) => {
        const below = tree[name] as Kind | Tree;
        const good = typeof below === 'string' ? plain[below] : declaredObject(below, odd);
        return fc
          .oneof(
            { arbitrary: good, weight: 9 - oddHere },
            { arbitrary: fc.oneof(number, string, anyJson), weight: oddHere },
          )
          .map((value): Member => ({ name: JSON.stringify(name), value }));
      }),
    ),
  );
  const unknown = odd === 0 ? fc.constant([]) : membersOf(anyJson, 2);
  return fc
    .tuple(known, unknown, fc.boolean())
    .map(([each, others, isLast]) => (isLast ? [...others, ...each] : [...each, ...others]));
}

function declaredObject(tree: Tree, odd: number): fc.Arbitrary<string> {
  return fc.tuple(declaredMembers(tree, odd, 2), space).map(([members, gap]) => objectOf(members, gap));
}

/** The members of a record, with the parts that every record must have; now and then one of them is something else. */
export const recordMembers = fc.oneof(
  ...[0, 2, 6].map((odd) =>
    declaredMembers(declared, odd, weatherapiCurrent.required.length, odd === 6 ? 1 : 0),
  ),
);

const record = fc.tuple(recordMembers, space).map(([members, gap]) => objectOf(members, gap));

const mostly = (good: fc.Arbitrary<string>) => fc.oneof({ arbitrary: good, weight: 6 }, scalar);

/** Records that differ in nothing but their values, as those of one API do. */
const alike = fc
  .tuple(
    fc.array(fc.tuple(mostly(plain.string), mostly(plain.double), mostly(plain.timestamp)), {
      minLength: 2,
      maxLength: 8,
    }),
    fc.constantFrom('', '', ' ', '\n'),
    // Without these, some have nulls in all of a part, and are no data.
    fc.constantFrom('', '"lat":2,', '"lat":2,', '"lat":2,'),
  )
  .map(([all, gap, more]) =>
    all.map(
      ([name, temperature, time]) =>
        `{"location":{${more}"name":${name}},${gap}"current":{${more && '"uv":1,'}"temp_c":${temperature},"last_updated_epoch":${time}}}`,
    ),
  );

const records = fc
  .array(
    fc.oneof(
      record.map((one) => [one]),
      alike,
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((all) => all.flat());

/** The forms that records come in. */
const forms: readonly ((all: readonly string[]) => string)[] = [
  (all) => all.join('\n'),
  (all) => `${all.join('\r\n')}\r\n`,
  (all) => `\n \r\n${all.join(' \n\n\t')}\n\n`,
  (all) => `[${all.join(',')}]`,
  (all) => `[\n  ${all.join(',\n  ')}\n]\n`,
  (all) => `[${all.join('\n,')}]\n${all.join('\n')}`,
  (all) => all.map((one) => `[${one}]`).join('\n'),
  ([one = '']) => one.replace('{', '{\n'),
  (all) => `\ufeff${all.join('\n')}`,
  (all) => `{"bulk":[${all.map((one) => `{"query":${one}}`).join()}]}`,
  (all) => JSON.stringify(all.join('\n')),
  (all) => all.map((one) => JSON.stringify(one)).join('\n'),
  (all) => JSON.stringify(`\ufeff[${all.join(',\n')}]`),
];

/** The text of a raw file as it may come. */
export const rawText = fc.tuple(records, fc.constantFrom(...forms)).map(([all, form]) => form(all));

// biome-ignore format: a list
const strays = [
  '\n', '\r', '\ufeff', '\0', '"', '\\', ',', ':', '{', '}', '[', ']', '0', '-', '.', 'e9', ' ', 'null', '{"location":{"lat":2},"current":{"uv":1}}',
];

/** What happens to bytes on their way: some are lost, others come in. */
const damage = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  remove: fc.oneof(fc.nat(3), fc.nat(400)),
  insert: fc.oneof(
    fc.uint8Array({ maxLength: 3 }),
    fc.constantFrom(...strays).map((text) => Buffer.from(text)),
  ),
});

/** The bytes of a raw file that was damaged in up to three places. */
export const damagedFile = fc
  .tuple(rawText, fc.array(damage, { minLength: 1, maxLength: 3 }))
  .map(([text, damages]) => {
    let bytes = Buffer.from(text);
    for (const { at, remove, insert } of damages) {
      const place = Math.floor(at * bytes.length);
      bytes = Buffer.concat([bytes.subarray(0, place), insert, bytes.subarray(place + remove)]);
    }
    return bytes;
  });

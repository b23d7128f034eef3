import type { Dataset } from '../../../../shared/dataset.ts';
import { weatherapiCurrent } from '../../../../shared/datasets/weatherapi-current.ts';
import fc from '../../../fast-check.ts';
import {
  anyJson,
  type Member,
  membersOf,
  nastyDates,
  number,
  objectOf,
  scalar,
  space,
  string,
} from './json-source.ts';

const plain = {
  string: fc.constantFrom('"Oslo"', '"Zürich"', '""', 'null'),
  double: fc.constantFrom('21.6', '-3', '0', '1013.25', '0.1', 'null'),
  int: fc.constantFrom('0', '1', '-40', '100', 'null'),
  bigint: fc.constantFrom('1795323600', '0', '-1'),
  date: fc.constantFrom('"2026-11-22"', '"2024-02-29"', '"1969-12-31"', 'null'),
  timestamp: fc.constantFrom('1795323600', '1795327200', 'null'),
};

type Kind = keyof typeof plain;
/** The declared fields as they are nested; the name of an array ends in `[]`. */
interface Tree {
  [name: string]: Kind | Tree;
}

function declaredIn({ tables }: Dataset): Tree {
  const root: Tree = {};
  for (const { path, type } of tables.flatMap(({ fields }) => fields)) {
    const names = path.split('.');
    const last = names.pop() as string;
    let tree = root;
    for (const name of names) {
      tree[name] ??= {};
      tree = tree[name] as Tree;
    }
    tree[last] = type;
  }
  return root;
}

const bare = (name: string) => name.replace(/\[\]$/, '');

const odd = fc.oneof(number, string, fc.constantFrom(...nastyDates), anyJson);

/** Of nine values, so many are odd; here, and below. */
function declaredValue(below: Kind | Tree, isArray: boolean, odd: number): fc.Arbitrary<string> {
  if (typeof below === 'string') return plain[below];
  const one = declaredObject(below, odd);
  if (!isArray) return one;
  const element = odd === 0 ? one : fc.oneof({ arbitrary: one, weight: 8 }, anyJson);
  return fc
    .tuple(fc.array(element, { minLength: odd === 0 ? 1 : 0, maxLength: 3 }), space)
    .map(([all, gap]) => `[${gap}${all.join(`${gap},`)}]`);
}

/** Some of the declared fields in any order, beside members that nobody declared. */
function declaredMembers(tree: Tree, odds: number, minLength = 0, oddHere = odds): fc.Arbitrary<Member[]> {
  const all = Object.keys(tree);
  const known = fc.shuffledSubarray(all, { minLength, maxLength: Math.min(all.length, 12) }).chain((names) =>
    fc.tuple(
      ...names.map((name) =>
        fc
          .oneof(
            {
              arbitrary: declaredValue(tree[name] as Kind | Tree, name.endsWith('[]'), odds),
              weight: 9 - oddHere,
            },
            { arbitrary: odd, weight: oddHere },
          )
          .map((value): Member => ({ name: JSON.stringify(bare(name)), value })),
      ),
    ),
  );
  const unknown = odds === 0 ? fc.constant([]) : membersOf(anyJson, 2);
  return fc
    .tuple(known, unknown, fc.boolean())
    .map(([each, others, isLast]) => (isLast ? [...others, ...each] : [...each, ...others]));
}

function declaredObject(tree: Tree, odds: number): fc.Arbitrary<string> {
  const least = Math.min(2, Object.keys(tree).length);
  return fc.tuple(declaredMembers(tree, odds, least), space).map(([members, gap]) => objectOf(members, gap));
}

/** The members of an answer, with all that it may have at its top; now and then one of them is something else. */
export function answerMembers(dataset: Dataset): fc.Arbitrary<Member[]> {
  const declared = declaredIn(dataset);
  const { length } = Object.keys(declared);
  return fc.oneof(...[0, 2, 6].map((odds) => declaredMembers(declared, odds, length, odds === 6 ? 1 : 0)));
}

export const recordMembers = answerMembers(weatherapiCurrent);

const mostly = (good: fc.Arbitrary<string>) =>
  fc.oneof({ arbitrary: good, weight: 40 }, scalar, fc.constantFrom(...nastyDates));

/** Where an array of rows is: mostly in its place, now and then elsewhere, with an empty one in its place. */
const placements = [
  ...Array<string>(20).fill('$&'),
  '"x":{"$1":$2},"$1" :[]',
  '"$1": [],"x\\"$1":$2',
  '"$1":$2,"$1":[]',
];

/** What the text around an array of rows may be, and what an array that is elsewhere may be called. */
const openings = (name: string) =>
  fc.oneof(
    { arbitrary: fc.constant(`"${name}":`), weight: 30 },
    fc.constantFrom(
      `"${name}" :`,
      `"${name}": `,
      `"\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}":`,
    ),
  );

/**
 * Answers that differ in little but their values and the lengths of their arrays, as those of one API do. Some have arrays
 * with the name of one of rows in a place where rows are not expected.
 */
function alikeAnswers(dataset: Dataset): fc.Arbitrary<string[]> {
  return fc.constantFrom(false, false, true).chain((isOdd) => answersAlike(dataset, isOdd));
}

function answersAlike(dataset: Dataset, isOdd: boolean): fc.Arbitrary<string[]> {
  const arrays = dataset.tables.flatMap(({ rows }) => rows.split('.').filter((name) => name.endsWith('[]')));
  const formOf = (tree: Tree, isTop: boolean): fc.Arbitrary<fc.Arbitrary<string>> => {
    const names = Object.keys(tree);
    const minLength = isTop ? names.length : Math.min(2, names.length);
    return fc
      .tuple(
        fc.shuffledSubarray(names, { minLength, maxLength: Math.min(names.length, 12) }),
        ...names.map((name) => {
          const below = tree[name] as Kind | Tree;
          return typeof below === 'string'
            ? fc.constant(isOdd ? mostly(plain[below]) : plain[below])
            : fc
                .tuple(formOf(below, false), fc.nat(3))
                .map(([one, most]) =>
                  name.endsWith('[]')
                    ? fc
                        .array(one, { minLength: isOdd ? 0 : 1, maxLength: most + 1 })
                        .map((all) => `[${all.join()}]`)
                    : one,
                );
        }),
      )
      .map(([chosen, ...values]) => {
        const members = chosen.map((name) =>
          fc
            .tuple(openings(bare(name)), values[names.indexOf(name)] as fc.Arbitrary<string>)
            .map(([opening, value]) => `${opening}${value}`),
        );
        return fc
          .tuple(fc.tuple(...members), strayIn(tree), fc.boolean())
          .map(([all, stray, isFirst]) => `{${(isFirst ? [...stray, ...all] : [...all, ...stray]).join()}}`);
      });
  };
  const strayIn = (tree: Tree): fc.Arbitrary<string[]> => {
    const nested = Object.values(tree).some((below) => typeof below !== 'string');
    if (!isOdd || !nested || arrays.length === 0) return fc.constant([]);
    const rows = fc.array(fc.constantFrom('{"text":"x"}', '{"start":1}', '{"temp_c":1}', '1', 'null'), {
      maxLength: 2,
    });
    return fc.oneof<fc.MaybeWeightedArbitrary<string[]>[]>(
      { arbitrary: fc.constant([]), weight: 20 },
      fc
        .tuple(
          fc.constantFrom(...arrays.map(bare)),
          rows,
          fc.constantFrom('x', 'now', 'x\\"', 'twice', 'text'),
        )
        .map(([name, all, where]) => {
          const array = `${name}":[${all.join()}]`;
          if (where === 'x\\"') return [`"x\\"${array}`];
          if (where === 'twice') return [`"${array}`];
          if (where === 'text') return [`"y":${JSON.stringify(`"${array}`)}`];
          return [`"${where}":{"${array}}`];
        }),
    );
  };
  return formOf(declaredIn(dataset), true).chain((one) =>
    fc.array(
      fc
        .tuple(one, isOdd ? fc.constantFrom(...placements) : fc.constant('$&'))
        .map(([answer, place]) => answer.replace(/"(\w+)":(\[\{[^[\]]*\])/, place)),
      { minLength: 2, maxLength: 8 },
    ),
  );
}

function answersOf(dataset: Dataset): fc.Arbitrary<string[]> {
  const record = fc.tuple(answerMembers(dataset), space).map(([members, gap]) => objectOf(members, gap));
  const indented = fc.tuple(alikeAnswers(dataset), fc.constantFrom('\n', ' ')).map(([all, gap]) =>
    // Strings may hold a bracket or a comma too: then they have other content, which is as good.
    all.map((one) => one.replaceAll(/[{[,](?=")/g, (mark) => `${mark}${gap}`)),
  );
  return fc
    .array(
      fc.oneof(
        { arbitrary: record.map((one) => [one]), weight: 2 },
        { arbitrary: alikeAnswers(dataset), weight: 3 },
        indented,
      ),
      { minLength: 1, maxLength: 4 },
    )
    .map((all) => all.flat());
}

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
export function rawTextOf(dataset: Dataset): fc.Arbitrary<string> {
  return fc.tuple(answersOf(dataset), fc.constantFrom(...forms)).map(([all, form]) => form(all));
}

export const rawText = rawTextOf(weatherapiCurrent);

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
export function damagedFileOf(dataset: Dataset): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(rawTextOf(dataset), fc.array(damage, { minLength: 1, maxLength: 3 }))
    .map(([text, damages]) => {
      let bytes = Buffer.from(text);
      for (const { at, remove, insert } of damages) {
        const place = Math.floor(at * bytes.length);
        bytes = Buffer.concat([bytes.subarray(0, place), insert, bytes.subarray(place + remove)]);
      }
      return bytes;
    });
}

export const damagedFile = damagedFileOf(weatherapiCurrent);

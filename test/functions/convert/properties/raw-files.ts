import type { Dataset } from '../../../../shared/dataset.ts';
import { weatherapiCurrent } from '../../../../shared/datasets/weatherapi-current.ts';
import fc from '../../../fast-check.ts';
import { alikeAnswers } from './alike-answers.ts';
import { bare, declaredIn, type Kind, plain, type Tree } from './declared-tree.ts';
import {
  anyJson,
  type Member,
  membersOf,
  nastyDates,
  number,
  objectOf,
  space,
  string,
} from './json-source.ts';

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
function answerMembers(dataset: Dataset): fc.Arbitrary<Member[]> {
  const declared = declaredIn(dataset);
  const { length } = Object.keys(declared);
  return fc.oneof(...[0, 0, 2, 6].map((odds) => declaredMembers(declared, odds, length, odds === 6 ? 1 : 0)));
}

export const recordMembers = answerMembers(weatherapiCurrent);

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
      { minLength: 1, maxLength: 3 },
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

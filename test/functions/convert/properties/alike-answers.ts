import type { Dataset } from '../../../../shared/dataset.ts';
import fc from '../../../fast-check.ts';
import { bare, declaredIn, type Kind, plain, type Tree } from './declared-tree.ts';
import { nastyDates, scalar } from './json-source.ts';

const mostly = (good: fc.Arbitrary<string>) =>
  fc.oneof({ arbitrary: good, weight: 40 }, scalar, fc.constantFrom(...nastyDates));

/** Where an array of rows is: mostly in its place, now and then elsewhere, with an empty one in its place. */
const placements = [
  ...Array<string>(20).fill('$&'),
  '"x":{"$1":$2},"$1" :[]',
  '"$1": [],"x\\"$1":$2',
  '"$1":$2,"$1":[]',
];

/** How the name of a member is written. */
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
 * Answers that differ in little but their values and the lengths of their arrays, as those of one API do. Some have an array
 * in a wrong place that is named like an array of rows.
 */
export function alikeAnswers(dataset: Dataset): fc.Arbitrary<string[]> {
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

import type { Dataset } from '../../../../shared/dataset.ts';
import fc from '../../../fast-check.ts';
import { bare, declaredIn, type Kind, plain, type Tree } from './declared-tree.ts';
import { nastyDates, scalar } from './json-source.ts';
import { undeclaredMembers } from './undeclared.ts';

const mostly = (good: fc.Arbitrary<string>) =>
  fc.oneof({ arbitrary: good, weight: 40 }, scalar, fc.constantFrom(...nastyDates));

/** Where an array of rows is: mostly in its place, now and then elsewhere, with an empty one in its place. */
const placements = [
  ...Array<string>(20).fill('$&'),
  '"x":{"$1":$2},"$1" :[]',
  '"$1": [],"x\\"$1":$2',
  '"$1":$2,"$1":[]',
];

/** Elements of arrays that are no rows. */
const noRow = fc.constantFrom('{"new":1.50}', '{"remark":"x","new":true}', '{"new":null}', '{}', '1.50');

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
 * Answers that differ in little but their values and the lengths of their arrays, as those of one API do. Half of them have
 * undeclared members; some have an array in a wrong place that is named like an array of rows.
 */
export function alikeAnswers(dataset: Dataset): fc.Arbitrary<string[]> {
  return fc
    .tuple(fc.constantFrom(false, false, true), fc.boolean())
    .chain(([isOdd, isDrifting]) => answersAlike(dataset, isOdd, isDrifting));
}

function answersAlike(dataset: Dataset, isOdd: boolean, isDrifting: boolean): fc.Arbitrary<string[]> {
  const arrays = dataset.tables.flatMap(({ rows }) => rows.split('.').filter((name) => name.endsWith('[]')));
  /** @param prefix of the paths in the object */
  const formOf = (tree: Tree, prefix: string): fc.Arbitrary<fc.Arbitrary<string>> => {
    const names = Object.keys(tree);
    const minLength = prefix === '' ? names.length : Math.min(2, names.length);
    return fc
      .tuple(
        isDrifting ? strangersIn(tree, prefix) : fc.constant(fc.constant([])),
        fc.nat(12),
        fc.shuffledSubarray(names, { minLength, maxLength: Math.min(names.length, 12) }),
        ...names.map((name) => {
          const below = tree[name] as Kind | Tree;
          return typeof below === 'string'
            ? fc.constant(isOdd ? mostly(plain[below]) : plain[below])
            : fc.tuple(formOf(below, `${prefix}${name}.`), fc.nat(3)).map(([one, most]) =>
                name.endsWith('[]')
                  ? fc
                      .array(isOdd && isDrifting ? fc.oneof({ arbitrary: one, weight: 6 }, noRow) : one, {
                        minLength: isOdd ? 0 : 1,
                        maxLength: most + 1,
                      })
                      .map((all) => `[${all.join()}]`)
                  : one,
              );
        }),
      )
      .map(([strangers, place, chosen, ...values]) => {
        const members = chosen.map((name) =>
          fc
            .tuple(
              isOdd ? openings(bare(name)) : fc.constant(`"${bare(name)}":`),
              values[names.indexOf(name)] as fc.Arbitrary<string>,
            )
            .map(([opening, value]) => `${opening}${value}`),
        );
        return fc
          .tuple(fc.tuple(...members), strangers, strayIn(tree), fc.boolean())
          .map(([declared, others, stray, isFirst]) => {
            const all = declared.toSpliced(place, 0, ...others);
            return `{${(isFirst ? [...stray, ...all] : [...all, ...stray]).join()}}`;
          });
      });
  };
  /** Undeclared members, and ignored objects with such members in them. */
  const strangersIn = (tree: Tree, prefix: string): fc.Arbitrary<fc.Arbitrary<string[]>> => {
    const ignored = dataset.ignored
      .filter((path) => !isOdd && path.startsWith(prefix))
      .map((path) => path.slice(prefix.length))
      .filter((name) => !name.includes('.'));
    return fc
      .tuple(
        undeclaredMembers([...Object.keys(tree).map(bare), ...ignored], isOdd),
        ...ignored.map(() => undeclaredMembers([], isOdd)),
      )
      .map(([undeclared, ...below]) =>
        fc
          .tuple(undeclared, ...below)
          .map(([own, ...others]) => [
            ...own,
            ...others.map((members, index) => `"${ignored[index]}":{${members.join()}}`),
          ]),
      );
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
  return formOf(declaredIn(dataset), '').chain((one) =>
    fc.array(
      fc
        .tuple(one, isOdd ? fc.constantFrom(...placements) : fc.constant('$&'))
        .map(([answer, place]) => answer.replace(/"(\w+)":(\[\{[^[\]]*\])/, place)),
      { minLength: 2, maxLength: 8 },
    ),
  );
}

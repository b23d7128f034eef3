import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type FaultKind, faultKinds } from '../../../local/faults/seeded-faults.ts';
import { hour, type Stack, startStack } from '../../stack.ts';
import { History } from './history.ts';
import { play } from './play.ts';
import { RowSums } from './row-sums.ts';

/** Defines a test for each of these seeds. */
export function testSeeds(first: number, count: number): void {
  let stack: Stack;
  let sums: RowSums;
  let history: History;
  let queries = 0;
  const hits = new Map<FaultKind, number>();
  const isLong = count >= 50;

  beforeAll(async () => {
    stack = await startStack({ clocks: { 'reconcile-function': hour } });
    sums = await RowSums.start();
    history = new History(stack, sums);
  }, 60_000);
  afterEach(() => stack.clear());
  afterAll(async () => {
    await stack.close();
    history.close();
    sums.close();
    const counts = [...faultKinds.map((kind) => [hits.get(kind) ?? 0, kind]), [queries, 'queries answered']];
    if (isLong)
      console.log(counts.map(([count, what]) => `${String(count).padStart(6)}  ${what}`).join('\n'));
  });

  test.each(Array.from({ length: count }, (_, index) => first + index))(
    'whatever goes wrong, every raw object is converted or dead, and whoever queries the table sees whole days: seed %i [seeds]',
    async (seed) => {
      const { problems, faults, ...outcome } = await play(stack, seed, { history, sums }).catch(
        (error: unknown) => {
          throw new Error(`Seed ${seed} did not come to its end.\n${again(seed)}`, { cause: error });
        },
      );
      queries += outcome.queries;
      for (const { kind } of faults) hits.set(kind, (hits.get(kind) ?? 0) + 1);
      // Into a file or a pipe, jest prints nothing before the last seed has come to its end.
      if (count > 1 && !process.stdout.isTTY)
        process.stderr.write(`Seed ${seed}: ${problems.length} problems\n`);
      if (problems.length > 0) {
        const injected = faults.map(({ kind, where }) => `${kind}: ${where}`);
        throw new Error([...problems, again(seed), 'What went wrong on purpose:', ...injected].join('\n'));
      }
    },
    60_000,
  );

  // Two functions at work are not stepped through one by one: a handful of seeds may miss a kind.
  if (isLong) {
    test('that many seeds reach every kind of fault, and many queries are answered meanwhile', () => {
      expect(faultKinds.filter((kind) => !hits.has(kind))).toEqual([]);
      expect(queries).toBeGreaterThan(10 * count);
    });
  }
}

function again(seed: number): string {
  return `Run it again: npm run test:faults -- --seed ${seed}`;
}

import { type FaultKind, seededFaults } from '../../../local/faults/seeded-faults.ts';
import type { Stack } from '../../stack.ts';
import { ChangingWorld } from './changing-world.ts';
import { faultlessRun, unexpected } from './faultless-run.ts';
import { fetchHours, landedHours } from './hours.ts';
import { type Fate, problemsAfterFaults, problemsAfterRedrive, type Settled } from './oracle.ts';
import { rawObjects } from './traffic.ts';

/** What one seed did and showed. */
export interface Outcome {
  readonly problems: readonly string[];
  /** What went wrong on purpose, and where, in its order. */
  readonly faults: readonly { readonly kind: FaultKind; readonly where: string }[];
}

/** What leaves a raw object without a message: reconcile has to find it. */
const losses: readonly FaultKind[] = ['S3: event lost', 'S3: event before the object is visible'];

/**
 * Lets everything happen at once that a seed says: files are dropped, change and vanish, hours are fetched, and faults
 * hit all of it. Then what was lost is reconciled, the oracle is asked, dead letters are sent again without faults, and
 * the oracle is asked once more. What is right, a faultless run over the same raw objects says at the end.
 */
export async function play(stack: Stack, seed: number): Promise<Outcome> {
  const faults: { kind: FaultKind; where: string }[] = [];
  const objects = rawObjects(seed);
  const world = new ChangingWorld(stack, objects);
  stack.faults = world.with(seededFaults(seed, { onFault: (kind, where) => faults.push({ kind, where }) }));

  const [reported] = await Promise.all([fetchHours(stack, seed), world.begin()]);
  do await stack.runtime.settled();
  while (await world.changeNext());
  // What it has filed has an event of its own, which may be lost as well: a day for each.
  const lost = () => faults.filter(({ kind }) => losses.includes(kind)).length;
  for (let found = 0; found < lost(); ) {
    found = lost();
    const reconciled = await stack.reconcile();
    if (!reconciled.ok) throw new Error(`Reconcile failed: ${reconciled.error.message}`);
    await stack.runtime.settled();
  }
  const afterFaults = await settledState(stack);

  stack.faults = {};
  const hours = await landedHours(stack);
  const all = [...objects, ...hours];
  const deliveries = all.map(({ keys }) => keys.flatMap((key) => stack.deliveries(key)));
  await stack.redrive();
  await stack.runtime.settled();
  const afterRedrive = await settledState(stack);

  const { landed } = stack;
  const faultless = await faultlessRun(stack, all);
  const fates = all.map(
    ({ key, keys, curatedKey }, index): Fate => ({
      key,
      keys,
      curatedKey,
      faultless: faultless[index] ?? [],
      deliveries: deliveries[index] ?? [],
    }),
  );
  return {
    faults,
    problems: [
      ...reported.filter((key) => !landed.includes(key)).map((key) => `${key}: reported, but not landed`),
      ...hours
        .filter(({ key }) => landed.indexOf(key) !== landed.lastIndexOf(key))
        .map(({ key }) => `${key}: landed more than once`),
      ...unexpected(all, faultless),
      ...problemsAfterFaults(fates, afterFaults),
      ...problemsAfterRedrive(fates, afterRedrive),
    ],
  };
}

async function settledState(stack: Stack): Promise<Settled> {
  return {
    curated: await stack.curated(),
    letters: stack.letters(),
    openUploads: stack.runtime.emulator.openUploads(stack.outputs.CuratedBucketName),
  };
}

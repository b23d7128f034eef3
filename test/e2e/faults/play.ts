import { type FaultKind, seededFaults } from '../../../local/faults/seeded-faults.ts';
import {
  type Fate,
  problemsAfterFaults,
  problemsAfterRedrive,
  type Settled,
} from '../../../operations/break/oracle.ts';
import type { Stack } from '../../stack.ts';
import { ChangingWorld } from './changing-world.ts';
import { problemsOfDays, problemsOfDaysAfterRedrive, settledDays } from './days.ts';
import { faultlessRun, unexpected } from './faultless-run.ts';
import type { History } from './history.ts';
import { fetchHours, landedHours } from './hours.ts';
import { parts } from './parts.ts';
import { Reader } from './reader.ts';
import type { RowSums } from './row-sums.ts';
import { rawObjects } from './traffic.ts';

/** What one seed did and showed. */
export interface Outcome {
  readonly problems: readonly string[];
  /** What went wrong on purpose, and where, in its order. */
  readonly faults: readonly { readonly kind: FaultKind; readonly where: string }[];
  /** How many queries of the table were answered meanwhile. */
  readonly queries: number;
}

/** Who watches the table. */
export interface Watch {
  readonly history: History;
  readonly sums: RowSums;
}

/** What leaves an object without a message: reconcile has to find it. */
const losses: readonly FaultKind[] = ['S3: event lost', 'S3: event before the object is visible'];

/**
 * Lets everything happen at once that a seed says: files are dropped, change and vanish, hours are fetched, curated
 * objects come, go and come back, somebody queries the table, and faults hit all of it. Then what was lost is reconciled,
 * the oracle is asked, dead letters are sent again without faults, and the oracle is asked once more. What is right, a
 * faultless run over the same raw objects says at the end.
 */
export async function play(stack: Stack, seed: number, { history, sums }: Watch): Promise<Outcome> {
  const faults: { kind: FaultKind; where: string }[] = [];
  const objects = rawObjects(seed);
  const added = await parts(seed);
  const world = new ChangingWorld(stack, [...objects, ...added]);
  history.begin();
  const table = stack.runtime.emulator.pathOf(stack.outputs.CompactedBucketName, 'weatherapi/current');
  const reader = new Reader(history, sums, `${table}/*/*.parquet`);
  // Without losses, each second time: then all has to be right without reconcile.
  const without = new Set(seed % 2 === 0 ? losses : []);
  const onFault = (kind: FaultKind, where: string) => faults.push({ kind, where });
  stack.faults = world.with(seededFaults(seed, { without, onFault }));

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
  await reader.stop();
  const isConverted = (key: string) => !added.some((part) => part.key === key);
  const afterFaults = await settledState(stack, isConverted);
  const daysAfterFaults = await settledDays(stack);

  stack.faults = {};
  const hours = await landedHours(stack);
  const all = [...objects, ...hours];
  const deliveries = all.map(({ keys }) => keys.flatMap((key) => stack.deliveries(key)));
  await stack.redrive();
  await stack.runtime.settled();
  const afterRedrive = await settledState(stack, isConverted);
  const daysAfterRedrive = await settledDays(stack);
  const prefixes = daysAfterRedrive.map(({ prefix }) => prefix);
  const problemsOfTable = [
    ...problemsOfDays(daysAfterFaults),
    ...problemsOfDaysAfterRedrive(daysAfterRedrive),
    ...(await history.mixtures(prefixes)),
    ...(await reader.problems(history, prefixes)),
  ];

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
    queries: reader.answered,
    problems: [
      ...reported.filter((key) => !landed.includes(key)).map((key) => `${key}: reported, but not landed`),
      ...hours
        .filter(({ key }) => landed.indexOf(key) !== landed.lastIndexOf(key))
        .map(({ key }) => `${key}: landed more than once`),
      ...unexpected(all, faultless),
      ...problemsAfterFaults(fates, afterFaults),
      ...problemsAfterRedrive(fates, afterRedrive),
      ...problemsOfTable,
    ],
  };
}

async function settledState(stack: Stack, isConverted: (key: string) => boolean): Promise<Settled> {
  const { emulator } = stack.runtime;
  const { CuratedBucketName, CompactedBucketName } = stack.outputs;
  return {
    curated: new Map([...(await stack.curated())].filter(([key]) => isConverted(key))),
    letters: stack.letters(),
    openUploads: [CuratedBucketName, CompactedBucketName].flatMap(emulator.openUploads),
  };
}

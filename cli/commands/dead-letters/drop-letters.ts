import { counted } from '../../../operations/counted.ts';
import { deadLettersOf } from '../../../operations/dead-letters/dead-letters-of.ts';
import { type Dropped, dropLetters as drop } from '../../../operations/dead-letters/drop-letters.ts';
import { codesOf } from '../../../operations/dead-letters/selection.ts';
import { printable } from '../../../operations/printable.ts';
import type { DeadLetter } from '../../../shared/dead-letters.ts';
import { givenUpPrefix } from '../../../shared/keys.ts';
import { atWork } from '../../at-work.ts';
import { next } from '../../target-options.ts';
import { canAsk, confirmed } from '../../terminal/confirmation.ts';
import { failed as failure, print, printError, printJson } from '../../terminal/output.ts';
import { quoted } from '../../terminal/quoted.ts';
import { type DropOptions, selectionOf } from './options.ts';
import { shownLetters } from './show-letters.ts';

export async function dropLetters(ids: readonly string[], options: DropOptions): Promise<void> {
  const { yes, dryRun, code, key, all } = options;
  if (ids.length === 0 && code === undefined && key === undefined && !all)
    throw new Error('Which dead letters? Name their ids, or say --code CODE, --key PREFIX or --all.');
  if (!yes && !dryRun && !canAsk())
    throw new Error('This is not a terminal, so no one can confirm. To drop them, say --yes.');
  const agreed = async (letters: readonly DeadLetter[]) =>
    yes === true ||
    confirmed(`Drop ${counted(letters.length, 'dead letter')}: ${printable(codesOf(letters))}?`);
  const result = await atWork(
    options,
    async (deployed, signal) => {
      const raw = { s3: deployed.s3, bucket: deployed.outputs.RawBucketName };
      const selection = selectionOf(ids, options);
      const dropped = await drop(deadLettersOf(deployed), raw, selection, { agreed, dryRun, signal });
      await deployed.runtime?.settled({ signal });
      return dropped;
    },
    options,
  );
  const { dropped, failed } = result ?? { dropped: [], failed: [] };
  if (failed.length > 0) process.exitCode = 1;
  if (options.json) return printJson({ dropped, failed, dryRun: dryRun ?? false });
  for (const { letter, objects } of dropped.slice(0, shownLetters)) {
    print(`${dryRun ? 'Would drop' : 'Dropped'} ${letter.id}: ${nameOf(letter)}.`);
    for (const object of objects) print(`  ${describe(object, dryRun)}`);
    if (letter.function === 'compact')
      print('  Only the letter: reconcile has the day compacted again as long as its object is stale.');
  }
  const more = dropped.length - shownLetters;
  if (more > 0) print(`and ${more} more (--json lists all)`);
  for (const { letter, reason } of failed) printError(failure, printable(`${letter.id}: ${reason}`));
  const objects = dropped.flatMap((each) => each.objects);
  const moved = new Set(objects.filter(({ outcome }) => outcome === 'given-up').map(({ key }) => key));
  if (!result) print('Kept them.');
  else if (dropped.length === 0 && failed.length === 0) print('There are no dead letters.');
  else if (moved.size > 0 && !dryRun) {
    print('To take it back, so that it is converted:');
    for (const movedKey of [...moved].slice(0, shownLetters))
      print(`  ${next(`dead-letters take-back ${quoted(movedKey)}`, options)}`);
  }
}

function describe({ key, outcome }: Dropped['objects'][number], dryRun?: true): string {
  switch (outcome) {
    case 'given-up':
      return `Its raw object ${dryRun ? 'would be' : 'is'} ${givenUpPrefix}${printable(key)}, which the pipeline ignores.`;
    case 'replaced':
      return `Its raw object was replaced since then, and stays: ${printable(key)}`;
    case 'gone':
      return `Its raw object is gone already: ${printable(key)}`;
  }
}

function nameOf({ code, key }: DeadLetter): string {
  return printable(`${code}, ${key ?? 'names no object'}`);
}

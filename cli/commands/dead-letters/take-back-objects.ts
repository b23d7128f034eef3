import { takeBack } from '../../../operations/dead-letters/given-up.ts';
import { printable } from '../../../operations/printable.ts';
import { givenUpPrefix } from '../../../shared/keys.ts';
import { atWork } from '../../at-work.ts';
import { failed as failure, print, printError, printJson } from '../../terminal/output.ts';
import type { SentOptions } from './options.ts';
import { outcomeJson, outcomeOf, showOutcome } from './sent-outcome.ts';

export async function takeBackObjects(keys: readonly string[], options: SentOptions): Promise<void> {
  const { dryRun } = options;
  const takenBack: string[] = [];
  const failed: { key: string; reason: string }[] = [];
  const outcome = await atWork(
    options,
    (deployed, signal) =>
      outcomeOf(deployed, options, signal, async () => {
        const raw = { s3: deployed.s3, bucket: deployed.outputs.RawBucketName };
        for (const typed of keys) {
          const key = typed.startsWith(givenUpPrefix) ? typed.slice(givenUpPrefix.length) : typed;
          try {
            await takeBack(raw, key, { dryRun });
            takenBack.push(key);
          } catch (error) {
            failed.push({ key, reason: error instanceof Error ? error.message : String(error) });
          }
        }
        return { rawKeys: takenBack };
      }),
    options,
  );
  if (failed.length > 0) process.exitCode = 1;
  if (options.json) return printJson({ takenBack, failed, dryRun: dryRun ?? false, ...outcomeJson(outcome) });
  for (const { key, reason } of failed) printError(failure, printable(`${key}: ${reason}`));
  for (const key of takenBack) print(`${dryRun ? 'Would take back' : 'Took back'} ${printable(key)}.`);
  if (takenBack.length > 0 && !dryRun) showOutcome(outcome, options);
}

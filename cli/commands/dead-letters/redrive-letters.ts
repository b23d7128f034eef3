import { counted } from '../../../operations/counted.ts';
import { deadLettersOf, lettersWithoutObject } from '../../../operations/dead-letters/dead-letters-of.ts';
import { type Redriven, redrive } from '../../../operations/dead-letters/redrive.ts';
import type { BuryingFunction } from '../../../shared/dead-letters.ts';
import { curatedKeysOf } from '../../../shared/keys.ts';
import { atWork } from '../../at-work.ts';
import { next } from '../../target-options.ts';
import { failed as failure, print, printError, printJson } from '../../terminal/output.ts';
import { quoted } from '../../terminal/quoted.ts';
import { type SelectionOptions, type SentOptions, selectionOf } from './options.ts';
import { outcomeJson, outcomeOf, showOutcome } from './sent-outcome.ts';
import { showLetters } from './show-letters.ts';

export async function redriveLetters(
  ids: readonly string[],
  options: SelectionOptions & SentOptions,
): Promise<void> {
  const { dryRun, wait } = options;
  const selection = selectionOf(ids, options);
  const { redriven, left, failed, outcome, gone } = await atWork(
    options,
    async (deployed, signal) => {
      const { QueueUrl: convert, CompactQueueUrl: compact } = deployed.outputs;
      const to = { sqs: deployed.sqs, queueUrls: { convert, compact } };
      let sent: Redriven = { redriven: [], left: [], failed: [] };
      // Before they are sent: convert moves an object without a day.
      const empty = wait && !dryRun ? await lettersWithoutObject(deployed) : undefined;
      const outcome = await outcomeOf(deployed, options, signal, async () => {
        sent = await redrive(deadLettersOf(deployed), to, selection, { dryRun, signal });
        const keysOf = (by: BuryingFunction) =>
          sent.redriven.flatMap(({ function: from, key }) => (from === by ? (key ?? []) : []));
        return { rawKeys: keysOf('convert'), days: keysOf('compact') };
      });
      const gone = sent.redriven.filter(({ id }) => empty?.has(id));
      return { ...sent, outcome, gone };
    },
    options,
  );
  if (failed.length > 0) process.exitCode = 1;
  if (options.json)
    return printJson({ redriven, left, failed, dryRun: dryRun ?? false, ...outcomeJson(outcome) });

  if (dryRun) showLetters(redriven);
  print(
    `${dryRun ? 'Would send' : 'Sent'} ${counted(redriven.length, 'dead letter')} again; ${left.length} left.`,
  );
  for (const { letter, reason } of failed) printError(failure, `${letter.id}: ${reason}`);
  if (!dryRun && redriven.length > 0) showOutcome(outcome, options);
  if (!dryRun && gone.length > 0)
    print(
      gone.length === 1
        ? '1 has nothing left to convert: its raw object is gone.'
        : `${gone.length} have nothing left to convert: their raw objects are gone.`,
    );
  if (options.local || !outcome) return;
  const isDead = new Set(outcome.dead.map(({ key }) => key));
  for (const letter of redriven)
    if (
      letter.function === 'convert' &&
      letter.key !== null &&
      curatedKeysOf(letter.key).length === 0 &&
      !isDead.has(letter.key) &&
      !gone.includes(letter)
    )
      print(`Filed under its day, to be converted there: ${next(`explain ${quoted(letter.key)}`, options)}`);
}

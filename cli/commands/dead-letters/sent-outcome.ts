import type { Reached, Target } from '../../../operations/deployed.ts';
import { type Outcome, type Sent, watchOutcome } from '../../../operations/outcome.ts';
import { printable } from '../../../operations/printable.ts';
import { refuseOtherVersion } from '../../../operations/versions.ts';
import { next } from '../../target-options.ts';
import { print } from '../../terminal/output.ts';
import { settle } from '../../terminal/settle.ts';
import type { SentOptions } from './options.ts';
import { showLetters, shownLetters } from './show-letters.ts';

/** What becomes of the raw objects and the days that `send` has worked on again. Undefined when nobody waits until the end. */
export async function outcomeOf(
  deployed: Reached,
  { dryRun, wait, json, ...target }: SentOptions,
  signal: AbortSignal,
  send: () => Promise<Sent>,
): Promise<Outcome | undefined> {
  if (wait && !dryRun) refuseOtherVersion(target, deployed.outputs);
  const watch = wait && !dryRun ? await watchOutcome(deployed, signal) : undefined;
  const sent = await send();
  const outcome = watch && (await settle(watch, sent, signal, { shown: !json }));
  if (signal.aborted) process.exitCode = 130;
  else if (outcome && outcome.dead.length > 0) process.exitCode = 1;
  return outcome;
}

export function outcomeJson(outcome: Outcome | undefined) {
  return (
    outcome && {
      converted: outcome.converted.flat(),
      compacted: outcome.compacted,
      deadAgain: outcome.dead,
    }
  );
}

export function showOutcome(outcome: Outcome | undefined, target: Target): void {
  if (outcome) {
    const { converted, compacted, dead } = outcome;
    const made = [...converted.map(([first = '']) => first), ...compacted];
    for (const key of made.slice(0, shownLetters)) print(' ', { style: 'green', text: '✔' }, printable(key));
    const more = made.length - shownLetters;
    if (more > 0) print(`    and ${more} more (--json lists all)`);
    print(`Converted ${converted.length}; compacted ${compacted.length}; dead again ${dead.length}.`);
    showLetters(dead);
  } else print(`See what became of them: ${next('status', target)}; ${next('dead-letters', target)}`);
}

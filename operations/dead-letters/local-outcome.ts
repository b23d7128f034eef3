import type { Runtime } from '../../local/runtime.ts';
import type { Outputs } from '../../shared/outputs.ts';
import type { DeadLetter, DeadLetters } from './dead-letters.ts';

/** What became of messages that were sent again. */
export interface Outcome {
  /** Keys of the curated objects that were written. */
  readonly converted: readonly string[];
  readonly deadAgain: readonly DeadLetter[];
}

/** Milliseconds: as long as a person would wait, and longer than five tries of anything take. */
const timeout = 600_000;

/**
 * Sends something by `send` and waits until the local queue is empty.
 * @param send gives the letters that it left where they were
 */
export async function outcomeOf(
  runtime: Runtime,
  outputs: Outputs,
  deadLetters: DeadLetters,
  send: () => Promise<readonly DeadLetter[]>,
  signal: AbortSignal,
): Promise<Outcome> {
  const converted = new Set<string>();
  runtime.emulator.onObjectCreated(({ bucket, key }) => {
    if (bucket === outputs.CuratedBucketName) converted.add(key);
  });
  const left = new Set((await send()).map(({ id }) => id));
  await runtime.settled({ timeout, signal });
  const deadAgain = (await deadLetters.list(signal)).filter(({ id }) => !left.has(id));
  return { converted: [...converted].sort(), deadAgain };
}

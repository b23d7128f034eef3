import type { Runtime } from '../../local/runtime.ts';
import { type HeldLetter, keysIn, letterOf } from '../../shared/dead-letters.ts';
import type { Outputs } from '../../shared/outputs.ts';

export interface QueuedLetter extends HeldLetter {
  /** Of raw objects; of curated ones in a letter of compact. */
  readonly keys: readonly string[];
}

/** The dead letters on this computer, without receiving them: nobody else misses one meanwhile. */
export function queuedLetters(
  runtime: Pick<Runtime, 'emulator'> | undefined,
  outputs: Pick<Outputs, 'DeadLetterQueueUrl' | 'CompactDeadLetterQueueUrl'>,
): QueuedLetter[] {
  const urls = { convert: outputs.DeadLetterQueueUrl, compact: outputs.CompactDeadLetterQueueUrl };
  return (['convert', 'compact'] as const).flatMap((by) =>
    (runtime?.emulator.messages(urls[by]) ?? []).map((message) => ({
      ...letterOf(by, message),
      keys: keysIn(message.body),
    })),
  );
}

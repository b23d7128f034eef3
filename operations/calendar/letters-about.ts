import { type BuryingFunction, keysIn, notRecorded } from '../../shared/dead-letters.ts';
import type { Deployed } from '../deployed.ts';

/** A dead letter, and what it is about. */
export interface LetterAbout {
  readonly id: string;
  readonly function: BuryingFunction;
  readonly code: string;
  readonly reason: string;
  /** Of raw objects; of curated ones in a letter of compact. */
  readonly keys: readonly string[];
}

/** The dead letters on this computer, without receiving them: nobody else misses one meanwhile. */
export function lettersAbout({ runtime, outputs }: Pick<Deployed, 'runtime' | 'outputs'>): LetterAbout[] {
  const urls = { convert: outputs.DeadLetterQueueUrl, compact: outputs.CompactDeadLetterQueueUrl };
  return (['convert', 'compact'] as const).flatMap((by) =>
    (runtime?.emulator.messages(urls[by]) ?? []).map(({ id, body, attributes }) => ({
      id,
      function: by,
      code: attributes.code ?? notRecorded,
      reason: attributes.reason ?? 'the function was stopped (time-out, memory or crash)',
      keys: keysIn(body),
    })),
  );
}

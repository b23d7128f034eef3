import type { QueuedMessage } from '../../local/aws/queues.ts';
import type { Runtime } from '../../local/runtime.ts';
import { type BuryingFunction, keysIn } from '../../shared/dead-letters.ts';
import type { Outputs } from '../../shared/outputs.ts';

/** A letter that was written just now. */
export interface NewLetter {
  readonly id: string;
  readonly function: BuryingFunction;
  readonly reason: string;
  /** Of raw objects, or of the curated ones that compact was told of. */
  readonly keys: readonly string[];
}

/** Finds new dead letters without receiving them, so that nobody else misses one meanwhile. */
export class LetterWatch {
  readonly #messages: (by: BuryingFunction) => readonly QueuedMessage[];
  #known: ReadonlySet<string>;

  constructor({ emulator }: Pick<Runtime, 'emulator'>, outputs: Outputs) {
    const urls = { convert: outputs.DeadLetterQueueUrl, compact: outputs.CompactDeadLetterQueueUrl };
    this.#messages = (by) => emulator.messages(urls[by]);
    this.#known = new Set(this.#all().map(({ id }) => id));
  }

  /** How many there were at the last look. */
  get count(): number {
    return this.#known.size;
  }

  /** Those that were not there at the last look. */
  fresh(): NewLetter[] {
    const all = this.#all();
    const fresh = all.filter(({ id }) => !this.#known.has(id));
    this.#known = new Set(all.map(({ id }) => id));
    return fresh.map(({ id, body, attributes, by }) => ({
      id,
      function: by,
      reason:
        attributes.reason ??
        'the function was stopped each time (time-out, memory or crash), so nobody knows why',
      keys: keysIn(body),
    }));
  }

  #all() {
    return (['convert', 'compact'] as const).flatMap((by) =>
      this.#messages(by).map((message) => ({ ...message, by })),
    );
  }
}

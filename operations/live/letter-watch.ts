import type { Runtime } from '../../local/runtime.ts';
import type { Outputs } from '../../shared/outputs.ts';
import { type QueuedLetter, queuedLetters } from '../letters/queued-letters.ts';

/** Finds new dead letters. */
export class LetterWatch {
  readonly #look: () => readonly QueuedLetter[];
  #known: ReadonlySet<string>;

  constructor(runtime: Pick<Runtime, 'emulator'>, outputs: Outputs) {
    this.#look = () => queuedLetters(runtime, outputs);
    this.#known = idsOf(this.#look());
  }

  /** How many there were at the last look. */
  get count(): number {
    return this.#known.size;
  }

  /** Those that were not there at the last look. */
  fresh(): QueuedLetter[] {
    const letters = this.#look();
    const fresh = letters.filter(({ id }) => !this.#known.has(id));
    this.#known = idsOf(letters);
    return fresh;
  }
}

function idsOf(letters: readonly QueuedLetter[]): ReadonlySet<string> {
  return new Set(letters.map(({ id }) => id));
}

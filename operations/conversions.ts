import type { Runtime } from '../local/runtime.ts';
import type { Outputs } from '../shared/outputs.ts';

/** What the local pipeline made of the messages in its queue. */
export interface Converted {
  /** Curated objects that were written. */
  readonly converted: number;
  /** Dead letters that were not there before. */
  readonly deadLetters: readonly { readonly key: string; readonly reason: string }[];
}

/** Watches the local pipeline from now on. */
export class Conversions {
  readonly #runtime: Runtime;
  readonly #outputs: Outputs;
  readonly #deadBefore: ReadonlySet<string>;
  #converted = 0;
  /** Called for each curated object. */
  onConverted: (converted: number) => void = () => {};

  constructor(runtime: Runtime, outputs: Outputs) {
    this.#runtime = runtime;
    this.#outputs = outputs;
    const letters = runtime.emulator.messages(outputs.DeadLetterQueueUrl);
    this.#deadBefore = new Set(letters.map(({ id }) => id));
    runtime.emulator.onObjectCreated(({ bucket }) => {
      if (bucket !== outputs.CuratedBucketName) return;
      this.#converted += 1;
      this.onConverted(this.#converted);
    });
  }

  /** Messages that are not worked off yet. */
  get waiting(): number {
    const { visible, inFlight, delayed } = this.#runtime.emulator.queueDepth(this.#outputs.QueueUrl);
    return visible + inFlight + delayed;
  }

  /** Resolves when the queue is worked off. @throws the signal's reason; what is left stays in the queue */
  async settled(signal: AbortSignal): Promise<Converted> {
    // As long as it takes: somebody watches, and can stop it.
    await this.#runtime.settled({ timeout: Number.POSITIVE_INFINITY, signal });
    const deadLetters = this.#runtime.emulator
      .messages(this.#outputs.DeadLetterQueueUrl)
      .filter(({ id }) => !this.#deadBefore.has(id))
      .map(({ attributes: { rawKey = '(no key)', reason = 'No reason was recorded.' } }) => ({
        key: rawKey,
        reason,
      }));
    return { converted: this.#converted, deadLetters };
  }
}

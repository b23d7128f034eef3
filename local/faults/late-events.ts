import type { ObjectCreated } from '../aws/emulator.ts';
import type { Faults } from './faults.ts';

/** Sends events as the faults say: not at all, later, or more than once. */
export class LateEvents {
  readonly #faults: Faults;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  /** Events that are still on their way. */
  get pending(): number {
    return this.#timers.size;
  }

  /** @param send puts the event's message into its queue */
  pass(created: ObjectCreated, send: () => void): void {
    for (const milliseconds of this.#faults.event?.(created) ?? [0]) {
      if (milliseconds === 0) {
        send();
        continue;
      }
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        send();
      }, milliseconds);
      this.#timers.add(timer);
    }
  }

  /** What is on its way is lost. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

import type { Clock } from '../../../functions/fetch/passes.ts';

/** A clock that stands still while anything can happen, and then goes on to the next one who sleeps. */
export class VirtualClock implements Clock {
  #now = Date.parse('2026-11-22T05:00:03.250Z');
  readonly #sleepers: { readonly at: number; readonly wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#sleepers.push({ at: this.#now + milliseconds, wake: resolve });
      signal?.addEventListener('abort', () => reject(signal.reason));
      if (signal?.aborted) reject(signal.reason);
    });
  }

  /** Lets time pass until the work is done; returns what it took. */
  async until<T>(work: Promise<T>): Promise<{ readonly result: T; readonly milliseconds: number }> {
    const start = this.#now;
    let isDone = false;
    const end = () => {
      isDone = true;
    };
    work.then(end, end);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (isDone) return { result: await work, milliseconds: this.#now - start };
      this.#sleepers.sort((a, b) => a.at - b.at);
      const next = this.#sleepers.shift();
      if (!next) continue;
      this.#now = next.at;
      next.wake();
    }
  }
}

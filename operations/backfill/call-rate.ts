import type { Clock } from '../../functions/fetch/passes.ts';

const minute = 60_000;

/** Allows only so many calls in any minute. Runs follow one another, and their calls count from the end of the run. */
export class CallRate {
  readonly #perMinute: number;
  readonly #clock: Clock;
  #ended: { readonly calls: number; readonly at: number }[] = [];

  constructor(perMinute: number, clock: Clock) {
    this.#perMinute = perMinute;
    this.#clock = clock;
  }

  /** Resolves when so many calls may start, or as soon as the signal is aborted. */
  async turn(calls: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const now = this.#clock.now();
      this.#ended = this.#ended.filter(({ at }) => at + minute > now);
      const [oldest] = this.#ended;
      const sum = this.#ended.reduce((all, run) => all + run.calls, calls);
      if (!oldest || sum <= this.#perMinute || signal.aborted) return;
      await this.#clock.sleep(oldest.at + minute - now, signal).catch(() => {}); // Cut short.
    }
  }

  ended(calls: number): void {
    this.#ended.push({ calls, at: this.#clock.now() });
  }
}

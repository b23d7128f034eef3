import { setTimeout as delay } from 'node:timers/promises';

/** Spreads messages evenly over time. Time that was lost is not made up for by a burst. */
export class Pace {
  readonly #perSecond: number;
  /** Milliseconds of `performance.now()`. */
  #next = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Resolves when so many messages may be sent, or as soon as the signal is aborted. */
  async turn(messages: number, signal: AbortSignal): Promise<void> {
    const now = performance.now();
    const at = Math.max(now, this.#next);
    this.#next = at + (messages / this.#perSecond) * 1000;
    if (at > now) await delay(at - now, undefined, { signal }).catch(() => {}); // Cut short.
  }
}

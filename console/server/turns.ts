/** Lets so many do something at a time. Whoever comes later waits in line. */
export class Turns {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(most: number) {
    this.#free = most;
  }

  /**
   * Waits for a turn, which lasts until the signal is aborted.
   * @throws the signal's reason when it is aborted before: who waits leaves the line
   */
  async take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const begin = () => signal.addEventListener('abort', () => this.#pass(), { once: true });
    if (this.#free > 0) {
      this.#free -= 1;
      begin();
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const go = () => {
        signal.removeEventListener('abort', leave);
        begin();
        resolve();
      };
      const leave = () => {
        this.#waiting.delete(go);
        reject(signal.reason);
      };
      this.#waiting.add(go);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  #pass(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}

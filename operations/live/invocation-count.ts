const minute = 60_000;
/** Durations that the average is of. */
const latest = 20;

/** How often a function ran in the last hour, and how long it took. */
export class InvocationCount {
  /** Minute since 1970 -> invocations that ended in it. */
  readonly #minutes = new Map<number, number>();
  readonly #durations: number[] = [];

  ended(at: Date, milliseconds: number): void {
    const now = Math.floor(at.getTime() / minute);
    this.#minutes.set(now, (this.#minutes.get(now) ?? 0) + 1);
    this.#durations.push(milliseconds);
    if (this.#durations.length > latest) this.#durations.shift();
  }

  inLastHour(at: Date): number {
    const now = Math.floor(at.getTime() / minute);
    for (const start of this.#minutes.keys()) if (start <= now - 60) this.#minutes.delete(start);
    return [...this.#minutes.values()].reduce((sum, count) => sum + count, 0);
  }

  get averageMilliseconds(): number | null {
    const { length } = this.#durations;
    return length === 0 ? null : this.#durations.reduce((sum, one) => sum + one, 0) / length;
  }
}

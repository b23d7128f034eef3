/** The clock of the stand-in, which knows the weather of one time only. */
export interface StandInClock {
  /** Undefined for the computer's own time. */
  at: Date | undefined;
}

/** What makes fetch work takes turns, so that each has the stand-in's clock for itself. */
export class FetchTurns {
  readonly #clock: StandInClock;
  readonly #onIdle: () => void;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(clock: StandInClock, onIdle: () => void) {
    this.#clock = clock;
    this.#onIdle = onIdle;
  }

  get isBusy(): boolean {
    return this.#waiting > 0;
  }

  /** Longer work, of which each part takes a turn: it is busy in between, too. */
  async holding<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    try {
      return await work();
    } finally {
      this.#left();
    }
  }

  /** @param at what the stand-in takes for now, if not the computer's time */
  async take<T>(at: Date | undefined, work: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    const turn = this.#last.then(() => {
      this.#clock.at = at;
      return work();
    });
    this.#last = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      this.#left();
    }
  }

  #left(): void {
    this.#waiting -= 1;
    if (this.#waiting > 0) return;
    this.#clock.at = undefined;
    this.#onIdle();
  }
}

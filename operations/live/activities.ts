import { randomUUID } from 'node:crypto';

export interface ActivityStep {
  readonly at: string;
  readonly text: string;
  /** `waiting`: it will go on. `done`: a step. `good` and `bad` end an entry. */
  readonly state: 'waiting' | 'done' | 'good' | 'bad';
  /** A query that shows its rows. */
  readonly sql?: string;
  /** The letter that says why. */
  readonly letterId?: string;
}

/** A run, a dropped file, or a command, told step by step. */
export interface Activity {
  readonly id: string;
  readonly title: string;
  readonly at: string;
  readonly steps: readonly ActivityStep[];
}

/** An activity for whoever tells it. */
export interface Entry {
  readonly id: string;
  /** Adds a step. It takes the place of the last one when that was `waiting`. */
  step(step: Omit<ActivityStep, 'at'>): void;
}

const kept = 50;

/** The newest activities. */
export class Activities {
  readonly #now: () => Date;
  readonly #onChange: (activity: Activity) => void;
  readonly #newestFirst: Activity[] = [];

  constructor(now: () => Date, onChange: (activity: Activity) => void) {
    this.#now = now;
    this.#onChange = onChange;
  }

  list(): readonly Activity[] {
    return [...this.#newestFirst];
  }

  begin(title: string): Entry {
    const at = this.#now().toISOString();
    const id = randomUUID();
    const steps: ActivityStep[] = [];
    const activity = { id, title, at, steps };
    this.#newestFirst.unshift(activity);
    this.#newestFirst.splice(kept);
    this.#onChange(activity);
    return {
      id,
      step: (step) => {
        if (steps.at(-1)?.state === 'waiting') steps.pop();
        steps.push({ ...step, at: this.#now().toISOString() });
        this.#onChange(activity);
      },
    };
  }
}

/** The lines by which fetch says that a run has begun, and how it ended. Each line of a run names its `scheduledTime`. */
export const runStarted = 'Run started';
export const runEnded = 'Run ended';

/** A place without data, and why. */
export interface Unfetched {
  readonly location: string;
  readonly reason: string;
}

/** What the last line of a run says. */
export interface RunEnd {
  /** `skipped`: nothing came, for reasons that pass by themselves. `failed`: somebody has to act. */
  readonly outcome: 'landed' | 'skipped' | 'failed';
  /** The raw object that holds the run. */
  readonly key?: string | undefined;
  /** Places whose data this run added, of all that are in the object. */
  readonly fetched: number;
  readonly places: number;
  /** Twenty at most of each. */
  readonly skipped: readonly Unfetched[];
  readonly failed: readonly Unfetched[];
  /** Places without data for the third time. */
  readonly missing: readonly string[];
  /** Why the run as a whole failed. */
  readonly reason?: string | undefined;
}

/**
 * The lines by which fetch says that a run has begun, and how it ended. Each line of a run names its `dataset` and its
 * `scheduledTime`, and its `day` where a run asks for one.
 */
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
  /** Raw objects that this run wrote. */
  readonly landed: number;
  /** Places whose data this run added, of all that have landed. */
  readonly fetched: number;
  readonly places: number;
  /** The raw objects that hold the run: one, or one per place. This list and those that follow have twenty at most. */
  readonly keys: readonly string[];
  readonly skipped: readonly Unfetched[];
  readonly failed: readonly Unfetched[];
  /** Places without data for the third time. */
  readonly missing: readonly string[];
  /** Why the run as a whole failed. */
  readonly reason?: string | undefined;
}

/** Every number that says how long, and how often, fetch tries. Times in milliseconds. */
export const limits = {
  /** Places asked for at the same time. The provider publishes no limit per second; this stays far below a burst. */
  concurrency: 8,
  /** For one try, body included. */
  tryTimeout: 10_000,
  /** Tries for each place whose answers make no sense, and at least as many in transient trouble. */
  tries: 3,
  /** Pause before the second pass, doubled for each further one; a random half of it is left out. */
  pause: 1_000,
  /** Between these a pause stays, whatever `Retry-After` says. */
  shortestPause: 500,
  longestPause: 16_000,
  /** For so long after the first pass, places in transient trouble are asked again. */
  patience: 60_000,
  /** Kept back from the function's time-out, to land what has come and to report. */
  landing: 10_000,
  /** How often a run's object may change under our hands before the run fails. */
  rounds: 5,
} as const;

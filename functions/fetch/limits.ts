/** How long and how often fetch tries. Times in milliseconds. */
export const limits = {
  timeout: 5 * 60_000,
  /** How often Lambda starts a failed run again, and how late: later it would land another hour's weather. */
  retries: 2,
  latestStart: 15 * 60_000,
  /** Places asked for at the same time. The provider publishes no rate limit; this stays far below a burst. */
  concurrency: 8,
  /** Time-out of one request, body included. */
  tryTimeout: 10_000,
  /** Tries per place when its answers make no sense, and the fewest in transient trouble. */
  tries: 3,
  /** Pause before the second pass. It doubles for each further pass, and a random half of it is left out. */
  pause: 1_000,
  /** Bounds of a pause. `Retry-After` can lengthen it beyond the longest one. */
  shortestPause: 500,
  longestPause: 16_000,
  /** How long after the first pass places in transient trouble are asked for again. */
  patience: 60_000,
  /** Kept free before the time-out, to land the answers and report: a thousand of 14 forecast days are 420 MB. */
  landing: 30_000,
  /** How often a run's object may change while the run writes to it. */
  rounds: 5,
} as const;

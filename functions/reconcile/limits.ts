/** How long and how much reconcile works. Times in milliseconds. */
export const limits = {
  /** Time-out of one invocation. A minute is enough to list some hundred thousand objects. */
  timeout: 15 * 60_000,
  /** Lambda does not start a failed run again: the next day's run makes up for it. */
  retries: 0,
  latestStart: 60 * 60_000,
  /** How long an event may be on its way. */
  grace: 30 * 60_000,
  /** Messages to send to each queue in one run, and orphaned objects to delete. */
  actions: 10_000,
  comparisons: 10_000,
  /** Older objects are not compared: the runs of the last days have done it. */
  comparedFor: 7 * 86_400_000,
  /** Requests for the metadata of compacted objects at the same time. */
  comparisonsAtOnce: 16,
  /** Keys of each status in the result. */
  shownKeys: 20,
  /** Dead letters of each queue to look at. */
  deadLetters: 5_000,
  /** How long a dead letter stays hidden if the function dies before it gives it back. */
  deadLetterHidden: 120_000,
} as const;

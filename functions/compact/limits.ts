/** How long, how often and how much compact works. Times in milliseconds. */
export const limits = {
  /** Tries of one message before it is given up. With fewer, a short throttling would bury good messages. */
  tries: 5,
  /** Time-out of one invocation: twice what the largest accepted day takes. */
  timeout: 5 * 60_000,
  /** Before the time-out, the work stops by itself, with this much time left to report why. */
  reserve: 10_000,
  /** How often a day may change during one try. */
  rounds: 5,
  /** Parts of a day, and their bytes together. */
  parts: 10_000,
  bytes: 1024 ** 3,
} as const;

/** How long, how often and how much compact works. Times in milliseconds. */
export const limits = {
  /** Tries of one message before it is given up. With fewer, a short throttling would bury good messages. */
  tries: 5,
  /** Time-out of one invocation: twice what the largest accepted day takes (test/functions/compact/large-day.deep.test.ts). */
  timeout: 5 * 60_000,
  /** Before the time-out, a merge stops by itself, with this much time left to report why. */
  reserve: 10_000,
  /** How often a day may change during one try. With the pauses between the rounds, it may be written to for a minute. */
  rounds: 7,
  /** Before the third round. Each pause is about twice as long as the one before it; the second round follows at once. */
  pause: 1_000,
  /** Parts of a day. One CPU takes 600 a second, of one row each. */
  parts: 10_000,
  /** Of a day's parts together. One CPU takes 20 MB a second of long texts. */
  bytes: 1024 ** 3,
  /** Rows of a day. Those of small row groups are written anew: one CPU takes 150 000 a second. */
  rows: 5_000_000,
  /** Of the texts in a day's small row groups, unpacked. One CPU takes 200 MB a second; some kilobytes may hold megabytes. */
  text: 4 * 1024 ** 3,
} as const;

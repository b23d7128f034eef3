/** How long and how often convert tries. Times in milliseconds. */
export const limits = {
  /** Tries of one message before it is given up. With fewer, a short throttling would bury good messages. */
  tries: 5,
  /** Time-out of one invocation: twice what the largest accepted file takes (functions/reader/plain-bytes.ts). */
  timeout: 5 * 60_000,
  /** Before the time-out, a conversion stops by itself, with this much time left to report why. */
  reserve: 10_000,
  /** How often an object may change during one try. */
  rounds: 5,
} as const;

/** How long and how often compact tries. Times in milliseconds. */
export const limits = {
  /** Tries of one message before it is given up. */
  tries: 5,
  /** Time-out of one invocation. */
  timeout: 5 * 60_000,
} as const;

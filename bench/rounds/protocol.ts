/** What a candidate's process is asked. */
export type Request =
  /** This is the input from now on. */
  | { readonly kind: 'load'; readonly path: string; readonly records: number }
  /** Convert, again and again until so much time has passed. */
  | { readonly kind: 'round'; readonly atLeast: number }
  /** Convert once and write the file. */
  | { readonly kind: 'write'; readonly path: string };

/** What one conversion took in a round, on average. */
export interface Round {
  /** Elapsed, in milliseconds. */
  readonly wall: number;
  /** Of all threads of the process, user and system, in milliseconds. */
  readonly cpu: number;
}

export type Answer<T> = { readonly value: T } | { readonly error: string };

/** How long a size is measured. */
export interface Plan {
  readonly rounds: number;
  /** Milliseconds that a round lasts at least: many conversions, when one is short. */
  readonly atLeast: number;
  /** Milliseconds of conversions before the first round counts. */
  readonly warmUp: number;
}

/** Many rounds where one is short; few where the compiler and the heap have time enough to settle within one. */
export function planFor(records: number, { quick }: { readonly quick: boolean }): Plan {
  if (records <= 100) return { rounds: quick ? 7 : 25, atLeast: 60, warmUp: quick ? 500 : 2000 };
  if (records <= 10_000) return { rounds: quick ? 3 : 11, atLeast: 100, warmUp: quick ? 0 : 1000 };
  return { rounds: records <= 100_000 && !quick ? 7 : 3, atLeast: 0, warmUp: 0 };
}

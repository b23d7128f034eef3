/**
 * A number from 0 up to 1 that depends on nothing but the seed and the names: the same fault hits the same request of
 * the same object in every run, in whatever order the requests of different objects come.
 *
 * FNV-1a over the text, and MurmurHash3's finalizer to spread it.
 */
export function random(seed: number, ...names: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const char of [seed, ...names].join('\n')) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** One of the things, each with its weight, as `fraction` (from 0 up to 1) says. */
export function pick<T>(weighted: readonly (readonly [weight: number, thing: T])[], fraction: number): T {
  const total = weighted.reduce((sum, [weight]) => sum + weight, 0);
  let rest = fraction * total;
  for (const [weight, thing] of weighted) {
    rest -= weight;
    if (rest < 0) return thing;
  }
  throw new Error(`Nothing to pick: expected weights above 0 and a fraction below 1, got ${fraction}.`);
}

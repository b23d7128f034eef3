import fc from 'fast-check';

/**
 * Property tests that are the same each time, few enough for every day, and end on a slow machine too. For other
 * examples, and more of them: `npm run test:fuzz`.
 */
const scale = Number(process.env.FC_SCALE ?? 1);
fc.configureGlobal({
  seed: Number(process.env.FC_SEED ?? 1),
  interruptAfterTimeLimit: 10_000 * scale,
  numRuns: runs(50),
});

/** How many examples to try. */
export function runs(count: number): number {
  return count * scale;
}

export default fc;

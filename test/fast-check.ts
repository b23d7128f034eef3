import fc from 'fast-check';

/**
 * Property tests that are the same each time, and end on a slow machine too. For other examples, and more of them:
 * `npm run test:fuzz`.
 */
fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 1), interruptAfterTimeLimit: 10_000 });

export default fc;

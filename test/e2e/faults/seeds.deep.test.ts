import { testSeeds } from './seeds.ts';

/** `npm run test:faults` gives others. */
const [first = 2, count = 8] = (process.env.FAULT_SEEDS ?? '').split(',').filter(Boolean).map(Number);

testSeeds(first, count);

import { reportUsage } from './usage.ts';

// What Node needs to do nothing.
await reportUsage(async () => {});

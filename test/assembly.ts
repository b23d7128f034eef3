import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { synthesize } from '../local/synthesize.ts';

/** The synthesized stack, bundles included, that all tests share. It is made anew only when its sources changed. */
const directory = fileURLToPath(new URL('../node_modules/.cache/tdf/assembly', import.meta.url));

export function assemblyDirectory(): string {
  return directory;
}

/** jest's global set-up: one synthesis for all test files. */
export default async function setUp(): Promise<void> {
  // Some tests start the command line many times.
  process.env.NODE_COMPILE_CACHE = join(directory, '../compile-cache');
  await synthesize(directory);
}

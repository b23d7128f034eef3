import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../local/synthesize.ts';

/** The folder with the synthesized stack, bundles included, that all tests of a run share. */
export function assemblyDirectory(): string {
  const directory = process.env.TEST_ASSEMBLY;
  if (!directory)
    throw new Error('There is no synthesized stack: jest.config.js names the set-up that makes it.');
  return directory;
}

/** jest's global set-up: one synthesis for all test files. */
export default async function setUp(): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'assembly-'));
  process.env.TEST_ASSEMBLY = directory;
  // Some tests start the command line many times.
  process.env.NODE_COMPILE_CACHE = join(directory, 'compile-cache');
  await synthesize(directory);
  return () => rm(directory, { recursive: true, force: true });
}

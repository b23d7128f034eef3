import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The pipeline on this computer never ran in this state directory. */
export class NeverRanError extends Error {
  override readonly name = 'NeverRanError';
  readonly state: string;

  constructor(message: string, state: string) {
    super(message);
    this.state = state;
  }
}

/** The synthesized stack in a state directory. @throws {Error} when no pipeline ever ran there */
export async function assemblyIn(state: string): Promise<string> {
  const path = resolve(state);
  const assembly = join(path, 'cdk.out');
  if (existsSync(join(assembly, 'manifest.json'))) return assembly;
  if (!existsSync(path)) throw new NeverRanError(`There is no state directory ${path}.`, state);
  // Loaded only here: a command on AWS does without the emulator.
  const { holderOf, isLocked } = await import('../local/aws/state-lock.ts');
  if (isLocked(path))
    throw new Error(`${path} is being set up by ${holderOf(path)}. Wait for it, then type the same again.`);
  throw new NeverRanError(`No pipeline ever ran in ${path}.`, state);
}

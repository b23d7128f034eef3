import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The synthesized stack in a state directory. @throws {Error} when no pipeline ever ran there */
export function assemblyIn(state: string): string {
  const assembly = resolve(state, 'cdk.out');
  if (existsSync(join(assembly, 'manifest.json'))) return assembly;
  const what = existsSync(state) ? 'No pipeline ever ran in' : 'There is no state directory';
  throw new Error(`${what} ${resolve(state)}. Run one there with npm start, or name another: --state DIR`);
}

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Template } from '../local/template.ts';
import { type Outputs, outputNames } from '../shared/outputs.ts';

/** About a state directory, in which something has to be typed next. */
class StateDirectoryError extends Error {
  readonly state: string;

  constructor(message: string, state: string) {
    super(message);
    this.state = state;
  }
}

/** The pipeline on this computer never ran in this state directory. */
export class NeverRanError extends StateDirectoryError {
  override readonly name = 'NeverRanError';
}

/** What the state directory has is to be reconciled first. */
export class UnreconciledStateError extends StateDirectoryError {
  override readonly name = 'UnreconciledStateError';
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

/**
 * That stack's template, as it is: nothing is synthesized.
 * @throws {Error} when an older version synthesized it, which did not have these outputs, or no pipeline ever ran there
 */
export async function templateIn(
  state: string,
  needed: readonly (keyof Outputs)[] = outputNames,
): Promise<Template> {
  const assembly = await assemblyIn(state);
  const { readTemplate } = await import('../local/template.ts');
  const template = await readTemplate(assembly);
  if (needed.some((output) => template.outputs[output] === undefined))
    throw new UnreconciledStateError(`An older version of the pipeline made ${resolve(state)}.`, state);
  return template;
}

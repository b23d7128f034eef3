import { lstatSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { lockState } from '../../local/aws/state-lock.ts';

/** What the local pipeline makes there, and what file managers add. */
const known = /^(s3|queues|logs|cdk\.out|lock\..*|\.DS_Store|Thumbs\.db)$/;

/**
 * Makes sure that a folder is a state directory of the local pipeline, and nothing but that.
 * @returns its absolute path; undefined when there is no such folder
 * @throws {Error} when it is anything else
 */
export function findStateDirectory(directory: string): string | undefined {
  const path = resolve(directory);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return undefined;
  const refuse = (why: string) => new Error(`${path} is not removed: ${why}`);
  if (stat.isSymbolicLink()) throw refuse('it is a link. Name the folder that it points to.');
  if (!stat.isDirectory()) throw refuse('it is not a folder.');
  const entries = readdirSync(path, { withFileTypes: true });
  if (!entries.some((entry) => entry.isDirectory() && (entry.name === 's3' || entry.name === 'queues'))) {
    throw refuse(
      'it has neither s3/ nor queues/ in it, so it is not a state directory of the local pipeline.',
    );
  }
  const foreign = entries.filter(({ name }) => !known.test(name)).map(({ name }) => name);
  if (foreign.length > 0) {
    throw refuse(
      `there is more in it than the local pipeline makes: ${foreign.slice(0, 5).join(', ')}${foreign.length > 5 ? ', …' : ''}`,
    );
  }
  return path;
}

/**
 * Removes it with everything in it; of a link in it, the link.
 * @throws {Error} when it is not a state directory, or a run is using it
 */
export async function removeStateDirectory(directory: string): Promise<void> {
  const path = findStateDirectory(directory);
  if (path === undefined) return;
  // Refused while another run holds it. Released first: an open file cannot be removed everywhere.
  lockState(path).release();
  await rm(path, { recursive: true });
}

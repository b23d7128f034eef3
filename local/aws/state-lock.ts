import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StateError, withStateFile } from './state-error.ts';

/** SQLite's own code for "another connection holds the lock". */
const SQLITE_BUSY = 5;

/** Thrown when another process uses the state directory. Wait for it to end, or use another directory. */
export class StateInUseError extends Error {
  override name = 'StateInUseError';

  constructor(stateDir: string, cause: unknown) {
    super(
      `The state directory ${stateDir} is in use by another run. ` +
        'Wait for that run to end, or give this one a directory of its own: --state <directory>',
      { cause },
    );
  }
}

/**
 * Holds `<stateDir>/lock.db` until released. The lock is SQLite's, and so the operating system's: it goes away
 * with the process however the process ends, and a crashed run leaves nothing to clean up.
 */
export function lockState(stateDir: string): { release(): void } {
  const file = path.join(stateDir, 'lock.db');
  const database = withStateFile(file, () => {
    mkdirSync(stateDir, { recursive: true });
    return new DatabaseSync(file);
  });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) {
      throw new StateInUseError(stateDir, error);
    }
    throw new StateError(file, error);
  }
  return { release: () => database.close() };
}

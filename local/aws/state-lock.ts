import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StateError, withStateFile } from './state-error.ts';

/** SQLite's own code for "another connection holds the lock". */
const SQLITE_BUSY = 5;

export interface StateLock {
  /** May be called again. */
  release(): void;
}

/** Another process uses the state directory. */
export class StateInUseError extends Error {
  override name = 'StateInUseError';
  /** Its command, its process and since when. */
  readonly holder: string;

  constructor(stateDir: string, cause: unknown) {
    const holder = holderOf(stateDir);
    super(
      `The state directory ${stateDir} is in use by ${holder}. Wait for it to end, then type the same command again.`,
      { cause },
    );
    this.holder = holder;
  }
}

/**
 * Holds `<stateDir>/lock.db` until released. The lock is SQLite's, and so the operating system's: it goes away
 * with the process however the process ends, and a crashed run leaves nothing to clean up.
 */
export function lockState(stateDir: string): StateLock {
  const file = path.join(stateDir, 'lock.db');
  const database = withStateFile(file, () => {
    mkdirSync(stateDir, { recursive: true });
    return new DatabaseSync(file);
  });
  try {
    // Whoever only looks whether it is locked holds it for a moment.
    database.exec('PRAGMA busy_timeout = 50');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) {
      throw new StateInUseError(stateDir, error);
    }
    throw new StateError(file, error);
  }
  const [, script = '', ...args] = process.argv;
  const command = [path.basename(script), ...args].join(' ');
  const shown = command.length > 80 ? `${command.slice(0, 80).replace(/\s+\S*$/, '')} …` : command;
  const holder = `"${shown}" (process ${process.pid}), since ${new Date().toISOString()}`;
  withStateFile(holderFile(stateDir), () => writeFileSync(holderFile(stateDir), holder));
  return {
    release() {
      if (!database.isOpen) return;
      rmSync(holderFile(stateDir), { force: true });
      database.close();
    },
  };
}

/** Whether a process holds the lock. It is only read: nothing is written, and nobody is kept from taking it. */
export function isLocked(stateDir: string): boolean {
  const file = path.join(stateDir, 'lock.db');
  if (!existsSync(file)) return false;
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    database.exec('SELECT 1 FROM sqlite_schema');
    return false;
  } catch (error) {
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return true;
    throw new StateError(file, error);
  } finally {
    database.close();
  }
}

/** For the one who finds it locked: what holds it cannot be read. */
function holderFile(stateDir: string): string {
  return path.join(stateDir, 'lock.holder');
}

/** Its command, its process and since when. */
export function holderOf(stateDir: string): string {
  try {
    return readFileSync(holderFile(stateDir), 'utf8');
  } catch {
    return 'another run'; // It has begun, or ended, at this moment.
  }
}

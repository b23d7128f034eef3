import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withStateFile } from './aws/state-error.ts';

/**
 * Makes a folder for the files that one query reads, beside those that the emulator keeps in `root`: on the same file
 * system, so that files can be linked. The emulator does not take what begins with a dot for a bucket.
 */
export function makeQueryFolder(root: string): string {
  removeAbandonedQueries(root);
  const within = join(root, '.meta', `.query-${process.pid}-`);
  return withStateFile(within, () => mkdtempSync(within));
}

/** Removes the folders of processes that were killed: their links keep files that the pipeline has replaced. */
export function removeAbandonedQueries(root: string): void {
  const within = join(root, '.meta');
  for (const name of readdirSync(within)) {
    const [, pid] = /^\.query-(\d+)-/.exec(name) ?? [];
    if (pid !== undefined && !isRunning(Number(pid)))
      rmSync(join(within, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

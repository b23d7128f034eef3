import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withStateFile } from './aws/state-error.ts';

/** What for: the files that one query reads, a file that somebody drops, or a pipeline that is broken on purpose. */
type Purpose = 'query' | 'drop' | 'break';

/**
 * Makes a folder that this process needs for a while, beside those that the emulator keeps in `root`: on the same file
 * system, so that files can be linked. The emulator does not take what begins with a dot for a bucket.
 */
export function makeProcessFolder(root: string, purpose: Purpose): string {
  removeAbandonedFolders(root);
  const within = join(root, '.meta', `.${purpose}-${process.pid}-`);
  return withStateFile(within, () => mkdtempSync(within));
}

/** Removes the folders of processes that were killed: each may be as large as all that the pipeline keeps. */
export function removeAbandonedFolders(root: string): void {
  const within = join(root, '.meta');
  for (const name of readdirSync(within)) {
    const [, pid] = /^\.(?:query|drop|break)-(\d+)-/.exec(name) ?? [];
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

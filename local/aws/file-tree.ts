import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withStateFile } from './state-error.ts';

/** A directory whose files are whole as soon as they have their name. Paths are relative, `/` between segments. */
export class FileTree {
  readonly root: string;
  private readonly scratch: string | undefined;

  /**
   * @param scratch a directory in the tree, emptied here: a rename must not cross file systems. Undefined for a tree that
   * is only read.
   */
  constructor(root: string, scratch?: string) {
    this.root = root;
    this.scratch = scratch;
    if (scratch === undefined) return;
    withStateFile(this.at(scratch), () => {
      rmSync(this.at(scratch), { recursive: true, force: true });
      mkdirSync(this.at(scratch), { recursive: true });
    });
  }

  at(file: string): string {
    return path.join(this.root, ...file.split('/'));
  }

  write(file: string, content: string | Uint8Array): void {
    const unfinished = this.at(`${this.scratch}/${randomUUID()}`);
    withStateFile(this.at(file), () => {
      writeFileSync(unfinished, content);
      mkdirSync(path.dirname(this.at(file)), { recursive: true });
      renameSync(unfinished, this.at(file));
    });
  }

  /** Removes the file and the directories that it leaves empty, except the topmost. A missing file is no error. */
  remove(file: string): void {
    rmSync(this.at(file), { force: true });
    for (let parent = path.posix.dirname(file); parent.includes('/'); parent = path.posix.dirname(parent)) {
      if (!this.removeIfEmpty(parent)) return;
    }
  }

  /** Whether the directory is gone. */
  removeIfEmpty(directory: string): boolean {
    const where = this.at(directory);
    if (!existsSync(where)) return true;
    if (readdirSync(where).length > 0) return false;
    rmdirSync(where);
    return true;
  }
}

import { type FSWatcher, globSync, readdirSync, statSync, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Tells of each file that changes in a folder or below it, also once a folder was removed and made again, as by
 * `git checkout`. Each folder is watched by itself: where Node watches them recursively by its own means, as on Linux,
 * it loses a file that an editor replaces.
 * @returns ends that
 */
export function watchFiles(folder: string, onChange: (file: string) => void): () => void {
  const watched = new Map<string, { readonly identity: string; readonly watcher: FSWatcher }>();
  const drop = (path: string) => {
    watched.get(path)?.watcher.close();
    watched.delete(path);
  };
  const add = (path: string, onEvent: (file: string) => void) => {
    const watcher = watch(path, (_, file) => {
      if (file !== null) onEvent(file);
    });
    watcher.on('error', () => watcher.close());
    return watcher;
  };
  const watchAll = (isFirst: boolean) => {
    for (const [path, { identity }] of watched) if (identityOf(path) !== identity) drop(path);
    for (const path of [folder, ...globSync('**/', { cwd: folder }).map((name) => join(folder, name))]) {
      const identity = identityOf(path);
      if (watched.has(path) || identity === undefined) continue;
      try {
        const watcher = add(path, (file) => {
          // A folder, perhaps, that is new, or gone.
          if (!file.includes('.')) watchAll(false);
          onChange(join(path, file));
        });
        watched.set(path, { identity, watcher });
        // Written before it was watched.
        if (!isFirst) for (const file of readdirSync(path)) onChange(join(path, file));
      } catch (error) {
        // Else it was removed meanwhile.
        if (isFirst) throw error;
      }
    }
  };
  // Of the folder itself, only what it is in tells that it was made again.
  const parent = add(dirname(folder), (file) => {
    if (file === basename(folder)) watchAll(false);
  });
  watchAll(true);
  return () => {
    parent.close();
    for (const path of watched.keys()) drop(path);
  };
}

/** Another one for another folder at the same path; undefined when there is none. An inode alone is soon used again. */
function identityOf(path: string): string | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats && `${stats.ino} ${stats.birthtimeNs}`;
}

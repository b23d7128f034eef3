import { type FSWatcher, globSync, watch } from 'node:fs';
import { join } from 'node:path';

/**
 * Tells of each file that changes in a folder or below it. Each folder is watched by itself: where Node watches them
 * recursively by its own means, as on Linux, it loses a file that an editor replaces.
 * @returns ends that
 */
export function watchFiles(folder: string, onChange: (file: string) => void): () => void {
  const watchers = new Map<string, FSWatcher>();
  const watchAll = () => {
    for (const each of [folder, ...globSync('**/', { cwd: folder }).map((name) => join(folder, name))]) {
      if (watchers.has(each)) continue;
      const watcher = watch(each, (_, file) => {
        // A new folder, perhaps.
        if (file !== null && !file.includes('.')) watchAll();
        if (file !== null) onChange(join(each, file));
      });
      // A folder that is removed.
      watcher.on('error', () => watcher.close());
      watchers.set(each, watcher);
    }
  };
  watchAll();
  return () => {
    for (const watcher of watchers.values()) watcher.close();
  };
}

import { createHash } from 'node:crypto';
import { createWriteStream, globSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A file to drop. */
export interface DropSource {
  readonly file: string;
  /** Below the dataset's prefix in raw: the file's own name, or its path in the folder that was named. */
  readonly name: string;
}

/** The files that were named, and everything that is wrong with the names: of a file, a folder or a pattern. */
export function findSources(typed: readonly string[]): { sources: DropSource[]; problems: string[] } {
  const problems: string[] = [];
  const sources = typed.flatMap((path): DropSource[] => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isFile()) return [{ file: path, name: basename(path) }];
    const found = stat?.isDirectory() ? filesBelow(path) : stat ? [] : filesLike(path);
    if (found.length > 0) return found;
    if (stat?.isDirectory()) problems.push(`${path}: there are no files in this folder`);
    else if (stat) problems.push(`${path}: expected a file or a folder; for a pipe, type -`);
    else problems.push(`${path}: there is no such file`);
    return [];
  });
  const seen = new Set<string>();
  for (const { file, name } of sources) {
    if (seen.has(name)) problems.push(`${file}: a file of the same name is dropped already`);
    seen.add(name);
  }
  return { sources, problems };
}

/** Those that a file manager hides are left out. */
function filesBelow(folder: string): DropSource[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((file) => ({ file, name: relative(folder, file).replaceAll(sep, '/') }))
    .filter(({ name }) => !/(^|\/)\./.test(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** For a pattern that came in quotes: a shell takes only so many names. */
function filesLike(pattern: string): DropSource[] {
  return globSync(pattern)
    .filter((file) => statSync(file).isFile())
    .sort()
    .map((file) => ({ file, name: basename(file) }));
}

/**
 * A file of what comes in, which is read more than once. Its name tells the content, so that the same content is the
 * same object.
 * @throws {Error} when nothing comes in
 */
export async function spool(input: Readable): Promise<DropSource & { remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'tdf-drop-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const hash = createHash('sha256');
    const unnamed = join(folder, 'stdin');
    await pipeline(
      input,
      async function* (pieces: AsyncIterable<Buffer>) {
        for await (const piece of pieces) {
          hash.update(piece);
          yield piece;
        }
      },
      createWriteStream(unnamed),
    );
    if (statSync(unnamed).size === 0)
      throw new Error('Standard input is empty. Pipe a file into it: npx tdf drop - < FILE');
    const name = `stdin-${hash.digest('hex').slice(0, 12)}.json`;
    renameSync(unnamed, join(folder, name));
    return { file: join(folder, name), name, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { S3Object } from './fauxqs.ts';
import type { FileTree } from './file-tree.ts';
import { withStateFile } from './state-error.ts';

/** What S3 knows of an object beside its body, as JSON: `.meta/<bucket>/<sha256 of the key>.json`. */
interface Sidecar extends Omit<S3Object, 'body' | 'lastModified'> {
  /** ISO 8601, UTC */
  lastModified: string;
  /** The body's file, relative to the tree's root, with `/` between its segments. */
  file: string;
  /** Of the body, in hex: the etag is that only for an object written in one piece. */
  md5: string;
  /** The body file's modification time, milliseconds since 1970. */
  mtimeMs: number;
}

/** Writes the sidecar of a body that is already in its file. */
export function writeSidecar(tree: FileTree, sidecarFile: string, file: string, object: S3Object): void {
  const { body, lastModified, ...rest } = object;
  const sidecar: Sidecar = {
    ...rest,
    lastModified: lastModified.toISOString(),
    file,
    md5: md5Of(body),
    mtimeMs: statSync(tree.at(file)).mtimeMs,
  };
  tree.write(sidecarFile, `${JSON.stringify(sidecar, null, 2)}\n`);
}

/**
 * The object without its body, and the body's file; undefined when someone has removed one of them. Where the file
 * is not the one that was written (edited by hand, or the run was killed between body and sidecar) the object is
 * what the file now holds.
 */
export function readSidecar(
  tree: FileTree,
  sidecarFile: string,
): { object: S3Object; file: string } | undefined {
  const sidecar = readState<Sidecar>(tree.at(sidecarFile));
  if (sidecar === undefined) return undefined;
  const { file, md5, mtimeMs, lastModified, ...rest } = sidecar;
  const stat = statSync(tree.at(file), { throwIfNoEntry: false });
  if (!stat?.isFile()) return undefined;
  const object = { ...rest, body: Buffer.alloc(0), lastModified: new Date(lastModified) };
  if (stat.size === object.contentLength && stat.mtimeMs === mtimeMs) return { object, file };
  const body = readFileSync(tree.at(file));
  if (md5Of(body) === md5) return { object, file };
  const { parts, checksumAlgorithm, checksumValue, checksumType, partChecksums, ...unaffected } = object;
  return {
    object: { ...unaffected, contentLength: body.length, etag: `"${md5Of(body)}"`, lastModified: stat.mtime },
    file,
  };
}

/** A JSON file of the state directory; undefined when it is gone. @throws {StateError} */
export function readState<T>(file: string): T | undefined {
  return withStateFile(file, () => {
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as T;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  });
}

function md5Of(body: Uint8Array): string {
  return createHash('md5').update(body).digest('hex');
}

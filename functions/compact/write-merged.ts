import { compactedKey, type TableDay } from '../../shared/keys.ts';
import type { ListedObject } from '../../shared/listing.ts';
import { objectMetadata } from '../../shared/object-metadata.ts';
import { writeObjects } from '../data-stage/write-objects.ts';
import { mergedParts } from './merge.ts';
import { type PartSource, partFiles } from './part-files.ts';

export interface MergeDependencies extends PartSource {
  readonly compacted: string;
}

interface Merge {
  readonly parts: readonly ListedObject[];
  readonly digest: string;
  /** ETag of the object that is there now; undefined for none. */
  readonly replaces: string | undefined;
}

/**
 * Writes the compacted object of a table's day.
 * @returns how many rows it has
 * @throws {PermanentError} when no further try can succeed
 */
export async function writeMerged(
  of: TableDay,
  { parts, digest, replaces }: Merge,
  dependencies: MergeDependencies,
): Promise<number> {
  const { s3, compacted, signal } = dependencies;
  let read = 0;
  async function* counted() {
    for await (const part of partFiles(parts, dependencies)) {
      signal.throwIfAborted();
      yield part;
      read += 1;
    }
  }
  const target = {
    bucket: compacted,
    key: compactedKey(of),
    replaces,
    metadata: { [objectMetadata.partsDigest]: digest },
  };
  try {
    const partsBytes = parts.reduce((sum, { size }) => sum + size, 0);
    const merged = oneByOne(mergedParts(of, counted(), { partsDigest: digest, partsBytes }));
    return (await writeObjects(s3, [target], merged)).rows;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Error(`The function ran out of time and stopped, after ${read} of ${parts.length} parts.`, {
      cause: error,
    });
  }
}

/** The pieces of one file, as an upload of several takes them. */
async function* oneByOne<T>(
  pieces: AsyncGenerator<Uint8Array, T, undefined>,
): AsyncGenerator<readonly Uint8Array[], T, undefined> {
  try {
    for (;;) {
      const { done, value } = await pieces.next();
      if (done) return value;
      yield [value];
    }
  } finally {
    // When the upload has failed: no part is read any more beside the next round.
    await pieces.return(undefined as T);
  }
}

import type { AsyncBuffer } from 'hyparquet';
import { mergedParts } from '../../../functions/compact/merge.ts';
import type { TableDay } from '../../../shared/keys.ts';

export interface PartFile {
  readonly key: string;
  readonly file: Uint8Array;
}

/** The file that parts become, and how many rows it has. */
export async function merged(of: TableDay, parts: readonly PartFile[]) {
  const merging = mergedParts(of, opened(parts), { partsDigest: 'digest' });
  const pieces: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await merging.next();
    if (done) return { file: Buffer.concat(pieces), ...value };
    pieces.push(value);
  }
}

async function* opened(parts: readonly PartFile[]) {
  for (const { key, file } of parts) yield { key, file: inMemory(file) };
}

/** As the objects of S3 are read: in pieces, each a buffer of its own. */
export function inMemory(bytes: Uint8Array): AsyncBuffer {
  const { buffer } = new Uint8Array(bytes);
  return { byteLength: buffer.byteLength, slice: async (start, end) => buffer.slice(start, end) };
}

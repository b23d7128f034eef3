import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { PermanentError } from '../../shared/errors.ts';
import { headObject } from '../../shared/head-object.ts';
import { compactedKey, dayPrefix, type TableDay } from '../../shared/keys.ts';
import type { ListedObject } from '../../shared/listing.ts';
import { objectMetadata } from '../../shared/object-metadata.ts';
import { listParts, partsDigest } from '../../shared/parts.ts';
import { untilUnchanged } from '../data-stage/until-unchanged.ts';
import { writeObjects } from '../data-stage/write-objects.ts';
import { limits } from './limits.ts';
import { mergedParts } from './merge.ts';
import { type PartSource, partFiles } from './part-files.ts';

export interface CompactDependencies extends PartSource {
  readonly compacted: string;
}

export type Compacted =
  | { readonly kind: 'compacted'; readonly key: string; readonly parts: number; readonly rows: number }
  /** The compacted object was made of the parts that there are. */
  | { readonly kind: 'current'; readonly parts: number }
  | { readonly kind: 'removed' };

/**
 * Makes the compacted object of a table's day of its parts, as they are now.
 * @throws {PermanentError} when no further try can succeed
 */
export function compactDay(of: TableDay, dependencies: CompactDependencies): Promise<Compacted> {
  return untilUnchanged(dayPrefix(of), limits.rounds, () => compactListed(of, dependencies));
}

/**
 * As convert does it: a write fails if another worker wrote after we looked, and a last look finds out if the parts changed.
 * Neither is enough alone: test/functions/compact/two-workers.deep.test.ts.
 * @returns undefined when the parts changed
 */
async function compactListed(
  of: TableDay,
  dependencies: CompactDependencies,
): Promise<Compacted | undefined> {
  const { s3, curated, compacted } = dependencies;
  const target = { bucket: compacted, key: compactedKey(of) };
  const replaced = await headObject(s3, target.bucket, target.key);
  const parts = await listParts(s3, curated, of);
  const digest = partsDigest(of, parts);
  const isCurrent =
    parts.length === 0 ? !replaced : replaced?.Metadata?.[objectMetadata.partsDigest] === digest;
  if (isCurrent) return { kind: 'current', parts: parts.length };
  refuseTooMany(of, parts);

  let done: Compacted = { kind: 'removed' };
  if (parts.length === 0) {
    await s3.send(
      new DeleteObjectCommand({ Bucket: target.bucket, Key: target.key, IfMatch: replaced?.ETag }),
    );
  } else {
    const metadata = { [objectMetadata.partsDigest]: digest };
    const merged = mergedParts(of, partFiles(parts, dependencies), { partsDigest: digest });
    const { rows } = await writeObjects(
      s3,
      [{ ...target, replaces: replaced?.ETag, metadata }],
      oneByOne(merged),
    );
    done = { kind: 'compacted', key: target.key, parts: parts.length, rows };
  }
  return partsDigest(of, await listParts(s3, curated, of)) === digest ? done : undefined;
}

/** The pieces for one target. */
async function* oneByOne<T>(
  pieces: AsyncGenerator<Uint8Array, T, undefined>,
): AsyncGenerator<readonly Uint8Array[], T, undefined> {
  for (;;) {
    const { done, value } = await pieces.next();
    if (done) return value;
    yield [value];
  }
}

/** @throws {PermanentError} `too-many-parts` */
function refuseTooMany(of: TableDay, parts: readonly ListedObject[]): void {
  const bytes = parts.reduce((total, { size }) => total + size, 0);
  if (parts.length <= limits.parts && bytes <= limits.bytes) return;
  throw new PermanentError(
    'too-many-parts',
    `"${dayPrefix(of)}" has ${parts.length} parts of ${Math.ceil(bytes / 1e6)} MB together; compact takes ${limits.parts} of ${Math.floor(limits.bytes / 1e6)} MB.`,
  );
}

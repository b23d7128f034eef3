import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { headObject } from '../../shared/head-object.ts';
import { compactedKey, dayPrefix, type TableDay } from '../../shared/keys.ts';
import { isMadeOf, listParts, partsDigest } from '../../shared/parts.ts';
import { untilUnchanged } from '../data-stage/until-unchanged.ts';
import { refuseLargeDay } from './large-day.ts';
import { limits } from './limits.ts';
import { type MergeDependencies, writeMerged } from './write-merged.ts';

export type Compacted =
  | { readonly kind: 'compacted'; readonly key: string; readonly parts: number; readonly rows: number }
  /** The object was made of the parts that there are. */
  | { readonly kind: 'current'; readonly parts: number }
  | { readonly kind: 'removed' };

export interface CompactDependencies extends MergeDependencies {
  /** Waits, until the signal is aborted at most. */
  readonly wait: (milliseconds: number) => Promise<void>;
}

/**
 * Makes the compacted object of a table's day of its parts, as they are now. It may not leave a change to that change's own
 * event: the worker of that one may have found the day current before this one wrote.
 * @throws {PermanentError} when no further try can succeed
 */
export function compactDay(of: TableDay, dependencies: CompactDependencies): Promise<Compacted> {
  return untilUnchanged(
    dayPrefix(of),
    limits.rounds,
    () => compactListed(of, dependencies),
    (repetition) => dependencies.wait((2 ** (repetition - 1) - 1) * limits.pause),
  );
}

/**
 * The newest parts win without a lock, by the two checks of convert: the write fails if another worker wrote after we
 * looked, and a last look finds out if the parts changed. Neither is enough alone:
 * test/functions/compact/two-workers.deep.test.ts.
 * @returns undefined when the parts changed
 */
async function compactListed(of: TableDay, dependencies: MergeDependencies): Promise<Compacted | undefined> {
  const { s3, curated, compacted } = dependencies;
  const key = compactedKey(of);
  const replaced = await headObject(s3, compacted, key);
  const parts = await listParts(s3, curated, of);
  const digest = partsDigest(of, parts);
  const isCurrent = parts.length === 0 ? !replaced : isMadeOf(replaced, digest);
  if (isCurrent) return { kind: 'current', parts: parts.length };

  let done: Compacted;
  if (parts.length === 0) {
    await s3.send(new DeleteObjectCommand({ Bucket: compacted, Key: key, IfMatch: replaced?.ETag }));
    done = { kind: 'removed' };
  } else {
    refuseLargeDay(of, { parts: parts.length, bytes: parts.reduce((sum, { size }) => sum + size, 0) });
    const rows = await writeMerged(of, { parts, digest, replaces: replaced?.ETag }, dependencies);
    done = { kind: 'compacted', key, parts: parts.length, rows };
  }
  return partsDigest(of, await listParts(s3, curated, of)) === digest ? done : undefined;
}

import { type Letter, maxReceiveCount } from '../../../operations/break/oracle.ts';
import { readParquet } from '../../../operations/query/parquet-rows.ts';
import { headObject } from '../../../shared/head-object.ts';
import { compactedKey, dayPrefix, tableDayOf } from '../../../shared/keys.ts';
import { objectMetadata } from '../../../shared/object-metadata.ts';
import { listParts, partsDigest } from '../../../shared/parts.ts';
import { s3Client } from '../../../shared/s3-client.ts';
import type { Stack } from '../../stack.ts';

/** A table's day, when nothing moves any more. */
export interface SettledDay {
  readonly prefix: string;
  /** Its object in the table was made of the parts that are in curated now, and holds their rows; or there are none of both. */
  readonly isCurrent: boolean;
  readonly letters: readonly Letter[];
  /** How often each message about it was handed to compact. */
  readonly deliveries: readonly number[];
}

/** Every day that anything is known of. */
export async function settledDays(stack: Stack): Promise<SettledDay[]> {
  const { emulator, clientConfig } = stack.runtime;
  const { CuratedBucketName, CompactedBucketName } = stack.outputs;
  const s3 = s3Client(clientConfig);
  const letters = stack
    .letters('compact')
    .map((letter) => ({ ...letter, prefix: prefixOf(letter.key ?? '') }));
  const keys = [...(await stack.curatedKeys()), ...(await stack.compacted()).keys()];
  const prefixes = new Set([...keys.map(prefixOf), ...letters.map(({ prefix }) => prefix)]);
  try {
    return await Promise.all(
      Array.from(prefixes, async (prefix) => {
        const of = tableDayOf(prefix);
        const parts = await listParts(s3, CuratedBucketName, of);
        const made = await headObject(s3, CompactedBucketName, compactedKey(of));
        const files = parts.map(({ key }) => emulator.pathOf(CuratedBucketName, key));
        const isCurrent =
          parts.length === 0
            ? made === undefined
            : made?.Metadata?.[objectMetadata.partsDigest] === partsDigest(of, parts) &&
              JSON.stringify(await stack.tableRows(compactedKey(of))) ===
                JSON.stringify(await readParquet(files));
        return {
          prefix,
          isCurrent,
          letters: letters.filter((letter) => letter.prefix === prefix),
          deliveries: stack.deliveries(prefix),
        };
      }),
    );
  } finally {
    s3.destroy();
  }
}

/**
 * What is wrong with the table after faults: a day is what its parts are, or a dead letter says that it was given up. Of no
 * other cause is there a letter, since all parts are whole.
 */
export function problemsOfDays(days: readonly SettledDay[]): string[] {
  return days.flatMap(({ prefix, isCurrent, letters, deliveries }) => [
    ...(isCurrent || letters.length > 0 ? [] : [`${prefix}: not what its parts are, and no dead letter`]),
    ...letters
      .filter(
        ({ code, reason }) =>
          !deliveries.some((count) => count >= maxReceiveCount) ||
          !(code === undefined || (code === 'tries-exhausted' && /^Failed \d+ times/.test(reason ?? ''))),
      )
      .map(({ code, reason }) => `${prefix}: a dead letter that nothing accounts for: ${code} (${reason})`),
  ]);
}

/** The same once all letters were sent again, and nothing failed. */
export function problemsOfDaysAfterRedrive(days: readonly SettledDay[]): string[] {
  return days
    .filter(({ isCurrent, letters }) => !isCurrent || letters.length > 0)
    .map(({ prefix, isCurrent, letters }) =>
      isCurrent
        ? `${prefix}: ${letters.length} letters are left`
        : `${prefix}: not what its parts are after its letters were sent again`,
    );
}

function prefixOf(key: string): string {
  return dayPrefix(tableDayOf(key));
}

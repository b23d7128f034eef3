import { curatedKey, type Day, parseRawKey } from '../../shared/keys.ts';
import { Conversion } from './conversion.ts';
import { type CuratedBucket, partBytes } from './curated-bucket.ts';
import type { RawBucket } from './raw-bucket.ts';

export interface ConvertDependencies {
  readonly raw: Pick<RawBucket, 'get' | 'revision'>;
  readonly curated: Pick<CuratedBucket, 'put'>;
}

export type Converted =
  | {
      readonly kind: 'converted';
      readonly key: string;
      readonly rows: number;
      readonly rescuedFields: number;
    }
  /** The raw object was removed before it could be converted: there is nothing to do. */
  | { readonly kind: 'gone' };

/** How often an object may change under our hands before the message is left to a later try. */
const maxRounds = 5;

/**
 * Converts one raw object, as it is now, into its curated object. After writing it looks again: an object that changed
 * meanwhile is converted once more, so that the last writer always wrote the newest content, with no lock.
 * @throws {PermanentError} when no further try can succeed
 */
export async function convertObject(key: string, { raw, curated }: ConvertDependencies): Promise<Converted> {
  // First: the role may read no other prefix, and "access denied" would tell nobody that the file is in the wrong place.
  const rawKey = parseRawKey(key);
  /** Of a large object without a `dt=` folder, whose day its last record may decide: it takes a round of its own. */
  let found: { revision: string; day: Day } | undefined;
  for (let round = 0; round < maxRounds; round++) {
    const object = await raw.get(key);
    if (!object) return { kind: 'gone' };
    const conversion = new Conversion(rawKey, object);
    let day = rawKey.day ?? (found?.revision === object.revision ? found.day : undefined);
    let parquet: AsyncIterable<Uint8Array> | Iterable<Uint8Array> = conversion.parquet();
    if (day === undefined) {
      const pieces = await heldUpTo(partBytes, parquet);
      day = conversion.day;
      if (!pieces) {
        found = { revision: object.revision, day };
        continue;
      }
      parquet = pieces;
    }
    const target = curatedKey({ ...rawKey, day });
    await curated.put(target, parquet);
    if ((await raw.revision(key)) === object.revision) {
      const { rows, rescuedFields } = conversion;
      return { kind: 'converted', key: target, rows, rescuedFields };
    }
  }
  throw new Error(`"${key}" changed ${maxRounds} times while it was converted.`);
}

/** All pieces; undefined when they have more bytes than that, but read to their end all the same. */
async function heldUpTo(
  maxBytes: number,
  pieces: AsyncIterable<Uint8Array>,
): Promise<Uint8Array[] | undefined> {
  let held: Uint8Array[] | undefined = [];
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > maxBytes) held = undefined;
    held?.push(piece);
  }
  return held;
}

import { conversion } from '../../functions/convert/conversion.ts';
import type { RawObject } from '../../functions/convert/raw-object.ts';
import { PermanentError } from '../../shared/errors.ts';
import { curatedKey, type Day, filedKey, parseRawKey } from '../../shared/keys.ts';
import type { Fate, Faultless } from './oracle.ts';

/** Where a raw object of a dataset with one table belongs, and what convert makes of it when nothing goes wrong. */
export async function faultlessFate(
  key: string,
  object: Pick<RawObject, 'body' | 'fetchedAt'>,
  day: Day,
): Promise<Omit<Fate, 'deliveries'>> {
  const parsed = parseRawKey(key);
  const filed = { ...parsed, key: parsed.day === undefined ? filedKey(parsed, day) : key, day };
  const [table] = filed.dataset.tables;
  if (!table) throw new Error(`${filed.dataset.name} has no table.`);
  return {
    key,
    keys: [...new Set([key, filed.key])],
    curatedKey: curatedKey(filed, table),
    faultless: [await faultless(filed, object)],
  };
}

async function faultless(...[parsed, object]: Parameters<typeof conversion>): Promise<Faultless> {
  const pieces: Uint8Array[] = [];
  try {
    const converting = conversion(parsed, object);
    for (;;) {
      const { done, value } = await converting.next();
      if (done) return { bytes: Buffer.concat(pieces), rows: value.rows[0] ?? 0 };
      pieces.push(...value);
    }
  } catch (error) {
    if (error instanceof PermanentError) return { code: error.code };
    throw error;
  }
}

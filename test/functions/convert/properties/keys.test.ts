import { describe, expect, test } from '@jest/globals';
import { PermanentError } from '../../../../shared/errors.ts';
import { curatedKey, filedKey, parseRawKey } from '../../../../shared/keys.ts';
import fc from '../../../fast-check.ts';

const day = '2026-11-22';

/** Where a raw key leads, an undated one by way of the key that it is filed under; undefined when it is refused. */
function curated(key: string): string | undefined {
  try {
    const { day: dated, ...parsed } = parseRawKey(key);
    if (dated !== undefined) return curatedKey({ ...parsed, day: dated });
    return curated(filedKey({ ...parsed, day: undefined }, day));
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    expect(error.code).toBe('unknown-dataset');
    return undefined;
  }
}

// biome-ignore format: a list
const parts = [
  '/', '//', '.', '..', '_', '-', ' ', '+', '%', '=', 'a', 'A', 'b', 'ä', '日', '🚴', '\n', '\0', '\\', '*', 'dt=', 'dt=2026-11-22/',
  'dt=2024-02-29/', 'dt=2026-02-29/', '.json', '.json.gz', '.JSON', '.parquet', '.0123456789ab', '0123456789ab', '.json\n',
];
const name = fc.oneof(
  fc.array(fc.constantFrom(...parts), { maxLength: 8 }).map((all) => all.join('')),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.toWellFormed()),
  fc
    .tuple(fc.constantFrom('x', 'ä', '日', '🚴', '/', '.'), fc.nat(1024))
    .map(([unit, count]) => unit.repeat(count)),
);
/** S3 allows 1024 bytes of UTF-8. */
const rawKey = fc
  .tuple(
    fc.constantFrom('', 'weatherapi/current', ...Array(8).fill('weatherapi/current/')),
    fc.constantFrom('', `dt=${day}/`),
    name,
  )
  .map((all) => all.join(''))
  .filter((key) => Buffer.byteLength(key) <= 1024);

describe('of any raw key', () => {
  test('the curated key is one that S3 takes and Athena shows, of the same day, or there is none', () => {
    fc.assert(
      fc.property(rawKey, (key) => {
        const target = curated(key);
        if (target === undefined) return;
        const [, folder] =
          /^weatherapi\/current\/dt=(\d{4}-\d\d-\d\d)\/[A-Za-z0-9][A-Za-z0-9._-]*\.parquet$/.exec(target) ??
          [];
        expect(folder).toBe(/^weatherapi\/current\/dt=([^/]*)\//.exec(key)?.[1] ?? day);
        expect(target.length).toBeLessThanOrEqual(1024);
        expect(target).not.toContain('/../');
      }),
      { numRuns: 2_000 },
    );
  });

  test('the limit of 1024 bytes is met exactly', () => {
    for (const unit of ['x', '.', '_', '/', '..', ' ']) {
      for (const prefix of ['weatherapi/current/', `weatherapi/current/dt=${day}/`]) {
        for (const ending of ['', '.json']) {
          const room = 1024 - prefix.length - ending.length;
          const key = `${prefix}${unit.repeat(room).slice(0, room)}${ending}`;
          expect(Buffer.byteLength(key)).toBe(1024);
          expect(curated(key)).toMatch(/\/[A-Za-z0-9][A-Za-z0-9._-]{0,100}\.[0-9a-f]{12}\.parquet$/);
        }
      }
    }
  });

  test('no other raw key has the same curated key', () => {
    fc.assert(
      fc.property(fc.uniqueArray(rawKey, { minLength: 2, maxLength: 20 }), (keys) => {
        // And those of whoever names a raw file after a curated one.
        const mimics = keys.flatMap((key) =>
          [curated(key) ?? [], curated(key)?.replace(/parquet$/, 'json') ?? []].flat(),
        );
        const all = [...new Set([...keys, ...mimics])];
        const targets = all.map(curated).filter((target) => target !== undefined);
        expect(new Set(targets).size).toBe(targets.length);
      }),
      { numRuns: 300 },
    );
  });

  test('a key is the same whenever it is asked for', () => {
    fc.assert(fc.property(rawKey, (key) => expect(curated(key)).toBe(curated(key))));
  });
});

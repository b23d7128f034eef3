import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { PermanentError } from '../../../../shared/errors.ts';
import fc, { runs } from '../../../fast-check.ts';
import { everyLevel } from '../every-level.ts';
import { objectOf } from './json-source.ts';
import { comparable, converted, duckdb } from './outcome.ts';
import { damagedFile, rawText, rawTextOf, recordMembers } from './raw-files.ts';

const { rowsIn } = duckdb();

function split(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => Math.floor(place * bytes.length)), bytes.length].sort(
    (a, b) => a - b,
  );
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

describe('how the bytes of a file come in does not matter:', () => {
  const place = fc.double({ min: 0, max: 1, noNaN: true });
  const anyFile = fc.oneof(
    rawText.map((text) => Buffer.from(text)),
    rawText.map((text) => gzipSync(text)),
    damagedFile,
  );

  test('in pieces that end anywhere [same-rows]', async () => {
    await fc.assert(
      fc.asyncProperty(anyFile, fc.array(place, { maxLength: 6 }), async (raw, places) => {
        expect(await comparable(split(raw, places))).toBe(await comparable([raw]));
      }),
      { numRuns: runs(40) },
    );
  });

  test('byte by byte [same-rows]', async () => {
    await fc.assert(
      fc.asyncProperty(anyFile, async (raw) => {
        expect(await comparable([...raw].map((byte) => Buffer.from([byte])))).toBe(await comparable([raw]));
      }),
      { numRuns: runs(15) },
    );
  });

  test('in pieces that end anywhere, for every table [same-rows]', async () => {
    await fc.assert(
      fc.asyncProperty(rawTextOf(everyLevel), fc.array(place, { maxLength: 6 }), async (text, places) => {
        const raw = Buffer.from(text);
        expect(await comparable(split(raw, places), everyLevel)).toBe(await comparable([raw], everyLevel));
      }),
      { numRuns: runs(40) },
    );
  });

  const indented = '{\n"location":{"name":"a"}}';

  test.each([
    ['records of several lines after an array of such', `[${indented}]\n${indented}\n${indented}`],
    ['the same inside strings', `${JSON.stringify(indented)}\n${JSON.stringify(`${indented}\n${indented}`)}`],
  ])('%s', async (_what, text) => {
    const raw = Buffer.from(text);
    const whole = await comparable([raw]);
    for (const end of [20, 60]) {
      expect(await comparable([raw.subarray(0, end), raw.subarray(end)])).toBe(whole);
    }
  });
});

test('the order of members does not matter [same-rows]', async () => {
  const reordered = recordMembers.chain((members) =>
    fc.tuple(fc.constant(members), fc.shuffledSubarray(members, { minLength: members.length })),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(reordered, { minLength: 3, maxLength: 8 }), async (records) => {
      const files = [0, 1].map((order) => records.map((orders) => objectOf(orders[order] ?? [])).join('\n'));
      const [one, other] = await Promise.all(files.map((text) => converted([Buffer.from(text)])));
      if (one instanceof PermanentError || other instanceof PermanentError) {
        expect([one, other]).toEqual([expect.any(PermanentError), expect.any(PermanentError)]);
      } else {
        expect(await rowsIn(one as Uint8Array)).toEqual(await rowsIn(other as Uint8Array));
      }
    }),
    { numRuns: runs(15) },
  );
});

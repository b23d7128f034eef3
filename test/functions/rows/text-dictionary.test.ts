import { expect, test } from '@jest/globals';
import { firstHash, nextHash, TextDictionary } from '../../../functions/rows/text-dictionary.ts';
import fc, { runs } from '../../fast-check.ts';

/** 2^levels texts of one hash: at each level, either of two ends leads from the same hash to the same. */
function textsOfOneHash(levels: number): string[] {
  let texts = [''];
  let hash = firstHash;
  for (let level = 0; level < levels; level++) {
    const [one, other, next] = collision(hash);
    texts = texts.flatMap((text) => [text + one, text + other]);
    hash = next;
  }
  return texts;
}

function collision(start: number): [one: string, other: string, hash: number] {
  const met = new Map<number, string>();
  for (let number = 0; ; number++) {
    const end = (Math.imul(number, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
    let hash = start;
    for (let at = 0; at < end.length; at += 4) hash = nextHash(hash, Buffer.from(end).readInt32LE(at));
    const other = met.get(hash);
    if (other) return [other, end, hash];
    met.set(hash, end);
  }
}

const chosen = textsOfOneHash(14);

test('texts that were chosen for their hash are numbered about as fast as others [one-hash]', () => {
  const others = chosen.map((text, index) => `${text.slice(0, -5)}${index + 10_000}`);
  const millisecondsFor = (texts: readonly string[]) => {
    const dictionary = new TextDictionary();
    const start = performance.now();
    for (const text of texts) dictionary.numberOfString(text);
    return performance.now() - start;
  };
  millisecondsFor(others);
  expect(millisecondsFor(chosen)).toBeLessThan(20 * millisecondsFor(others));
});

test('each text has one number, in the order in which they came, whatever their hashes', () => {
  const text = fc.oneof(fc.constantFrom(...chosen.slice(0, 200)), fc.string({ maxLength: 2 }));
  const dictionary = new TextDictionary();
  fc.assert(
    fc.property(fc.array(text, { maxLength: 1_000, size: 'max' }), (texts) => {
      dictionary.clear();
      const distinct = [...new Set(texts)];
      expect(texts.map((each) => dictionary.numberOfString(each))).toEqual(
        texts.map((each) => distinct.indexOf(each)),
      );
      expect(distinct.map((_, number) => Buffer.from(dictionary.bytesOf(number)).toString())).toEqual(
        distinct,
      );
    }),
    { numRuns: runs(20) },
  );
});

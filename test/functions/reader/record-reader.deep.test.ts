import { describe, expect, test } from '@jest/globals';
import { maxHeldBytes } from '../../../functions/reader/record-reader.ts';
import { weatherapiCurrent } from '../../../shared/datasets/weatherapi-current.ts';
import { columnsFrom, failureOf, response } from '../convert/converted.ts';
import { comparable } from '../convert/properties/outcome.ts';

const oslo = response({ temp_c: -3.5 }, 'Oslo');
const nice = response({ temp_c: 21.6 }, 'Nice');

const placesIn = (text: string, pieceBytes?: number) =>
  columnsFrom(text, weatherapiCurrent, pieceBytes).location_name;

describe('what has to be held at once has a limit:', () => {
  const long = 'x'.repeat(maxHeldBytes);

  test.each([
    ['a line', `${oslo}\n{"location":{},"x":"${long}"}`, 'Line 2 has'],
    ['a bulk answer', `{"bulk":[{"query":{"location":{},"x":"${long}"}}]}`, 'It is a bulk answer: put'],
    ['an element', `[${oslo},{"location":{},"x":"${long}"}]`, 'Line 1, element 2 has'],
    [
      'a document',
      `{\n"location":{},"x":"${long}"}`,
      'The file begins with a line that is not a whole JSON value',
    ],
  ])('%s', async (_what, text, place) => {
    const failure = await failureOf(() => placesIn(text));
    expect(failure.code).toBe('too-large');
    expect(failure.message).toContain(place);
    expect(failure.message).toContain('16 MiB');
  });

  test('up to it, all is well', () => {
    const text = `{"location":{"name":"Oslo"},"current":{"uv":1},"x":"${long.slice(100)}"}`;
    for (const form of [text, `[${text}]`, `{\n${text.slice(1)}`]) expect(placesIn(form)).toEqual(['Oslo']);
  });

  test('and not the space behind an element, though the element came in two pieces', () => {
    const space = ' '.repeat(maxHeldBytes);
    const text = `[${oslo},${nice}${space}${space}]`;
    for (const pieceBytes of [oslo.length + 20, undefined]) {
      expect(placesIn(text, pieceBytes)).toEqual(['Oslo', 'Nice']);
    }
  });

  test.each([
    ['too-deep', 'nested more than 500 levels', '['.repeat(maxHeldBytes / 2)],
    ['too-large', 'more than 250000 values', '[0'.padEnd(maxHeldBytes / 2, ',0')],
  ])('%s is known before it is parsed: %s [memory]', async (code, reason, value) => {
    for (const start of [`${oslo}\n{`, `{`, `{\n`]) {
      const failure = await failureOf(() => placesIn(`${start}"location":{},"x":${value}`));
      expect(failure.message).toContain(reason);
      expect(failure.code).toBe(code);
    }
  });

  test('not the file: there may be any number of lines, or of elements', () => {
    const places = Array.from({ length: 20 }, (_, index) => `Place ${index} ${long.slice(0, 1_000_000)}`);
    const records = places.map((place) => response({ temp_c: 1 }, place));
    expect(placesIn(records.join('\n'))).toEqual(places);
    expect(placesIn(`[${records.join(',')}]`)).toEqual(places);
  });
});

describe('how the bytes of a file come in does not matter:', () => {
  const line = '{"location":{"name":"a"}}';
  const blank = ' '.repeat(maxHeldBytes + 1024 * 1024);

  test.each([
    ['much space behind a line', `${line}\n${line}${blank}\n${line}`],
    ['much space behind an element', `[${line},${line}${blank},${line}${blank}]`],
    ['much text behind a bracket too many', `[${line}},${line}${blank}]`],
  ])('%s', async (_what, text) => {
    const raw = Buffer.from(text);
    const whole = await comparable([raw]);
    for (const end of [20, 60]) {
      expect(await comparable([raw.subarray(0, end), raw.subarray(end)])).toBe(whole);
    }
  });
});

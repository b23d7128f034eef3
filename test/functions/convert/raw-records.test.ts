import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { rawRecords } from '../../../functions/convert/raw-records.ts';
import { rawText } from '../../../functions/convert/raw-text.ts';
import { failureOf, response } from './converted.ts';

const oslo = response({ temp_c: -3.5 }, 'Oslo');
const nice = response({ temp_c: 21.6 }, 'Nice');
const pretty = (json: string) => JSON.stringify(JSON.parse(json), null, 2);
const encoded = (text: string) => JSON.stringify(text);

/** A form of raw content, the text, and the places in it. */
const forms: [string, string, string[]][] = [
  ['one response', oslo, ['Oslo']],
  ['one response and a line break', `${oslo}\n`, ['Oslo']],
  ['one response, pretty-printed', pretty(oslo), ['Oslo']],
  ['one response, pretty-printed, with CRLF', pretty(oslo).replaceAll('\n', '\r\n'), ['Oslo']],
  ['one response, pretty-printed, after blank lines', `\n\n${pretty(oslo)}\n\n`, ['Oslo']],
  ['an array', `[${oslo},${nice}]`, ['Oslo', 'Nice']],
  ['an array, pretty-printed', pretty(`[${oslo},${nice}]`), ['Oslo', 'Nice']],
  ['an array, one response a line', `[\n${oslo},\n${nice}\n]`, ['Oslo', 'Nice']],
  ['one a line', `${oslo}\n${nice}\n`, ['Oslo', 'Nice']],
  ['one a line without a last line break', `${oslo}\n${nice}`, ['Oslo', 'Nice']],
  ['one a line with CRLF', `${oslo}\r\n${nice}\r\n`, ['Oslo', 'Nice']],
  ['one a line between blank ones', `\n \n${oslo}\n\r\n\t\n${nice}\n\n`, ['Oslo', 'Nice']],
  ['an array a line', `[${oslo}]\n[${nice},${oslo}]\n`, ['Oslo', 'Nice', 'Oslo']],
  ['arrays and responses a line', `${oslo}\n[${nice}]\n`, ['Oslo', 'Nice']],
  ['with a byte-order mark', `\ufeff${oslo}\n${nice}`, ['Oslo', 'Nice']],
  ['a file that is encoded twice', encoded(oslo), ['Oslo']],
  ['a pretty-printed file that is encoded twice', encoded(pretty(oslo)), ['Oslo']],
  ['an array that is encoded twice', encoded(`[${oslo},${nice}]`), ['Oslo', 'Nice']],
  ['one a line, encoded twice as a whole', encoded(`${oslo}\n${nice}\n`), ['Oslo', 'Nice']],
  ['lines that are encoded twice', `${encoded(oslo)}\n${encoded(nice)}\n`, ['Oslo', 'Nice']],
  ['lines of which one is encoded twice', `${oslo}\n${encoded(nice)}\n`, ['Oslo', 'Nice']],
  [
    'lines that are arrays encoded twice',
    `${encoded(`[${oslo}]`)}\n${encoded(`[${nice}]`)}\n`,
    ['Oslo', 'Nice'],
  ],
];

const placesIn = (raw: Uint8Array) =>
  [...rawRecords(rawText(raw))].map(({ location }) => (location as { name: string }).name);

describe('the responses come in order from', () => {
  test.each(forms)('%s', (_form, text, places) => {
    expect(placesIn(Buffer.from(text))).toEqual(places);
    expect(placesIn(gzipSync(text))).toEqual(places);
  });

  test('ten thousand lines', () => {
    const places = Array.from({ length: 10_000 }, (_, index) => `Place ${index}`);
    const text = places.map((place) => response({}, place)).join('\n');
    expect(placesIn(Buffer.from(text))).toEqual(places);
  });
});

describe('a permanent failure that says where, and takes no part of the file', () => {
  test.each([
    ['not-json', 'The file is not JSON', '<html><body>502 Bad Gateway</body></html>'],
    ['not-json', 'The file is not JSON', oslo.slice(0, -1)],
    ['not-json', 'The file is not JSON', pretty(oslo).slice(0, -1)],
    ['not-json', 'The file is not JSON', `${oslo}${nice}`],
    ['not-json', 'Line 2 is not JSON', `${oslo}\n${nice.slice(0, -1)}\n${oslo}`],
    ['not-json', 'Line 4 is not JSON', `${oslo}\n\n${nice}\nNaN`],
    ['not-json', 'Line 2 is not JSON', `${oslo}\n\ufeff${nice}`],
    ['not-json', 'the string of line 2 is not JSON', `${oslo}\n"hello"`],
    ['not-json', 'the string of line 1, line 2, is not JSON', encoded(`${oslo}\n{`)],
    ['not-json', 'the string of line 1 is not JSON', '""'],
    ['foreign-record', 'Line 1 is null', 'null'],
    ['foreign-record', 'Line 1 is a number', '42'],
    ['foreign-record', 'Line 2 is a number', `${oslo}\n12345678901234567890`],
    ['foreign-record', 'Line 1 is a boolean', 'true'],
    ['foreign-record', 'Line 1, element 2, is an array', `[${oslo},[${nice}]]`],
    ['foreign-record', 'Line 1, element 1, is a string', `[${encoded(oslo)}]`],
    ['foreign-record', 'the string of line 1, line 1, is a string', encoded(encoded(oslo))],
    ['empty', 'Line 1 is an empty array', '[]'],
    ['empty', 'Line 2 is an empty array', `${oslo}\n[]`],
    ['empty', 'The file is an empty array', '[\n]'],
  ])('%s: %s', (code, where, text) => {
    const failure = failureOf(() => [...rawRecords(text)]);
    expect(failure.code).toBe(code);
    expect(failure.message).toContain(where);
  });
});

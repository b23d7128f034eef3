import { describe, expect, test } from '@jest/globals';
import { maxValues } from '../../../functions/reader/json-text.ts';
import { weatherapiCurrent } from '../../../shared/datasets/weatherapi-current.ts';
import { columnsFrom, failureOf, response } from '../convert/converted.ts';

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
  ['an array with space in every place', `\r\n [ ${oslo} ,\t${nice}\r\n] \r\n`, ['Oslo', 'Nice']],
  ['an array after which lines come', `[${oslo},\n${nice}\n]\n${oslo}`, ['Oslo', 'Nice', 'Oslo']],
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

const placesIn = (text: string | Uint8Array, pieceBytes?: number) =>
  columnsFrom(text, weatherapiCurrent, pieceBytes).location_name;

describe('the responses come in order from', () => {
  test.each(forms)('%s, in pieces of any size', (_form, text, places) => {
    for (const pieceBytes of [1, 2, 3, 7, 50, undefined]) expect(placesIn(text, pieceBytes)).toEqual(places);
  });

  test('a thousand lines, and the elements of as long an array', () => {
    const places = Array.from({ length: 1_000 }, (_, index) => `Place ${index}`);
    const responses = places.map((place) => response({ temp_c: 1 }, place));
    for (const text of [
      responses.join('\n'),
      `[${responses.join(',')}]`,
      `[\n  ${responses.join(',\n  ')}\n]`,
    ]) {
      for (const pieceBytes of [1_000, 65_536]) expect(placesIn(text, pieceBytes)).toEqual(places);
    }
  });
});

describe('a permanent failure says where it is:', () => {
  test.each([
    ['not-json', 'The file is not JSON', '<html><body>502 Bad Gateway</body></html>'],
    ['not-json', 'The file is not JSON', oslo.slice(0, -1)],
    ['not-json', 'The file is not JSON', pretty(oslo).slice(0, -1)],
    ['not-json', 'The file is not JSON', `${oslo}${nice}`],
    ['not-json', 'Line 2 is not JSON', `${oslo}\n${nice.slice(0, -1)}\n${oslo}`],
    ['not-json', 'Line 2 is not JSON', `${oslo}\n${oslo}${nice}\n`],
    ['not-json', 'Line 4 is not JSON', `${oslo}\n\n${nice}\nNaN`],
    ['not-json', 'Line 2 is not JSON', `${oslo}\n\ufeff${nice}`],
    [
      'not-json',
      'Line 3 is not JSON',
      '[{\n"location":{"lat":2},"current":{"uv":1}}]\n{\n"location":{"lat":2}}',
    ],
    ['not-json', 'Line 2 is not JSON', `${oslo}\n\0`],
    ['not-json', 'the string of line 2 is not JSON', `${oslo}\n"hello"`],
    ['not-json', 'the string of line 1, line 2 is not JSON', encoded(`${oslo}\n{`)],
    ['empty', 'the string of line 1 is empty', '""'],
    ['not-json', 'Line 1 is not JSON: it begins an array that does not end', `[${oslo},\n${nice}`],
    ['not-json', 'Line 1 is not JSON: it begins an array that does not end', `[${oslo},${nice.slice(0, -1)}`],
    ['not-json', 'Line 1 is not JSON: it begins an array that does not end', '['],
    ['not-json', 'Line 2 is not JSON: it begins an array that does not end', `${oslo}\n[${nice},`],
    ['not-json', 'Line 1, element 2 is not JSON', `[${oslo},]`],
    ['not-json', 'Line 1, element 2 is not JSON', `[${oslo},,${nice}]`],
    ['not-json', 'Line 1 is not JSON: no comma follows element 1', `[${oslo} ${nice}]`],
    ['not-json', 'Line 1, element 1 is not JSON', '[}'],
    ['not-json', 'Line 1, element 1 is not JSON', `[${oslo.slice(1)}]`],
    ['not-json', 'Line 1 is not JSON: it begins an array that does not end', `[${oslo},${nice.slice(0, -1)}`],
    ['not-json', 'Line 1 is not JSON: something follows', `[${oslo}]${nice}`],
    ['not-json', 'Line 3 is not JSON: something follows', `${oslo}\n[${nice},\n${oslo}] ]`],
    ['foreign-record', 'Line 1 is null', 'null'],
    ['foreign-record', 'Line 1 is a number', '42'],
    ['foreign-record', 'Line 2 is a number', `${oslo}\n12345678901234567890`],
    ['foreign-record', 'Line 1 is a boolean', 'true'],
    ['foreign-record', 'Line 1, element 2 is an array', `[${oslo},[${nice}]]`],
    ['foreign-record', 'Line 1, element 1 is a string', `[${encoded(oslo)}]`],
    ['foreign-record', 'the string of line 1, line 1 is a string', encoded(encoded(oslo))],
    ['empty', 'Line 1 is an empty array', '[]'],
    ['empty', 'Line 2 is an empty array', `${oslo}\n[]`],
    ['empty', 'Line 1 is an empty array', '[\n]'],
    ['empty', 'The file is empty', ''],
    ['empty', 'The file is empty', ' \r\n\t\n'],
    ['empty', 'The file is empty', '\ufeff'],
    [
      'too-deep',
      'Line 1 is nested more than 500 levels',
      `{"location":{"lat":2},"x":${'['.repeat(501)}${']'.repeat(501)}}`,
    ],
    ['ambiguous', 'Line 1 names a member twice', '{"location":{"name":"Oslo","name":"Nice"}}'],
    [
      'ambiguous',
      'Line 2 names a member twice',
      `${oslo}\n{"location":{"lat":2},"x":[{"a":1, "\\u0061" :1}]}`,
    ],
    [
      'ambiguous',
      'element 2 names a member twice',
      `[${oslo},{"location":{"name":"Oslo"},"location":{"name":"Oslo"}}]`,
    ],
    ['not-utf8', 'half a surrogate pair', encoded('{"location":{"name":"\ud800"}}')],
  ])('%s: %s', async (code, where, text) => {
    for (const pieceBytes of [1, 3, 50, undefined]) {
      const failure = await failureOf(() => placesIn(text, pieceBytes));
      expect(failure.message).toContain(where);
      expect(failure.code).toBe(code);
    }
  });

  const formAdvice =
    'If the file holds several answers, put each on a line of its own, or all of them into one array.';
  test.each([
    ['on one line', `${oslo}${nice}`],
    ['on a later line', `${oslo}\n${oslo} ${nice}`],
    ['on several lines each', `${pretty(oslo)}\n${pretty(nice)}`],
    ['behind an array', `[${oslo}]${nice}`],
  ])('answers that follow each other %s are refused with the forms that are read', async (_what, text) => {
    const failure = await failureOf(() => placesIn(text));
    expect(failure.code).toBe('not-json');
    expect(failure.message.endsWith(`. ${formAdvice}`)).toBe(true);
  });

  test.each([oslo.slice(0, -1), '<html>', `${oslo}\n${nice.slice(0, -1)}`])(
    'what is no answer at all gets no such advice: %s',
    async (text) => {
      expect((await failureOf(() => placesIn(text))).message).not.toContain('several answers');
    },
  );

  const large = `{"location":{"name":"Oslo"},"current":{"uv":1},"x":[0${',0'.repeat(maxValues)}]}`;
  const whole =
    'No single answer of the API is that large. If it holds several, put each on a line of its own.';
  const inBulk = 'It is a bulk answer: put each of its answers on a line of its own.';
  test.each([
    ['Line 1 has', 'an answer', large, whole],
    ['Line 1, element 1 has', 'an answer in an array', `[${large}]`, whole],
    ['The file has', 'a document', `{\n${large.slice(1)}`, whole],
    ['Line 2 has', 'a bulk answer', `${oslo}\n{"bulk":[{"query":${large}}]}`, inBulk],
    ['The file has', 'a bulk answer of several lines', `{\n "bulk": [{"query":${large}}]}`, inBulk],
  ])('%s too many values, and what to do depends on what it is: %s', async (where, _what, text, advice) => {
    const failure = await failureOf(() => placesIn(text));
    expect(failure.code).toBe('too-large');
    expect(failure.message).toBe(
      `${where} more than 250000 values, the most that are held at once. ${advice}`,
    );
  });

  test.each([
    ['Latin-1', Buffer.from('{"location":{"name":"Besançon"}}', 'latin1')],
    [
      'Latin-1 on a later line',
      Buffer.from(`${oslo}\n{"location":{"name":"Besançon"},"current":{"temp_c":1}}`, 'latin1'),
    ],
    ['UTF-16', Buffer.from('\ufeff{"location":{"lat":2}}', 'utf16le')],
    ['a character that was cut off', Buffer.from('{"location":{"name":"ä').subarray(0, -1)],
    ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0])],
  ])('not-utf8: %s', async (_what, bytes) => {
    for (const pieceBytes of [1, undefined]) {
      const failure = await failureOf(() => placesIn(bytes, pieceBytes));
      expect(failure.code).toBe('not-utf8');
    }
  });

  test('colons and braces in texts are not taken for members', () => {
    const text = response({ wind_dir: 'a":"b":\\', vis_km: 1 }, '{"x":1,"x":2}');
    expect(placesIn(text)).toEqual(['{"x":1,"x":2}']);
  });
});

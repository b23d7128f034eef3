import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { maxTextBytes, rawText } from '../../../functions/convert/raw-text.ts';
import { failureOf } from './converted.ts';

const bytes = (text: string) => Buffer.from(text);

describe('the text of a raw object', () => {
  test.each([
    ['plain', bytes('{"a":"ä🚴"}')],
    ['gzipped', gzipSync('{"a":"ä🚴"}')],
    ['with a byte-order mark', bytes('\ufeff{"a":"ä🚴"}')],
    ['gzipped with a byte-order mark', gzipSync('\ufeff{"a":"ä🚴"}')],
    [
      'in two gzip members, as `cat a.gz b.gz` makes them',
      Buffer.concat([gzipSync('{"a":'), gzipSync('"ä🚴"}')]),
    ],
  ])('is read when it is %s', (_form, raw) => {
    expect(rawText(raw)).toBe('{"a":"ä🚴"}');
  });

  test('may have as many bytes as are allowed, and not one more, packed or not', () => {
    const most = Buffer.alloc(maxTextBytes, '7');
    expect(rawText(most)).toHaveLength(maxTextBytes);
    expect(rawText(gzipSync(most, { level: 1 }))).toHaveLength(maxTextBytes);
    const oneMore = Buffer.alloc(maxTextBytes + 1, '7');
    expect(failureOf(() => rawText(oneMore)).code).toBe('too-large');
    expect(failureOf(() => rawText(gzipSync(oneMore, { level: 1 }))).code).toBe('too-large');
  });

  test('is refused before a gzip bomb goes off', () => {
    const member = gzipSync(Buffer.alloc(32 * 1024 * 1024));
    const bomb = Buffer.concat(Array.from({ length: 256 }, () => member)); // 8 GiB in 8 MiB.
    expect(failureOf(() => rawText(bomb)).code).toBe('too-large');
  });
});

const packed = gzipSync('{"location":{"name":"Oslo"}}');
const damaged = Buffer.from(packed);
damaged.writeUInt32LE(0, packed.length - 8); // The checksum.

describe('a permanent failure is', () => {
  test.each([
    ['empty', 'no bytes', bytes('')],
    ['empty', 'nothing but white space', bytes(' \r\n\t\n')],
    ['empty', 'nothing but a byte-order mark', bytes('\ufeff')],
    ['empty', 'nothing, gzipped', gzipSync('')],
    ['not-utf8', 'Latin-1', Buffer.from('{"name":"Besançon"}', 'latin1')],
    ['not-utf8', 'UTF-16', Buffer.from('\ufeff{"name":"Oslo"}', 'utf16le')],
    ['not-utf8', 'a character that was cut off', bytes('{"name":"ä').subarray(0, -1)],
    ['not-utf8', 'a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['not-utf8', 'something gzipped twice', gzipSync(packed)],
    ['bad-gzip', 'gzip that was cut short', packed.subarray(0, -9)],
    ['bad-gzip', 'gzip without its last byte', packed.subarray(0, -1)],
    ['bad-gzip', 'the first two bytes of gzip', packed.subarray(0, 2)],
    ['bad-gzip', 'gzip whose checksum is wrong', damaged],
    ['bad-gzip', 'gzip followed by text', Buffer.concat([packed, bytes('{}')])],
  ])('%s: %s', (code, _what, raw) => {
    expect(failureOf(() => rawText(raw)).code).toBe(code);
  });
});

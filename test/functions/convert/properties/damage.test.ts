import { isUtf8 } from 'node:buffer';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { PermanentError } from '../../../../shared/errors.ts';
import { response } from '../converted.ts';
import { converted, duckdb } from './outcome.ts';

const { outcomeOf, outcomeOfPieces } = duckdb();

const nested = (open: string, levels: number, close: string, inner = '1') =>
  `${open.repeat(levels)}${inner}${close.repeat(levels)}`;

describe('what is expected comes of', () => {
  test.each<[string, string | Uint8Array, number | string]>([
    ['nothing', '', 'empty'],
    ['space', ' \r\n\t\n', 'empty'],
    ['a byte-order mark alone', '\ufeff', 'empty'],
    ['NUL', '\0', 'not-json'],
    ['a record after NUL', '\0{"location":{"lat":2},"current":{"uv":1}}', 'not-json'],
    ['a record before NUL', '{"location":{"lat":2},"current":{"uv":1}}\0', 'not-json'],
    ['NUL in a text', '{"location":{"name":"a\0b"}}', 'not-json'],
    ['NUL in the text of a known record', '{"location":{"name":"x"},"current":{"uv":1}}\n{"location":{"name":"a\0b"}}', 'not-json'],
    ['NUL in an undeclared text of a known record', '{"location":{"lat":2},"current":{"uv":1},"x":"y"}\n{"location":{"lat":2},"current":{"uv":1},"x":"y"}\n{"location":{"lat":2},"current":{"uv":1},"x":"y\0"}', 'not-json'],
    ['an undeclared text of a known record that is not UTF-8', Buffer.from('{"location":{"lat":2},"current":{"uv":1},"x":"y"}\n{"location":{"lat":2},"current":{"uv":1},"x":"y"}\n{"location":{"lat":2},"current":{"uv":1},"x":"y\xff"}', 'latin1'), 'not-utf8'],
    ['an escaped NUL', '{"location":{"name":"a\\u0000b","x":"\\u0000"},"current":{"uv":1}}', 1],
    ['a byte-order mark at the start', '\ufeff{"location":{"lat":2},"current":{"uv":1}}', 1],
    ['two of them', '\ufeff\ufeff{"location":{"lat":2},"current":{"uv":1}}', 'not-json'],
    ['one between records', '{"location":{"lat":2},"current":{"uv":1}}\n\ufeff{"location":{"lat":2},"current":{"uv":1}}', 'not-json'],
    ['one in a text and in a name', '{"location":{"name":"\ufeffa\ufeff","\ufeff":"\ufeff"},"current":{"uv":1}}', 1],
    ['CRLF', '{"location":{"lat":2},"current":{"uv":1}}\r\n\r\n{"location":{"lat":2},"current":{"uv":1}}\r\n', 2],
    ['CR alone', '{"location":{"lat":2},"current":{"uv":1}}\r{"location":{"lat":2},"current":{"uv":1}}', 'not-json'],
    ['a line break in a text', '{"location":{"name":"a\nb"}}', 'not-json'],
    ['escaped lone surrogates', '{"location":{"name":"\\ud800","\\udfff":["\\udc00\\ud800"]},"current":{"uv":1}}', 1],
    ['a lone surrogate in bytes', Buffer.from('{"location":{"name":"\xed\xa0\x80"}}', 'latin1'), 'not-utf8'],
    ['an overlong NUL', Buffer.from('{"location":{"name":"\xc0\x80"}}', 'latin1'), 'not-utf8'],
    ['UTF-16', Buffer.from('\ufeff{"location":{"lat":2},"current":{"uv":1}}', 'utf16le'), 'not-utf8'],
    ['a name twice', '{"location":{"name":"a","name":"a"}}', 'ambiguous'],
    ['a name twice, once escaped', '{"location":{"name":"a","n\\u0061me":"b"}}', 'ambiguous'],
    ['a name twice at the top', '{"location":{"lat":2},"location":{"lat":2}}', 'ambiguous'],
    ['a name twice where nothing is declared', '{"location":{"lat":2},"x":[{"y":{"a":1,"b":2,"a":null}}]}', 'ambiguous'],
    ['a name twice, and exact numbers', '{"location":{"lat":2},"x":12345678901234567890,"x":-0}', 'ambiguous'],
    ['__proto__ twice', '{"location":{"__proto__":{},"__proto__":{}}}', 'ambiguous'],
    ['a name twice in a known record', `${response({ uv: 1 })}\n{"location":{"name":"Oslo","name":"Nice"}}`, 'ambiguous'],
    ['an undeclared name twice in a known record', '{"location":{"lat":2},"current":{"uv":1},"x":1}\n{"location":{"lat":2},"current":{"uv":1},"x":1}\n{"location":{"lat":2},"current":{"uv":1},"x":1,"x":1}', 'ambiguous'],
    ['a name that each of two objects has', '{"location":{"lat":2,"x":1},"current":{"uv":1,"x":1}}', 1],
    ['names of Object.prototype', '{"location":{"lat":2,"__proto__":{"name":"x"},"toString":1},"current":{"uv":1},"constructor":{"prototype":{}}}', 1],
    ['names of Object.prototype alone', '{"__proto__":{"location":{"lat":2},"current":{"uv":1}},"constructor":1}', 'foreign-record'],
    ['an error answer', '{"error":{"code":2008,"message":"API key has been disabled."}}', 'error-body'],
    ['arrays that are as deep as allowed', `{"location":{"lat":2},"current":{"uv":1},"x":${nested('[', 499, ']')}}`, 1],
    ['as deep, and null in them', `{"location":{"lat":2},"current":{"uv":1},"x":${nested('[', 499, ']', 'null')}}`, 1],
    ['as deep, and an exact number in them', `{"location":{"lat":2},"current":{"uv":1},"x":${nested('[', 499, ']', '-0')}}`, 1],
    ['as deep, in place of a value', `{"location":{"name":${nested('[', 498, ']')}},"current":{"uv":1}}`, 1],
    ['objects that are as deep', `{"location":{"lat":2},"current":{"uv":1,"x":${nested('{"":', 498, '}')}}}`, 1],
    ['arrays that are too deep', `{"location":{"lat":2},"current":{"uv":1},"x":${nested('[', 500, ']')}}`, 'too-deep'],
    ['objects that are too deep', `{"location":{"lat":2},"current":{"uv":1,"x":${nested('{"":', 499, '}')}}}`, 'too-deep'],
    ['too deep a value', `{"location":{"name":${nested('[', 499, ']')}}}`, 'too-deep'],
    ['brackets without end', `{"location":${'['.repeat(1_000_000)}`, 'too-deep'],
    ['an array without end', '['.repeat(1_000_000), 'not-json'],
    ['a bracket too many', '[{"location":{"lat":2},"current":{"uv":1}}}]', 'not-json'],
    ['no current', '{"location":{"name":"Ulm"}}', 'incomplete'],
    ['null for it', '{"location":{"name":"Ulm"},"current":null}', 'incomplete'],
    ['null for it in a known record', '{"location":{"lat":2},"current":{"uv":1}}\n{"location":{"lat":2},"current":null}', 'incomplete'],
    ['a text in its place', '{"location":{"name":"Ulm"},"current":"none"}', 'incomplete'],
    ['an error that names the place', '{"location":{"name":"Ulm"},"error":{"code":1006}}', 'error-body'],
    ['a million digits', `{"location":{"name":1,"lat":${'1'.repeat(1_000_000)},"localtime_epoch":${'1'.repeat(1_000_000)}},"current":{"uv":1}}`, 1],
  ])('%s', async (_what, raw, outcome) => {
    expect(await outcomeOf(raw)).toBe(outcome);
  }); // biome-ignore format: a table
});

const small = Buffer.from(
  '{"location":{"name":"ä","x":-0},"current":{"uv":1}}\n{"location":{"name":"b"},"current":{"uv":1}}\n{"current":{"uv":1},"location":{"name":"ü"}}\n',
);

test('invalid UTF-8 at any place is never converted [damage]', async () => {
  const invalid = ['\x80', '\xff', '\xc3', '\xc3(', '\xe6\x97', '\xed\xa0\x80', '\xf8', '\xf4\x90\x80\x80'];
  for (const bytes of invalid.map((text) => Buffer.from(text, 'latin1'))) {
    for (let at = 0; at <= small.length; at++) {
      for (const removed of [0, 1]) {
        const raw = Buffer.concat([small.subarray(0, at), bytes, small.subarray(at + removed)]);
        if (isUtf8(raw)) continue; // What was there made a character of it.
        const result = await converted([raw]);
        if (!(result instanceof PermanentError)) throw new Error(`Converted: ${raw.toString('latin1')}`);
        expect(['not-utf8', 'not-json']).toContain(result.code);
      }
    }
  }
});

describe('gzip', () => {
  const packed = gzipSync(small);

  test('that was cut short is never converted [damage]', async () => {
    expect(await outcomeOfPieces([packed], small)).toBe(3);
    for (let length = 0; length < packed.length; length++) {
      const result = await converted([packed.subarray(0, length)]);
      expect(result).toMatchObject({ code: ['empty', 'not-json'][length] ?? 'bad-gzip' });
    }
  });

  test('of which a bit was turned is converted whole, or not at all [damage]', async () => {
    const whole = await converted([packed]);
    for (let at = 0; at < packed.length * 8; at += 3) {
      const turned = Buffer.from(packed);
      turned[at >> 3] = (turned[at >> 3] ?? 0) ^ (1 << (at & 7));
      const result = await converted([turned]);
      if (result instanceof PermanentError) continue;
      // In a header there is room for a name, a time, and the like.
      expect(gunzipSync(turned)).toEqual(small);
      expect(result.length).toBe((whole as Uint8Array).length);
    }
  });

  test('in parts is converted with all of them; with anything else behind it, not at all [damage]', async () => {
    const parts = [packed, gzipSync(''), packed].flatMap((part) => [...part]);
    expect(await outcomeOfPieces([Buffer.from(parts)], Buffer.concat([small, small]))).toBe(6);
    expect(
      await outcomeOfPieces(
        parts.map((byte) => Buffer.from([byte])),
        Buffer.concat([small, small]),
      ),
    ).toBe(6);
    for (const rest of [
      'x',
      '{"location":{"lat":2},"current":{"uv":1}}\n',
      '\x1f\x8b',
      '\0',
      '\0{"location":{"lat":2},"current":{"uv":1}}\n',
    ]) {
      const result = await converted([packed, Buffer.from(rest, 'latin1')]);
      if (!(result instanceof PermanentError)) throw new Error(`Converted: ${rest}`);
      expect(result.code).toBe('bad-gzip');
    }
  });
});

import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { maxTextBytes, plainBytes } from '../../../functions/reader/plain-bytes.ts';
import { failureOf, pieces } from '../convert/converted.ts';

async function* arriving(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

async function textOf(raw: Uint8Array, pieceBytes = raw.length): Promise<string> {
  return Buffer.concat(await Array.fromAsync(plainBytes(arriving(pieces(raw, pieceBytes || 1))))).toString();
}

const text = '{"a":"ä🚴"}';
const packed = gzipSync(text);

describe('the bytes of a raw object', () => {
  test.each([
    ['plain', Buffer.from(text)],
    ['gzipped', packed],
    [
      'in two gzip members, as `cat a.gz b.gz` makes them',
      Buffer.concat([gzipSync('{"a":'), gzipSync('"ä🚴"}')]),
    ],
  ])('are read when they are %s, in pieces of any size', async (_form, raw) => {
    for (const pieceBytes of [1, 2, 3, 1000]) expect(await textOf(raw, pieceBytes)).toBe(text);
  });

  test('may be none, or one', async () => {
    expect(await textOf(Buffer.from(''))).toBe('');
    expect(await textOf(Buffer.from('7'))).toBe('7');
  });

  test('are no more than the limit', async () => {
    const piece = Buffer.alloc(64 * 1024 * 1024);
    const most = Array<Buffer>(maxTextBytes / piece.length).fill(piece);
    let bytes = 0;
    for await (const { length } of plainBytes(arriving(most))) bytes += length;
    expect(bytes).toBe(maxTextBytes);
    const oneMore = plainBytes(arriving([...most, Buffer.alloc(1)]));
    expect((await failureOf(() => Array.fromAsync(oneMore, () => 0))).code).toBe('too-large');
  });
});

describe('gzip is refused for good when', () => {
  const damaged = Buffer.from(packed);
  damaged.writeUInt32LE(0, packed.length - 8); // The checksum.

  test.each([
    ['it was cut short', packed.subarray(0, -9)],
    ['its last byte is missing', packed.subarray(0, -1)],
    ['there are its first two bytes only', packed.subarray(0, 2)],
    ['its checksum is wrong', damaged],
    ['text follows it', Buffer.concat([packed, Buffer.from('{}')])],
    ['NUL follows it, and text', Buffer.concat([packed, Buffer.from('\0{}')])],
  ])('%s', async (_what, raw) => {
    for (const pieceBytes of [1, 1000]) {
      expect((await failureOf(() => textOf(raw, pieceBytes))).code).toBe('bad-gzip');
    }
  });
});

describe('a source that fails in the middle', () => {
  async function* failing(head: Uint8Array): AsyncGenerator<Uint8Array> {
    yield head;
    throw new Error('The connection was cut.');
  }

  test.each([
    ['plain', Buffer.from(text)],
    ['gzipped', packed.subarray(0, 10)],
  ])('fails as it failed, %s or not: it is worth another try', async (_form, head) => {
    await expect(Array.fromAsync(plainBytes(failing(head)))).rejects.toThrow('The connection was cut.');
  });
});

test.each([
  ['plain', Buffer.from(text)],
  ['gzipped', packed],
])('a reader that gives up closes the source, %s', async (_form, raw) => {
  let closed = false;
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield raw;
    } finally {
      closed = true;
    }
  }
  for await (const _piece of plainBytes(source())) break;
  await new Promise(setImmediate);
  expect(closed).toBe(true);
});

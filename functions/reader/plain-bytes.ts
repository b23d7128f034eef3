import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { PermanentError } from '../../shared/errors.ts';

/**
 * Bytes of text, unpacked, that a raw object may have: what is converted in half of convert's time-out on the slowest
 * path. That is records of 40 bytes with an undeclared field each, of which one CPU takes 6 to 10 MB a second. Of whole
 * answers it takes 30 MB with such a field, and 100 MB without. test/e2e/large-file.test.ts keeps watch.
 */
export const maxTextBytes = 256 * 1024 ** 2;

/**
 * The bytes of a raw object in pieces, unpacked when they are gzip. That is told by the first two bytes, not by a name
 * or header that somebody may forget.
 * @throws {PermanentError} `bad-gzip` or `too-large`; and whatever the source throws
 */
export async function* plainBytes(raw: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of unpacked(raw)) {
    bytes += piece.length;
    if (bytes > maxTextBytes) {
      throw new PermanentError(
        'too-large',
        `The file has more than ${maxTextBytes / 1024 ** 2} MiB of text. Split it by lines and drop the pieces.`,
      );
    }
    yield piece;
  }
}

/** The same, however many they are. */
export async function* unpacked(raw: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = raw[Symbol.asyncIterator]();
  try {
    let head: Uint8Array = Buffer.alloc(0);
    while (head.length < 2) {
      const { done, value } = await source.next();
      if (done) break;
      head = Buffer.concat([head, value]);
    }
    const whole = startingWith(head, { [Symbol.asyncIterator]: () => source });
    yield* head[0] === 0x1f && head[1] === 0x8b ? gunzipped(whole) : whole;
  } finally {
    await source.return?.(); // Whoever gives up here has no more use for the rest.
  }
}

async function* startingWith(head: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  yield* rest;
}

async function* gunzipped(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: 64 * 1024 });
  let bytes = 0;
  const counted = async function* () {
    for await (const piece of packed) {
      bytes += piece.length;
      yield piece;
    }
  };
  // Either's failure ends both, and is thrown by the loop below.
  pipeline(Readable.from(counted(), { objectMode: false }), gunzip, () => {});
  try {
    yield* gunzip;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (!code?.startsWith('Z_')) throw cause;
    throw new PermanentError(
      'bad-gzip',
      `The gzip data cannot be unpacked (${message}): was the upload cut short?`,
      { cause },
    );
  }
  // zlib stops at a NUL between two gzip files, without a word about what it leaves.
  if (gunzip.bytesWritten < bytes) {
    throw new PermanentError('bad-gzip', 'Behind the gzip data stands something else, which would be lost.');
  }
}

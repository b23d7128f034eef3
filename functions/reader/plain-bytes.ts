import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { PermanentError } from '../../shared/errors.ts';

/**
 * Bytes of text, unpacked, that a raw object may have: what is converted in half of convert's time-out when nothing has to
 * be parsed. Of the slowest such text, short rows of eight forms by turns, one CPU takes 20 MB a second, and of whole answers
 * 250 to 300. maxParsedValues limits what is parsed. test/e2e/large-file.deep.test.ts keeps watch.
 */
export const maxTextBytes = 2 * 1024 ** 3;

/**
 * Unpacks gzip, which it recognizes by the first two bytes: people forget names and headers.
 * @throws {PermanentError} `bad-gzip` or `too-large`
 */
export async function* plainBytes(raw: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of unpacked(raw)) {
    bytes += piece.length;
    if (bytes > maxTextBytes) {
      throw new PermanentError(
        'too-large',
        `The file has more than ${maxTextBytes / 1024 ** 3} GiB of text. Split it between lines and drop the pieces.`,
      );
    }
    yield piece;
  }
}

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
    await source.return?.();
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
  // A failure of either ends both; the loop below throws it.
  pipeline(Readable.from(counted(), { objectMode: false }), gunzip, () => {});
  try {
    yield* gunzip;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (!code?.startsWith('Z_')) throw cause;
    throw new PermanentError(
      'bad-gzip',
      `The gzip data cannot be unpacked (${message}). Was the upload cut short?`,
      { cause },
    );
  }
  // zlib silently stops at a NUL between two gzip files.
  if (gunzip.bytesWritten < bytes) {
    throw new PermanentError(
      'bad-gzip',
      'Something follows the gzip data and would be lost. Drop it as a file of its own.',
    );
  }
}

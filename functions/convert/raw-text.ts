import { gunzipSync } from 'node:zlib';
import { PermanentError } from '../../shared/errors.ts';

/** Bytes of text, unpacked, that are converted at most: the whole of it is held in memory. */
export const maxTextBytes = 32 * 1024 * 1024;

/**
 * The text of a raw object. Gzip is told by its first two bytes, not by a name or header that somebody may forget.
 * A byte-order mark is dropped.
 * @throws {PermanentError} `bad-gzip`, `too-large`, `not-utf8` or `empty`
 */
export function rawText(bytes: Uint8Array): string {
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? unpack(bytes) : bytes;
  refuseTooLarge(plain.byteLength);
  const text = decode(plain);
  if (text.trim() === '') {
    throw new PermanentError('empty', 'The file is empty. Expected the JSON of at least one response.');
  }
  return text;
}

function unpack(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: maxTextBytes });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw new PermanentError(
      'bad-gzip',
      `The gzip data cannot be unpacked (${message}): was the upload cut short?`,
      { cause },
    );
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new PermanentError(
      'not-utf8',
      'The file is not UTF-8 text. Expected JSON in UTF-8, or that gzipped.',
      { cause },
    );
  }
}

/** @throws {PermanentError} `too-large` */
export function refuseTooLarge(bytes: number): void {
  if (bytes > maxTextBytes) throw tooLarge();
}

function tooLarge(): PermanentError {
  const limit = maxTextBytes / 1024 / 1024;
  return new PermanentError(
    'too-large',
    `The file has more than ${limit} MiB of text. Split it by lines and drop the pieces.`,
  );
}

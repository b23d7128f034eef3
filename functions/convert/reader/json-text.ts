import { PermanentError } from '../../../shared/errors.ts';
import { isExactNumber, parseExactly } from '../rows/json.ts';
import { countNames } from './json-scan.ts';

/** Levels of a value at most: far more than any API sends, and far fewer than a stack has room for. */
const maxDepth = 500;

// A mark at the start of a file is dropped by the reader; elsewhere it is no JSON.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws {PermanentError} `not-utf8` */
export function decodeUtf8(bytes: Uint8Array, where: string): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new PermanentError(
      'not-utf8',
      `${where} is not UTF-8 text. Expected JSON in UTF-8, or that gzipped.`,
      { cause },
    );
  }
}

/**
 * A JSON value, its numbers exact.
 * @throws {PermanentError} `not-json`, `too-deep`, or `ambiguous` when an object names a member twice: JSON.parse would
 * keep one of them without a word
 */
export function parseJson(text: string, where: string): unknown {
  let value: unknown;
  try {
    value = parseExactly(text);
  } catch (cause) {
    if (cause instanceof RangeError) throw tooDeep(where);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PermanentError('not-json', `${where} is not JSON: ${reason}`, { cause });
  }
  if (countMembers(value, where) !== countNames(text)) {
    throw new PermanentError(
      'ambiguous',
      `${where} names a member twice in one object: which of the values is meant cannot be known.`,
    );
  }
  return value;
}

/** Members that the objects in a value have. */
function countMembers(root: unknown, where: string): number {
  let members = 0;
  let level = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) throw tooDeep(where);
    const below: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null || isExactNumber(value)) continue;
      const children = Object.values(value);
      if (!Array.isArray(value)) members += children.length;
      for (const child of children) if (typeof child === 'object') below.push(child);
    }
    level = below;
  }
  return members;
}

function tooDeep(where: string): PermanentError {
  return new PermanentError('too-deep', `${where} is nested more than ${maxDepth} levels deep.`);
}

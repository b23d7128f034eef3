import { PermanentError } from '../../shared/errors.ts';
import { isExactNumber, isObject, parseExactly } from '../rows/json.ts';
import { outlineOf, tokens } from './json-scan.ts';
import { ParsedValues } from './parsed-values.ts';

/** Far more levels than any API sends, and far fewer than the stack has room for. */
const maxDepth = 500;

/** Far more values than any API sends. A parsed value may take 200 bytes for two of text. */
export const maxValues = 250_000;

/** What to do about answers that follow each other without a line break or a comma. */
export const adviceOnForm =
  'If the file holds several answers, put each on a line of its own, or all of them into one array.';

// The reader drops a byte-order mark at the start of a file; elsewhere it is not JSON.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function decodeUtf8(bytes: Uint8Array, where: string): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new PermanentError(
      'not-utf8',
      `${where} is not UTF-8 text. Expected JSON in UTF-8, gzipped or not.`,
      { cause },
    );
  }
}

/**
 * Keeps numbers exact.
 * @throws {PermanentError} `not-json`, `too-deep`, `too-large`, or `ambiguous` when an object names a member twice, of
 * which JSON.parse would silently keep one
 */
export function parseJson(text: string, where: string, parsed = new ParsedValues()): unknown {
  const { names, values, depth, hasEscapedName } = outlineOf(text);
  parsed.add(values);
  if (depth > maxDepth) {
    throw new PermanentError(
      'too-deep',
      `${where} is nested more than ${maxDepth} levels deep. No answer of the API is.`,
    );
  }
  if (values > maxValues) {
    throw new PermanentError(
      'too-large',
      `${where} has more than ${maxValues} values, the most that are held at once. ${adviceOnSize(text)}`,
    );
  }
  let value: unknown;
  try {
    value = hasEscapedName ? parseEscapedNames(text) : parseExactly(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    // V8's words for a value that is complete, and is followed by more.
    const advice = reason.includes('after JSON at') ? `. ${adviceOnForm}` : '';
    throw new PermanentError('not-json', `${where} is not JSON: ${reason}${advice}`, { cause });
  }
  if (countMembers(value) !== names) {
    throw new PermanentError(
      'ambiguous',
      `${where} names a member twice in one object, so nobody can know which value is meant.`,
    );
  }
  return value;
}

/** What to do about a record that is too large to be held. @param start of its text */
export function adviceOnSize(start: string): string {
  return /^\s*\{\s*"bulk"\s*:/.test(start)
    ? 'It is a bulk answer: put each of its answers on a line of its own.'
    : 'No single answer of the API is that large. If it holds several, put each on a line of its own.';
}

/**
 * Replaces the names by numbers while parsing, because JSON.parse may mistake an escaped name for another one that the
 * process met before: https://github.com/nodejs/node/issues/63785
 */
function parseEscapedNames(text: string): unknown {
  const names: string[] = [];
  let numbered = '';
  let end = 0;
  let before: [start: number, end: number] = [0, 0];
  for (const [start, tokenEnd] of tokens(text)) {
    if (text[start] === ':' && text[before[0]] === '"') {
      numbered += `${text.slice(end, before[0])}"${names.length}"`;
      names.push(JSON.parse(text.slice(...before)) as string);
      end = before[1];
    }
    before = [start, tokenEnd];
  }
  return renamed(parseExactly(numbered + text.slice(end)), names);
}

function renamed(value: unknown, names: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((element) => renamed(element, names));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([number, member]) => [
      names[Number(number)] as string,
      renamed(member, names),
    ]),
  );
}

/** Whether a text is one JSON value. True for what is too deep or too large: `parseJson` refuses it. */
export function isJson(text: string): boolean {
  const { values, depth } = outlineOf(text);
  if (depth > maxDepth || values > maxValues) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null || isExactNumber(value)) return 0;
  const children = Object.values(value);
  let members = Array.isArray(value) ? 0 : children.length;
  for (const child of children) members += countMembers(child);
  return members;
}

import { PermanentError } from '../../shared/errors.ts';
import { isExactNumber, isObject, parseExactly } from '../rows/json.ts';
import { outlineOf, tokens } from './json-scan.ts';

/** Levels of a value at most: far more than any API sends, and far fewer than a stack has room for. */
const maxDepth = 500;

/** Values of a value at most: again far more than any API sends. A parsed one may take 200 bytes for two of text. */
const maxValues = 250_000;

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
 * @throws {PermanentError} `not-json`, `too-deep`, `too-large`, or `ambiguous` when an object names a member twice:
 * JSON.parse would keep one of them without a word
 */
export function parseJson(text: string, where: string): unknown {
  const { names, values, depth, hasEscapedName } = outlineOf(text);
  if (depth > maxDepth) {
    throw new PermanentError('too-deep', `${where} is nested more than ${maxDepth} levels deep.`);
  }
  if (values > maxValues) {
    throw new PermanentError(
      'too-large',
      `${where} has more than the ${maxValues} values that are held at once. Put one response a line.`,
    );
  }
  let value: unknown;
  try {
    value = hasEscapedName ? parseEscapedNames(text) : parseExactly(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PermanentError('not-json', `${where} is not JSON: ${reason}`, { cause });
  }
  if (countMembers(value) !== names) {
    throw new PermanentError(
      'ambiguous',
      `${where} names a member twice in one object: which of the values is meant cannot be known.`,
    );
  }
  return value;
}

/**
 * As `parseExactly`, with numbers in place of names while it parses. JSON.parse may take an escaped name for another one
 * that the process met before (https://github.com/nodejs/node/issues/63785).
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

/** A value whose objects have numbers for names, with these names in their place. */
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

/** Whether a text is one JSON value. One that `parseJson` would not parse counts as one, for it to refuse. */
export function isJson(text: string): boolean {
  const { values, depth } = outlineOf(text);
  if (depth > maxDepth || values > maxValues) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // The question asked, answered.
  }
}

/** Members that the objects in a value have. */
function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null || isExactNumber(value)) return 0;
  const children = Object.values(value);
  let members = Array.isArray(value) ? 0 : children.length;
  for (const child of children) members += countMembers(child);
  return members;
}

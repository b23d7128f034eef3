import { PermanentError } from '../../shared/errors.ts';
import { isExactNumber, isObject, type JsonObject, parseExactly } from './json.ts';

/**
 * The responses in a raw text, in order. Accepted: one response, an array of them, one (or an array) a line, and any of
 * these inside a JSON string (the files of this pipeline's Python ancestor are encoded twice).
 * Lines are tried first, because they are what `fetch` lands; a text whose first line is not a whole JSON value is
 * taken as one document.
 * @throws {PermanentError} `not-json`, `too-deep`, `empty` or `foreign-record`
 */
export function* rawRecords(text: string, name = 'The file', encoded = false): Generator<JsonObject> {
  const lines = text.split('\n');
  if (!isJson(lines.find((line) => line.trim() !== '') ?? '')) {
    yield* recordsIn(parse(text, name), name, encoded);
    return;
  }
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const where = encoded ? `${name}, line ${index + 1},` : `Line ${index + 1}`;
    yield* recordsIn(parse(line, where), where, encoded);
  }
}

function* recordsIn(value: unknown, where: string, encoded: boolean): Generator<JsonObject> {
  if (Array.isArray(value)) {
    if (value.length === 0)
      throw new PermanentError('empty', `${where} is an empty array: there is no response in it.`);
    for (const [index, element] of value.entries())
      yield asRecord(element, `${where}, element ${index + 1},`);
  } else if (typeof value === 'string' && !encoded) {
    yield* rawRecords(value, `The JSON inside the string of ${where.toLowerCase()}`, true);
  } else {
    yield asRecord(value, where);
  }
}

function asRecord(value: unknown, where: string): JsonObject {
  if (isObject(value)) return value;
  throw new PermanentError(
    'foreign-record',
    `${where} is ${kindOf(value)}; expected the JSON object of one response.`,
  );
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return isExactNumber(value) ? 'a number' : `a ${typeof value}`;
}

function parse(text: string, where: string): unknown {
  try {
    return parseExactly(text);
  } catch (cause) {
    if (cause instanceof RangeError)
      throw new PermanentError('too-deep', `${where} is nested too deep.`, { cause });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PermanentError('not-json', `${where} is not JSON: ${reason}`, { cause });
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // The question asked, answered: the caller goes on with the whole text.
  }
}

import { PermanentError } from '../../shared/errors.ts';
import { parseExactly } from './json.ts';

export type RawRecord = Readonly<Record<string, unknown>>;

/**
 * The responses in a raw text, in order. Accepted: one response, an array of them, one (or an array) a line, and any of
 * these inside a JSON string (the files of this pipeline's Python ancestor are encoded twice).
 * Lines are tried first, because they are what `fetch` lands; a text whose first line is not a whole JSON value is
 * taken as one document.
 * @throws {PermanentError} `not-json` or `foreign-record`
 */
export function* rawRecords(text: string): Generator<RawRecord> {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => line.trim() !== '');
  if (!isJson(lines[first] ?? '')) {
    yield* recordsIn(parse(text, 'The file'), 'The file');
    return;
  }
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const where = `Line ${index + 1}`;
    yield* recordsIn(parse(line, where), where);
  }
}

function* recordsIn(value: unknown, where: string, encoded = false): Generator<RawRecord> {
  if (Array.isArray(value)) {
    if (value.length === 0)
      throw new PermanentError('empty', `${where} is an empty array: there is no response in it.`);
    for (const [index, element] of value.entries())
      yield asRecord(element, `${where}, element ${index + 1},`);
  } else if (typeof value === 'string' && !encoded) {
    const inner = `The JSON inside the string of ${where.toLowerCase()}`;
    yield* recordsIn(parse(value, inner), inner, true);
  } else {
    yield asRecord(value, where);
  }
}

function asRecord(value: unknown, where: string): RawRecord {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !('rawJSON' in value)) {
    return value as RawRecord;
  }
  const got = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  throw new PermanentError('foreign-record', `${where} is ${got}; expected the JSON object of one response.`);
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

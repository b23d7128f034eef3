import { isUtf8 } from 'node:buffer';
import type { ColumnType } from '../../../../shared/column-type.ts';
import { weatherapiCurrent } from '../../../../shared/datasets/weatherapi-current.ts';
import {
  canonical,
  depthOf,
  hasNameTwice,
  integerIn,
  JsonCursor,
  type JsonTree,
  NoJson,
} from './json-tree.ts';

export type Cell = string | number | bigint;

/** What a record has to become, slow and simple: told from its text and the dataset's declaration alone. */
export interface ExpectedRow {
  /** By column; columns without a value are left out. A timestamp is its milliseconds. */
  readonly cells: Map<string, Cell>;
  /** By path; in canonical JSON. */
  readonly rescued: Map<string, string>;
  /** Columns whose value may as well be rescued, and what that would be: integers with an exponent. */
  readonly either: Map<string, readonly [path: string, json: string]>;
}

const { fields } = weatherapiCurrent.tables[0];
const columns: ReadonlyMap<string, { readonly column: string; readonly type: Exclude<ColumnType, 'date'> }> =
  new Map(fields.map(({ path, column, type }) => [path, { column, type }]));
const objects: ReadonlySet<string> = new Set(
  fields.flatMap(({ path }) =>
    path
      .split('.')
      .slice(0, -1)
      .map((_name, index, names) => names.slice(0, index + 1).join('.')),
  ),
);

/** The rows that a raw file has to become; undefined when it has to fail. */
export function expectedRows(file: Uint8Array): ExpectedRow[] | undefined {
  if (!isUtf8(file)) return undefined;
  try {
    return recordsIn(Buffer.from(file).toString()).flatMap(responsesIn).map(rowOf);
  } catch (error) {
    if (error instanceof NoJson) return undefined;
    throw error;
  }
}

/** The records of a text: one, an array, or either a line; and the same once more inside a string. */
function recordsIn(text: string, isEncoded = false): JsonTree[] {
  const cursor = new JsonCursor(text.replace(/^\ufeff/, ''));
  const records: JsonTree[] = [];
  cursor.take(/[ \t\r\n]*/);
  do {
    const start = cursor.at;
    const value = cursor.value();
    const isLine = !cursor.text.slice(start, cursor.at).includes('\n');
    cursor.take(/[ \t\r]*(?:\n[ \t\r\n]*|$)/);
    if (value.kind === 'array') {
      if (value.elements.length === 0) throw new NoJson('No record.');
      records.push(...value.elements);
    } else if (value.kind === 'string' && !isEncoded) {
      if (!value.text.isWellFormed()) throw new NoJson('Not Unicode.');
      records.push(...recordsIn(value.text, true));
    } else {
      if (!isLine && !(records.length === 0 && cursor.atEnd)) throw new NoJson('A record of several lines.');
      records.push(value);
    }
  } while (!cursor.atEnd);
  return records;
}

/** Of a bulk answer, its queries; of any other record, itself. */
function responsesIn(record: JsonTree): readonly JsonTree[] {
  if (record.kind !== 'object' || hasNameTwice(record) || depthOf(record) > 500)
    throw new NoJson('No record.');
  const [member, ...others] = record.members;
  if (member?.[0] !== 'bulk' || others.length > 0 || member[1].kind !== 'array') return [record];
  if (member[1].elements.length === 0) return [record];
  return member[1].elements.map((entry) => {
    const query = entry.kind === 'object' && entry.members.find(([name]) => name === 'query')?.[1];
    return query && query.kind === 'object' ? query : record;
  });
}

function rowOf(record: JsonTree): ExpectedRow {
  if (record.kind !== 'object') throw new NoJson('No record.');
  if (!record.members.some(([name]) => objects.has(name) || columns.has(name))) throw new NoJson('Foreign.');
  const isThere = (part: string) =>
    record.members.some(([name, value]) => name === part && value.kind === 'object' && hasValue(value, part));
  if (!weatherapiCurrent.required.every(isThere)) throw new NoJson('Incomplete.');
  const row: ExpectedRow = { cells: new Map(), rescued: new Map(), either: new Map() };
  place(record, '', row);
  return row;
}

/** Whether a declared value below a path is not null. */
function hasValue(value: JsonTree, path: string): boolean {
  if (value.kind === 'literal' && value.text === 'null') return false;
  if (columns.has(path) || value.kind !== 'object') return true;
  return value.members.some(([name, member]) => {
    const here = `${path}.${name}`;
    return !name.includes('.') && (columns.has(here) || objects.has(here)) && hasValue(member, here);
  });
}

/** Puts a value whose path is declared, or what is in it, where it belongs. */
function place(value: JsonTree, path: string, row: ExpectedRow): void {
  const field = columns.get(path);
  if (value.kind === 'literal' && value.text === 'null') return;
  if (field) {
    const cell = cellOf(field.type, value);
    if (cell === undefined) rescue(row, path, value);
    else row.cells.set(field.column, cell);
    const isOfEither = field.type !== 'double' && value.kind === 'number' && /e/i.test(value.source);
    if (cell !== undefined && isOfEither) row.either.set(field.column, [path, canonical(value)]);
  } else if (value.kind === 'object') {
    for (const [name, member] of value.members) {
      const isPlain = name !== '' && !/[.[\]"]/.test(name);
      const here = isPlain ? `${path}${path && '.'}${name}` : `${path}[${JSON.stringify(name)}]`;
      if (isPlain && (columns.has(here) || objects.has(here))) place(member, here, row);
      else rescue(row, here, member);
    }
  } else {
    rescue(row, path, value);
  }
}

function rescue({ rescued }: ExpectedRow, path: string, value: JsonTree): void {
  rescued.set(wellFormed(path), canonical(value, wellFormed));
}

/** A text with an escape for half a surrogate pair, and more backslashes where it would look like one. */
function wellFormed(text: string): string {
  return text.replace(
    /(\\*)(\p{Cs}|(?=ud[89a-f][\da-f]{2}))/gu,
    (_all, backslashes: string, half: string) => {
      const spelled = half && `\\u${half.charCodeAt(0).toString(16)}`;
      return `${backslashes}${backslashes}${spelled}`;
    },
  );
}

function cellOf(type: Exclude<ColumnType, 'date'>, value: JsonTree): Cell | undefined {
  if (type === 'string') return value.kind === 'string' && value.text.isWellFormed() ? value.text : undefined;
  if (value.kind !== 'number') return undefined;
  if (type === 'double') {
    const number = Number(value.source);
    const isOutOfRange = !Number.isFinite(number) || (number === 0 && /^[^eE]*[1-9]/.test(value.source));
    return isOutOfRange ? undefined : number;
  }
  const integer = integerIn(value.source);
  if (integer === undefined) return undefined;
  const [least, most] = ranges[type];
  if (integer < least || integer > most) return undefined;
  if (type === 'int') return Number(integer);
  return type === 'timestamp' ? integer * 1_000n : integer;
}

const ranges = {
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  bigint: [-(2n ** 63n), 2n ** 63n - 1n],
  // The years 1 to 9999.
  timestamp: [-62_135_596_800n, 253_402_300_799n],
} as const;

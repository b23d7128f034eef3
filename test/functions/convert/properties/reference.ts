import { isUtf8 } from 'node:buffer';
import type { ColumnType } from '../../../../shared/column-type.ts';
import type { Dataset } from '../../../../shared/dataset.ts';
import { canonical, depthOf, hasNameTwice, JsonCursor, type JsonTree, NoJson } from './json-tree.ts';
import { type Cell, cellOf } from './reference-cell.ts';

/** A row as it has to become, slow and simple: told from the text and the dataset's declaration alone. */
export interface ExpectedRow {
  /** By column; columns without a value are left out. A timestamp is its milliseconds, a date its days since 1970. */
  readonly cells: Map<string, Cell>;
  /** By path; in canonical JSON, with each number as it has to be spelled. */
  readonly rescued: Map<string, string>;
}

/** A value that may as well be rescued, and what that would be: an integer with an exponent. */
interface Either {
  readonly cells: (readonly [row: ExpectedRow, column: string])[];
  readonly rescuedIn: ExpectedRow;
  readonly path: string;
  readonly json: string;
}

export interface Expected {
  /** By table, in their order. */
  readonly rows: readonly ExpectedRow[][];
  readonly either: readonly Either[];
}

interface ColumnPlace {
  readonly table: number;
  readonly column: string;
  readonly type: ColumnType;
}

/** What a dataset declares, by path: `forecast.forecastday[].date`. */
interface Declaration {
  readonly columns: ReadonlyMap<string, readonly ColumnPlace[]>;
  /** Paths that lead on: into an object, or, with `[]` at the end, into the elements of an array. */
  readonly ways: ReadonlySet<string>;
  readonly ignored: ReadonlySet<string>;
  /** By the path of the rows. */
  readonly tables: ReadonlyMap<string, number>;
}

/** An answer, or an element of an array: the row that it is, if it is one, and those that are in it. */
interface Place {
  readonly row: ExpectedRow | undefined;
  readonly table: number | undefined;
  readonly above: Place | undefined;
}

interface Value {
  readonly places: readonly ColumnPlace[];
  readonly value: JsonTree;
  readonly path: string;
  readonly place: Place;
}

/** The rows that a raw file has to become; undefined when it has to fail. */
export function expectedRows(file: Uint8Array, dataset: Dataset): Expected | undefined {
  if (!isUtf8(file)) return undefined;
  try {
    const answers = recordsIn(Buffer.from(file).toString()).flatMap(responsesIn);
    const each = answers.map((answer) => rowsOf(answer, dataset));
    return {
      rows: dataset.tables.map((_, table) => each.flatMap(({ rows }) => rows[table] ?? [])),
      either: each.flatMap(({ either }) => either),
    };
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

function declarationOf({ tables, ignored }: Dataset): Declaration {
  const columns = new Map<string, ColumnPlace[]>();
  const ways = new Set<string>();
  const addWays = (names: readonly string[]) => {
    for (let length = 1; length <= names.length; length++) ways.add(names.slice(0, length).join('.'));
  };
  for (const [table, { rows, fields }] of tables.entries()) {
    if (rows !== '') addWays(rows.split('.'));
    for (const { path, column, type } of fields) {
      addWays(path.split('.').slice(0, -1));
      columns.set(path, [...(columns.get(path) ?? []), { table, column, type }]);
    }
  }
  for (const path of ignored) addWays(path.split('.').slice(0, -1));
  return {
    columns,
    ways,
    ignored: new Set(ignored),
    tables: new Map(tables.map(({ rows }, table) => [rows, table])),
  };
}

function rowsOf(answer: JsonTree, dataset: Dataset): Expected {
  const declared = declarationOf(dataset);
  if (answer.kind !== 'object' || !hasDeclared(answer, '', declared)) throw new NoJson('Foreign.');
  if (!dataset.required.every((part) => isThere(answer, part, declared))) throw new NoJson('Incomplete.');

  const rows: ExpectedRow[][] = dataset.tables.map(() => []);
  const places: Place[] = [];
  const values: Value[] = [];
  const others: Omit<Value, 'places'>[] = [];
  const newPlace = (way: string, above: Place | undefined): Place => {
    const table = declared.tables.get(way);
    const row = table === undefined ? undefined : { cells: new Map(), rescued: new Map() };
    if (row) rows[table as number]?.push(row);
    const place = { row, table, above };
    places.push(place);
    return place;
  };

  /** @param way the path as it is declared; @param path as it is told in `rescued` */
  const walk = (object: JsonTree & { kind: 'object' }, way: string, path: string, place: Place): void => {
    for (const [name, value] of object.members) {
      const isPlain = name !== '' && !/[.[\]"]/.test(name);
      const here = isPlain ? `${path}${path && '.'}${name}` : `${path}[${JSON.stringify(name)}]`;
      const next = isPlain ? `${way}${way && '.'}${name}` : '?';
      const columns = declared.columns.get(next);
      const isNull = value.kind === 'literal' && value.text === 'null';
      const isKnown = columns || [next, `${next}[]`].some((each) => declared.ways.has(each));
      if (declared.ignored.has(next) || (isKnown && isNull)) continue;
      if (columns) values.push({ places: columns, value, path: here, place });
      else if (declared.ways.has(next) && value.kind === 'object') walk(value, next, here, place);
      else if (declared.ways.has(`${next}[]`) && value.kind === 'array') walkArray(value, next, here, place);
      else others.push({ value, path: here, place });
    }
  };
  const walkArray = ({ elements }: JsonTree & { kind: 'array' }, way: string, path: string, place: Place) => {
    for (const [index, element] of elements.entries()) {
      const at = `${path}[${index}]`;
      if (element.kind === 'object' && hasDeclared(element, `${way}[]`, declared)) {
        const below = newPlace(`${way}[]`, place);
        walk(element, `${way}[]`, below.row ? `${path}[]` : at, below);
      } else others.push({ value: element, path: at, place });
    }
  };
  walk(answer, '', '', newPlace('', undefined));

  const firstRow = rows.find(([row]) => row)?.[0];
  if (!firstRow) throw new NoJson('No row.');
  const rowAround = (place: Place | undefined): ExpectedRow =>
    place ? (place.row ?? rowAround(place.above)) : firstRow;
  const isIn = (place: Place | undefined, around: Place): boolean =>
    place !== undefined && (place === around || isIn(place.above, around));

  const either: Either[] = [];
  for (const { places: columns, value, path, place } of values) {
    const cells: (readonly [ExpectedRow, string])[] = [];
    let isExponent = false;
    for (const { table, column, type } of columns) {
      const cell = cellOf(type, value);
      if (cell === undefined) continue;
      isExponent ||= type !== 'double' && value.kind === 'number' && /e/i.test(value.source);
      for (const each of places) {
        if (!each.row || each.table !== table || !isIn(each, place)) continue;
        each.row.cells.set(column, cell);
        cells.push([each.row, column]);
      }
    }
    if (cells.length === 0) others.push({ value, path, place });
    else if (isExponent) either.push({ cells, rescuedIn: rowAround(place), path, json: inRescued(value) });
  }
  for (const { value, path, place } of others)
    rowAround(place).rescued.set(wellFormed(path), inRescued(value));
  return { rows, either };
}

function hasDeclared(
  { members }: JsonTree & { kind: 'object' },
  way: string,
  { columns, ways, ignored }: Declaration,
): boolean {
  return members.some(([name]) => {
    const next = `${way}${way && '.'}${name}`;
    const isKnown = columns.has(next) || ignored.has(next) || ways.has(next) || ways.has(`${next}[]`);
    return isKnown && isName(name);
  });
}

/** Not a path of several names. */
function isName(name: string): boolean {
  return !/[.[\]]/.test(name);
}

/** Whether a part has a declared value that is not null. */
function isThere(answer: JsonTree, part: string, declared: Declaration): boolean {
  let value: JsonTree | undefined = answer;
  for (const name of part.split('.'))
    value = value?.kind === 'object' ? value.members.find(([each]) => each === name)?.[1] : undefined;
  const kind = declared.ways.has(`${part}[]`) ? 'array' : 'object';
  return value?.kind === kind && hasValue(value, part, declared);
}

function hasValue(value: JsonTree, way: string, declared: Declaration): boolean {
  const { columns, ways } = declared;
  if (value.kind === 'literal' && value.text === 'null') return false;
  if (columns.has(way)) return true;
  if (ways.has(`${way}[]`) && value.kind === 'array')
    return value.elements.some(
      (element) => element.kind === 'object' && hasValueIn(element, `${way}[]`, declared),
    );
  if (ways.has(way) && value.kind === 'object') return hasValueIn(value, way, declared);
  return true;
}

function hasValueIn({ members }: JsonTree & { kind: 'object' }, way: string, declared: Declaration): boolean {
  const { columns, ways } = declared;
  return members.some(([name, member]) => {
    const next = `${way}.${name}`;
    const isKnown = isName(name) && (columns.has(next) || ways.has(next) || ways.has(`${next}[]`));
    return isKnown && hasValue(member, next, declared);
  });
}

function inRescued(value: JsonTree): string {
  return canonical(value, wellFormed, spelled);
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

/**
 * A number as its double is printed; as its source if a double may not hold it: one of more than 15 digits and points, of
 * three digits in its exponent, or with a zero behind a minus sign, be it an exponent.
 */
function spelled(source: string): string {
  const [, sign, digits = '', exponent = ''] = /^(-?)([\d.]+)(?:[eE](.+))?$/.exec(source) ?? [];
  const isNegativeZero = exponent === '-0' || (sign === '-' && !/[1-9]/.test(digits));
  const isSource = digits.length > 15 || exponent.replace(/^[+-]/, '').length > 2 || isNegativeZero;
  return isSource ? source : String(Number(source));
}

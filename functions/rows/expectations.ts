import type { Statistics } from 'hyparquet';
import { type Dataset, type Expectation, type Field, tableName } from '../../shared/dataset.ts';
import type { RowGroup } from './row-group.ts';

/** The cells of a column that are not what its field expects. */
export interface Unexpected {
  /** `weatherapi_current.humidity` */
  readonly column: string;
  readonly count: number;
  /** One of them; null for a missing value. */
  readonly example: number | string | null;
}

interface Expected extends Expectation {
  readonly number: number;
  readonly type: Field['type'];
  readonly name: string;
}

const exampleLength = 100;

/**
 * Counts cells that are not what their fields expect, in a whole row group at a time, so that it costs nothing while records
 * are read. It passes only over columns whose statistics do not tell that all is as expected.
 */
export class Expectations {
  /** By table. */
  readonly #expected: readonly (readonly Expected[])[];
  readonly #found = new Map<string, Unexpected>();

  constructor({ tables }: Pick<Dataset, 'tables'>) {
    this.#expected = tables.map((table) =>
      table.fields.flatMap((field, number) => {
        const { column, type, expect } = field;
        const name = `${tableName(table)}.${column}`;
        if (expect && !canExpect(field))
          throw new Error(`${name}: a column of type ${type} cannot have this "expect".`);
        return expect ? [{ ...expect, number, type, name }] : [];
      }),
    );
  }

  /** In the order in which they were found. */
  get unexpected(): readonly Unexpected[] {
    return [...this.#found.values()];
  }

  check(group: RowGroup, table: number, statistics: readonly Statistics[]): void {
    for (const expected of this.#expected[table] ?? []) {
      if (isMet(expected, statistics[expected.number])) continue;
      const { count, first } = unexpectedIn(group, expected);
      if (count === 0) continue;
      const { name: column } = expected;
      const earlier = this.#found.get(column);
      this.#found.set(column, {
        column,
        count: count + (earlier?.count ?? 0),
        example: earlier ? earlier.example : exampleAt(group, expected, first),
      });
    }
  }
}

/** Only numbers have a range, and only numbers and texts can be listed. */
function canExpect({ type, expect: { least, most, oneOf } = {} }: Field): boolean {
  const isNumber = type === 'double' || type === 'int' || type === 'bigint';
  const kind = isNumber ? 'number' : 'string';
  return (
    (isNumber || (least === undefined && most === undefined)) &&
    (oneOf === undefined || ((isNumber || type === 'string') && oneOf.every((each) => typeof each === kind)))
  );
}

/** Whether a column's statistics tell that all its cells are as expected. */
function isMet(
  { notNull, least = -Infinity, most = Infinity, oneOf }: Expected,
  { null_count, min_value, max_value }: Statistics = {},
): boolean {
  if (oneOf || (notNull && null_count !== 0n)) return false;
  return Number(min_value) >= least && Number(max_value) <= most;
}

/** How many cells are unexpected, and where the first one is. */
function unexpectedIn(group: RowGroup, expected: Expected): { count: number; first: number } {
  const { present } = group;
  const { number, notNull = false, least = -Infinity, most = Infinity, oneOf } = expected;
  const texts = expected.type === 'string' && oneOf ? textsOtherThan(group, number, oneOf) : undefined;
  const ofNumbers = oneOf && !texts ? oneOf : undefined;
  const [cells, cellsPerRow] = cellsOf(group, expected.type);
  const start = number * group.capacity;
  let [count, first] = [0, -1];
  for (let at = start; at < start + group.rowCount; at++) {
    let isExpected = !notNull;
    if (present[at] === 1) {
      const cell = Number(cells[at * cellsPerRow]);
      isExpected = texts
        ? texts[cell] === 0
        : cell >= least && cell <= most && (ofNumbers === undefined || ofNumbers.includes(cell));
    }
    if (isExpected) continue;
    if (count === 0) first = at;
    count += 1;
  }
  return { count, first };
}

/** For each text of the column's dictionary, 1 when it is not expected. */
function textsOtherThan(
  { dictionaries }: RowGroup,
  column: number,
  oneOf: readonly (number | string)[],
): Uint8Array {
  const dictionary = dictionaries[column];
  const others = new Uint8Array(dictionary?.size ?? 0);
  for (let text = 0; text < others.length; text++)
    others[text] = oneOf.includes(textOf(dictionary?.bytesOf(text))) ? 0 : 1;
  return others;
}

/** The cells of a type as numbers. A bigint may be rounded: no range depends on its last digits. */
function cellsOf(
  { doubles, words, bigints }: RowGroup,
  type: Field['type'],
): readonly [ArrayLike<number | bigint>, number] {
  if (type === 'double') return [doubles, 1];
  return type === 'bigint' ? [bigints, 1] : [words, 2];
}

function exampleAt(group: RowGroup, { number, type }: Expected, at: number): number | string | null {
  if (group.present[at] === 0) return null;
  const [cells, cellsPerRow] = cellsOf(group, type);
  const cell = Number(cells[at * cellsPerRow]);
  if (type !== 'string') return cell;
  return textOf(group.dictionaries[number]?.bytesOf(cell)).slice(0, exampleLength);
}

function textOf(bytes: Uint8Array = new Uint8Array()): string {
  return Buffer.from(bytes).toString();
}

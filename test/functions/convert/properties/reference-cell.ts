import type { ColumnType } from '../../../../shared/column-type.ts';
import { integerIn, type JsonTree } from './json-tree.ts';

/** A timestamp is its milliseconds, a date its days since 1970. */
export type Cell = string | number | bigint;

/** A value as the cell of a column; undefined when it has to be rescued. */
export function cellOf(type: ColumnType, value: JsonTree): Cell | undefined {
  if (type === 'string') return value.kind === 'string' && value.text.isWellFormed() ? value.text : undefined;
  if (type === 'date') return value.kind === 'string' ? daysIn(value.text) : undefined;
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

/** Days from 1970 to a day, counted from the years and months before it; undefined when there is no such day. */
function daysIn(text: string): number | undefined {
  const [, year = 0, month = 0, day = 0] = (/^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? []).map(Number);
  const isLeap = (of: number) => (of % 4 === 0 && of % 100 !== 0) || of % 400 === 0;
  const lengths = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  if (year < 1 || day < 1 || day > (lengths[month - 1] ?? 0)) return undefined;
  const before = (of: number) => of * 365 + Math.floor(of / 4) - Math.floor(of / 100) + Math.floor(of / 400);
  const inYear = lengths.slice(0, month - 1).reduce((sum, length) => sum + length, 0);
  return before(year - 1) - before(1969) + inYear + day - 1;
}

import type { CellOf, ColumnType } from '../../shared/column-type.ts';
import { isExactNumber, mayBeRounded } from './json.ts';

const { floor } = Math;

/**
 * A JSON value as a cell of a column; undefined when the column cannot hold it unchanged, so that it has to be rescued.
 * Kinds are never converted: the text "12.3" is not a number.
 */
export const cellReaders: { readonly [T in ColumnType]: (value: unknown) => CellOf[T] | undefined } = {
  string(value) {
    // A lone surrogate has no UTF-8 form and would be silently replaced.
    return typeof value === 'string' && value.isWellFormed() ? value : undefined;
  },
  double(value) {
    const number = numberOf(value);
    return number !== undefined && Number.isFinite(number) ? number : undefined;
  },
  int(value) {
    return wholeNumber(value, -2_147_483_648, 2_147_483_647);
  },
  bigint(value) {
    const integer = integerOf(value);
    return integer !== undefined && BigInt.asIntN(64, integer) === integer ? integer : undefined;
  },
  /** From epoch seconds. Should milliseconds come one day, they are rescued and not taken for the year 57862. */
  timestamp(value) {
    const seconds = wholeNumber(value, firstSecond, lastSecond);
    return seconds === undefined ? undefined : new Date(seconds * 1000);
  },
  date(value) {
    const number = typeof value === 'string' ? dayNumber(value) : undefined;
    return number === undefined ? undefined : new Date(number * millisecondsPerDay);
  },
};

export const millisecondsPerDay = 86_400_000;

/** Days since 1970 of a text such as `2026-11-22`; undefined when it is not a day of the years 1 to 9999. */
export function dayNumber(text: string): number | undefined {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  return year === undefined ? undefined : daysSince1970(Number(year), Number(month), Number(day));
}

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Undefined when there is no such day, and for NaN. A `Date` would take ten times as long. Counts from March, so that a leap
 * day is a year's last: https://howardhinnant.github.io/date_algorithms.html#days_from_civil
 */
export function daysSince1970(year: number, month: number, day: number): number | undefined {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const length = month === 2 && isLeap ? 29 : (monthLengths[month - 1] ?? 0);
  // Not the other way round: each may be NaN.
  if (!(year >= 1 && day >= 1 && day <= length)) return undefined;
  const from = month > 2 ? year : year - 1;
  const dayOfYear = floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return from * 365 + floor(from / 4) - floor(from / 100) + floor(from / 400) + dayOfYear - 719_468;
}

export const firstSecond = Date.parse('0001-01-01T00:00:00Z') / 1000;
export const lastSecond = Date.parse('9999-12-31T23:59:59Z') / 1000;

/** Whole as it was sent: a double may have rounded it to a whole number or to zero. */
function wholeNumber(value: unknown, least: number, most: number): number | undefined {
  const number = typeof value === 'number' ? value : Number(integerOf(value) ?? Number.NaN);
  return Number.isInteger(number) && number >= least && number <= most ? number : undefined;
}

/** 64 bits have 19 digits at most, and making a bigint of a million digits takes long. */
function integerOf(value: unknown): bigint | undefined {
  if (isExactNumber(value)) {
    const whole = /^(-?\d{1,19})(?:\.0+)?$/.exec(value.rawJSON)?.[1];
    if (whole) return BigInt(whole);
    if (mayBeRounded(value)) return undefined;
  }
  const number = numberOf(value);
  return number !== undefined && Number.isSafeInteger(number) ? BigInt(number) : undefined;
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (!isExactNumber(value)) return undefined;
  const number = Number(value.rawJSON);
  // 1e-400 is as far out of range as 1e400.
  return number === 0 && /^-?[0.]*[1-9]/.test(value.rawJSON) ? undefined : number;
}

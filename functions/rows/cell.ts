import type { CellOf, ColumnType } from '../../shared/column-type.ts';
import { isDay } from '../../shared/keys.ts';
import { isExactNumber, mayBeRounded } from './json.ts';

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
  return isDay(text) && text >= '0001' ? Date.parse(text) / millisecondsPerDay : undefined;
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

import type { CellOf, ColumnType } from '../../shared/column-type.ts';
import { isExactNumber } from './json.ts';

/**
 * A JSON value as a column's cell, or undefined when the column cannot hold it without changing it: then it is rescued.
 * Nothing is coerced between kinds: the text "12.3" is not a number here, nor 1 a text.
 */
export const cellReaders: { readonly [T in ColumnType]: (value: unknown) => CellOf[T] | undefined } = {
  string(value) {
    // A lone surrogate has no UTF-8 form: writing it would replace it silently.
    return typeof value === 'string' && value.isWellFormed() ? value : undefined;
  },
  double(value) {
    const number = numberOf(value);
    return number !== undefined && Number.isFinite(number) ? number : undefined;
  },
  int(value) {
    const number = numberOf(value);
    return number !== undefined && Number.isInteger(number) && Math.abs(number) <= 2_147_483_647
      ? number
      : undefined;
  },
  bigint(value) {
    const integer = integerOf(value);
    return integer !== undefined && BigInt.asIntN(64, integer) === integer ? integer : undefined;
  },
  /** From epoch seconds, UTC: what the provider sends, whole. */
  timestamp(value) {
    const seconds = numberOf(value);
    if (seconds === undefined || !Number.isInteger(seconds)) return undefined;
    const instant = new Date(seconds * 1000);
    return Number.isNaN(instant.getTime()) ? undefined : instant;
  },
};

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return isExactNumber(value) ? Number(value.rawJSON) : undefined;
}

function integerOf(value: unknown): bigint | undefined {
  if (isExactNumber(value) && /^-?\d+$/.test(value.rawJSON)) return BigInt(value.rawJSON);
  const number = numberOf(value);
  return number !== undefined && Number.isSafeInteger(number) ? BigInt(number) : undefined;
}

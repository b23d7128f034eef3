import type { Spread } from '../rounds/spread.ts';

/** The median, and in brackets between what all lie. */
export function spreadText({ median, least, most }: Spread): string {
  return `${short(median)} (${short(least)}–${short(most)})`;
}

/** Three digits that count. */
export function short(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** Millions of bytes. */
export function megabytes(bytes: number): string {
  return short(bytes / 1e6);
}

/** Thousands of bytes. */
export function kilobytes(bytes: number): string {
  return (bytes / 1e3).toFixed(0);
}

export function count(records: number): string {
  return records.toLocaleString('en').replaceAll(',', ' ');
}

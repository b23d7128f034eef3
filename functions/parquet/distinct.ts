import type { Column } from './column.ts';

const { imul } = Math;

/** The distinct cells of a column, numbered in the order of their first rows. Valid until the next call. */
export interface Distinct {
  /** For each row that has a cell, the cell's number. */
  readonly numbers: Int32Array;
  /** For each number, the first row with that cell. */
  readonly rows: Int32Array;
}

// Every call reuses these. Nothing runs in the middle of one.
let numbers = new Int32Array();
let rows = new Int32Array();
let table = new Int32Array();
/** Two words for each distinct number, side by side: in the column they are far from each other. */
let keys = new Int32Array();

function reserve({ count }: Column, slotCount: number): void {
  if (numbers.length < count) {
    numbers = new Int32Array(count);
    rows = new Int32Array(count);
    keys = new Int32Array(count * 2);
  }
  if (table.length < slotCount) table = new Int32Array(slotCount);
  table.fill(-1, 0, slotCount);
}

/** The cells of a text column are numbers in its dictionary. */
export function distinctTexts(column: Column): Distinct {
  const { words, present, count, dictionarySize } = column;
  reserve(column, dictionarySize);
  let size = 0;
  for (let row = 0, at = 0; at < count; row++) {
    if (present[row] === 0) continue;
    const text = words[row * 2] as number;
    let number = table[text] as number;
    if (number < 0) {
      number = size++;
      rows[number] = row;
      table[text] = number;
    }
    numbers[at++] = number;
  }
  return { numbers: numbers.subarray(0, count), rows: rows.subarray(0, size) };
}

/** Slots to search for one number: far more than ordinary numbers need. */
const maxProbes = 64;

/** Most columns have few distinct numbers, and a small table stays in the processor's cache. */
const leastSlots = 1024;

/** Makes the table larger. At most a quarter of it is filled. @returns its mask */
function grow(before: number, size: number): number {
  const mask = before * 4 + 3;
  if (table.length <= mask) table = new Int32Array(mask + 1);
  table.fill(-1, 0, mask + 1);
  for (let number = 0; number < size; number++) {
    let slot = hashOf(keys[number * 2] as number, keys[number * 2 + 1] as number) & mask;
    while ((table[slot] as number) >= 0) slot = (slot + 1) & mask;
    table[slot] = number;
  }
  return mask;
}

/**
 * Compares cells by their 64 bits. Undefined when there are too many distinct ones for a dictionary to pay, or when they
 * crowd in the table because somebody chose them for their hash.
 */
export function distinctNumbers(column: Column): Distinct | undefined {
  const { words, present, count } = column;
  const limit = count >> 1;
  reserve(column, leastSlots);
  let mask = leastSlots - 1;
  let size = 0;
  // The cell before. Equal ones often follow each other.
  let number = -1;
  let lastLow = 0;
  let lastHigh = 0;
  for (let row = 0, at = 0; at < count; row++) {
    if (present[row] === 0) continue;
    const low = words[row * 2] as number;
    const high = words[row * 2 + 1] as number;
    if (low !== lastLow || high !== lastHigh || number < 0) {
      lastLow = low;
      lastHigh = high;
      let slot = hashOf(low, high) & mask;
      number = table[slot] as number;
      for (let probes = 1; number >= 0; probes++) {
        if (keys[number * 2] === low && keys[number * 2 + 1] === high) break;
        if (probes === maxProbes) return undefined;
        slot = (slot + 1) & mask;
        number = table[slot] as number;
      }
      if (number < 0) {
        if (size === limit) return undefined;
        number = size++;
        rows[number] = row;
        keys[number * 2] = low;
        keys[number * 2 + 1] = high;
        table[slot] = number;
        if (size * 4 > mask) mask = grow(mask, size);
      }
    }
    numbers[at++] = number;
  }
  return { numbers: numbers.subarray(0, count), rows: rows.subarray(0, size) };
}

/** Multiplication moves differences to the high bits; the shift brings them back to the low bits, which are used. */
function hashOf(low: number, high: number): number {
  const product = imul(low ^ imul(high, 0x9e3779b1), 0x85ebca6b);
  return product ^ (product >>> 15);
}

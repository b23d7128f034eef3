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
/** For texts, one word a slot: the number, or -1. For numbers, `slotWords` of them. */
let table = new Int32Array();

function reserve({ count }: Column, words: number): void {
  if (numbers.length < count) {
    numbers = new Int32Array(count);
    rows = new Int32Array(count);
  }
  if (table.length < words) table = new Int32Array(words);
  table.fill(-1, 0, words);
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

/** Most columns have few distinct numbers, and a small table, of 2^10 slots, stays in the processor's cache. */
const leastBits = 10;

/** A slot has a cell's number, or -1, the cell's two words, and one that fills it up: so it is in one line of the cache. */
const slotWords = 4;

/** Makes the table four times as large. At most half of it is filled. */
function grow(bits: number): void {
  const filled = table.slice(0, slotWords << bits);
  const words = slotWords << (bits + 2);
  if (table.length < words) table = new Int32Array(words);
  table.fill(-1, 0, words);
  for (let from = 0; from < filled.length; from += slotWords) {
    if ((filled[from] as number) < 0) continue;
    let slot = slotOf(filled[from + 1] as number, filled[from + 2] as number, bits + 2);
    while ((table[slot] as number) >= 0) slot = (slot + slotWords) & (words - 1);
    for (let word = 0; word < slotWords; word++) table[slot + word] = filled[from + word] as number;
  }
}

/**
 * Compares cells by their 64 bits. Undefined when there are too many distinct ones for a dictionary to pay, or when they
 * crowd in the table because somebody chose them for their hash.
 */
export function distinctNumbers(column: Column): Distinct | undefined {
  const { words, present, count } = column;
  const limit = count >> 1;
  let bits = leastBits;
  reserve(column, slotWords << bits);
  let size = 0;
  for (let row = 0, at = 0; at < count; row++) {
    if (present[row] === 0) continue;
    const low = words[row * 2] as number;
    const high = words[row * 2 + 1] as number;
    let slot = slotOf(low, high, bits);
    let number = table[slot] as number;
    for (let probes = 1; number >= 0; probes++) {
      if (table[slot + 1] === low && table[slot + 2] === high) break;
      if (probes === maxProbes) return undefined;
      slot = (slot + slotWords) & ((slotWords << bits) - 1);
      number = table[slot] as number;
    }
    if (number < 0) {
      if (size === limit) return undefined;
      number = size++;
      rows[number] = row;
      table[slot] = number;
      table[slot + 1] = low;
      table[slot + 2] = high;
      if (size * 2 > 1 << bits) {
        grow(bits);
        bits += 2;
      }
    }
    numbers[at++] = number;
  }
  return { numbers: numbers.subarray(0, count), rows: rows.subarray(0, size) };
}

/** Where to look for a cell first in a table of 2^bits slots. Multiplication moves differences to the high bits. */
function slotOf(low: number, high: number, bits: number): number {
  return (imul(low ^ high, 0x9e3779b1) >>> (32 - bits)) * slotWords;
}

import type { Dataset } from '../../shared/dataset.ts';
import { PermanentError } from '../../shared/errors.ts';
import { Table } from '../rows/table.ts';
import { RecordReader } from './record-reader.ts';

/** White space and the bytes of a byte-order mark. */
const beforeValue = [0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf];

/** Shapes pay only for many records. */
const noShapes = { read: () => -1, learn: () => {} };

/**
 * Why convert would refuse a text as one JSON object; undefined when it would accept it. This runs convert's own reader, so
 * fetch and convert cannot disagree.
 */
export function refusalOf(text: Uint8Array, dataset: Dataset): string | undefined {
  const table = new Table(dataset, { rawKey: '', fetchedAt: null }, () => {});
  const reader = new RecordReader(table, noShapes);
  try {
    reader.push(text);
    reader.end();
  } catch (error) {
    if (error instanceof PermanentError) return error.code;
    throw error;
  }
  const isObject = text.find((byte) => !beforeValue.includes(byte)) === 0x7b; // '{'
  return isObject && table.rowCount === 1 ? undefined : 'not-one-record';
}

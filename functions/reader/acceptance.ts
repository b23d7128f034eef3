import type { Dataset } from '../../shared/dataset.ts';
import { PermanentError } from '../../shared/errors.ts';
import { Table } from '../rows/table.ts';
import { RecordReader } from './record-reader.ts';

/** Shapes pay only for many records. */
const noShapes = { read: () => -1, learn: () => {} };

/**
 * Why convert would refuse a text as one line of a raw object; undefined when it would accept it. This runs convert's own
 * reader, so fetch and convert cannot disagree.
 */
export function refusalOf(line: Uint8Array, dataset: Dataset): string | undefined {
  const table = new Table(dataset, { rawKey: '', fetchedAt: null }, () => {});
  const reader = new RecordReader(table, noShapes);
  try {
    reader.push(line);
    reader.end();
  } catch (error) {
    if (error instanceof PermanentError) return error.code;
    throw error;
  }
  const isObject = line.find((byte) => byte !== 0x20 && byte !== 0x09) === 0x7b; // '{'
  return isObject && table.rowCount === 1 ? undefined : 'not-one-record';
}

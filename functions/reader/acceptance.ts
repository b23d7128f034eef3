import type { Dataset } from '../../shared/dataset.ts';
import { PermanentError } from '../../shared/errors.ts';
import { AnswerRows } from '../rows/answer-rows.ts';
import { RecordReader } from './record-reader.ts';

/** White space and the bytes of a byte-order mark. */
const beforeValue = [0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf];

/**
 * Why convert would refuse a text as one JSON object; undefined when it would accept it. This runs convert's own reader, so
 * fetch and convert cannot disagree.
 */
export function refusalOf(text: Uint8Array, dataset: Dataset): string | undefined {
  const rows = new AnswerRows(dataset, { rawKey: '', fetchedAt: null }, () => {});
  const reader = new RecordReader(rows);
  try {
    reader.push(text);
    reader.end();
  } catch (error) {
    if (error instanceof PermanentError) return error.code;
    throw error;
  }
  const isObject = text.find((byte) => !beforeValue.includes(byte)) === 0x7b; // '{'
  return isObject && rows.answerCount === 1 ? undefined : 'not-one-record';
}

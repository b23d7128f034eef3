import { answerShapes } from '../../functions/reader/answer-shapes.ts';
import { RecordReader } from '../../functions/reader/record-reader.ts';
import { AnswerRows } from '../../functions/rows/answer-rows.ts';
import type { Dataset } from '../../shared/dataset.ts';

/** Characters of a text, the second one not included. */
export type Mark = readonly [from: number, to: number];

/**
 * The characters for which convert refuses a text: the one that cannot stand there, or the record that is not data. Empty, at
 * its end, where something is missing.
 * @param reason convert's
 */
export function faultMark(text: string, dataset: Dataset, reason: string): Mark {
  const after = endOfGood(text, dataset);
  if (/ does not end\. /.test(reason)) return [text.length, text.length];
  if (/something follows its value|no comma follows/.test(reason))
    return token(text, skip(text, after, /\s/));
  const start = skip(text, after, /[\s,[\uFEFF]/);
  // A line is read alone; an element, or a document, may have several.
  const isLine = /[Ll]ine \d+ is /.test(reason);
  const lineEnd = text.indexOf('\n', start);
  const rest = text.slice(start, isLine && lineEnd >= 0 ? lineEnd : undefined).trimEnd();
  const fault = faultOf(rest);
  if (!/ is not JSON: /.test(reason)) return [start, start + (fault ?? rest).trimEnd().length];
  return fault === undefined
    ? [start, start + rest.length]
    : token(text, start + fault.length, start + rest.length);
}

/** Where the last record ends that can be read. */
function endOfGood(text: string, dataset: Dataset): number {
  const rows = new AnswerRows(dataset, { rawKey: '', fetchedAt: null }, () => {});
  let end = 0;
  const reader = new RecordReader(rows, answerShapes(rows), undefined, (bytes) => {
    const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
    // Of a text in a text, it stands there in other words.
    const found = text.indexOf(record, end);
    if (found >= 0) end = found + record.length;
  });
  try {
    reader.push(Buffer.from(text));
    reader.end();
  } catch {
    // It ends where the reader does.
  }
  return end;
}

/** What stands before the fault of a text that is not one JSON value; undefined when it is one. */
function faultOf(text: string): string | undefined {
  const message = messageOf(text);
  if (message === undefined) return undefined;
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return text.slice(0, Number(position));
  if (!message.startsWith('Unexpected token')) return text;
  // V8 names no place, but stops at it, however much follows.
  let [good, bad] = [0, text.length];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (messageOf(text.slice(0, middle))?.startsWith('Unexpected token')) bad = middle;
    else good = middle;
  }
  return text.slice(0, bad - 1);
}

function messageOf(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The word at a place, or the one character. */
function token(text: string, at: number, end = text.length): Mark {
  const word = /[\p{L}\p{N}_.+-]+|./suy;
  word.lastIndex = at;
  return [at, Math.min(at + (word.exec(text)?.[0].length ?? 0), Math.max(at, end))];
}

function skip(text: string, from: number, passed: RegExp): number {
  let at = from;
  while (at < text.length && passed.test(text.charAt(at))) at += 1;
  return at;
}

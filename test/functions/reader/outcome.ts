import { expect } from '@jest/globals';
import { answerShapes } from '../../../functions/reader/answer-shapes.ts';
import type { Dataset } from '../../../shared/dataset.ts';
import { PermanentError } from '../../../shared/errors.ts';
import { type ShapesOf, tablesFrom } from '../convert/converted.ts';
import { bytesOf } from '../convert/properties/undeclared.ts';

/** Answers that came, those that were read by shapes, and those of these that have values in `rescued`. */
export interface Seen {
  answers: number;
  known: number;
  rescued: number;
}

/** Expects of a text what it becomes when each answer is parsed: the same tables, files and counts, or the same failure. */
export function expectAsParsed(
  text: string | Uint8Array,
  dataset: Dataset,
  pieceBytes?: number,
  seen?: Seen,
): void {
  const bytes = typeof text === 'string' ? bytesOf(text) : text;
  const whole = Number.POSITIVE_INFINITY;
  const read = outcomeOf(bytes, dataset, pieceBytes ?? whole, counting(seen ?? noneSeen()));
  expect(read).toEqual(outcomeOf(bytes, dataset, whole, () => undefined));
}

export function seenIn(text: string, dataset: Dataset): Seen {
  const seen = noneSeen();
  tablesFrom(text, dataset, undefined, counting(seen));
  return seen;
}

export function noneSeen(): Seen {
  return { answers: 0, known: 0, rescued: 0 };
}

/** The place of a failure is told, since what follows a value, JSON.parse says in its own words. */
function outcomeOf(text: Uint8Array, dataset: Dataset, pieceBytes: number, shapesOf: ShapesOf): unknown {
  try {
    const { tables, counts } = tablesFrom(text, dataset, pieceBytes, shapesOf);
    const files = tables.map(({ file }) => Buffer.from(file).toString('latin1'));
    return { columns: tables.map(({ columns }) => columns), files, counts };
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    return { code: error.code, place: /^.*? (is|has|names) /.exec(error.message)?.[0] };
  }
}

function counting(seen: Seen): ShapesOf {
  return (rows) => {
    const shapes = answerShapes(rows);
    return {
      needsEnd: shapes.needsEnd,
      read(window, limit, parsed) {
        const { rescuedFields } = rows;
        const end = shapes.read(window, limit, parsed);
        seen.answers += 1;
        if (end >= 0) seen.known += 1;
        if (end >= 0 && rows.rescuedFields > rescuedFields) seen.rescued += 1;
        return end;
      },
      learn: (...learnt) => shapes.learn(...learnt),
    };
  };
}

import type { AnswerRows } from '../rows/answer-rows.ts';
import type { ByteWindow } from './byte-window.ts';
import { KnownShapes, rowReader } from './known-shapes.ts';
import { NestedRows } from './nested-rows.ts';
import type { ParsedValues } from './parsed-values.ts';

/** Reads answers like earlier ones without parsing all of them. The rows are the same as if they were parsed. */
export interface AnswerShapes {
  /** Whether `read` has to know where the answer ends. */
  readonly needsEnd: boolean;
  /**
   * Adds the answer at the window's start, which ends at `limit` or before. Part of it may be parsed.
   * @returns its end; -1 when it has to be parsed
   */
  read(window: ByteWindow, limit: number, parsed: ParsedValues): number;
  /** @param answer was parsed and added; @param rescued how many of its values found no column */
  learn(answer: Uint8Array, rescued: number): void;
}

export function answerShapes(rows: AnswerRows): AnswerShapes {
  return rows.dataset.tables.every((table) => table.rows === '')
    ? new WholeAnswers(rows)
    : new NestedRows(rows);
}

/** Answers that are one row each. */
class WholeAnswers implements AnswerShapes {
  readonly needsEnd = false;
  readonly #rows: AnswerRows;
  readonly #shapes: KnownShapes;

  constructor(rows: AnswerRows) {
    this.#rows = rows;
    this.#shapes = new KnownShapes(rows.level, '', rowReader);
  }

  read(window: ByteWindow, limit: number, parsed: ParsedValues): number {
    const rows = this.#rows;
    const [group] = rows.groups;
    if (!group) return -1;
    rows.begin();
    const end = this.#shapes.read(window, group, limit, parsed);
    if (end < 0) return -1;
    rows.countRescued(this.#shapes.undeclared);
    // Nulls alone are not data: parsing says so.
    return rows.addRow() ? end : -1;
  }

  learn(answer: Uint8Array, rescued: number): void {
    this.#shapes.learn(answer, rescued);
  }
}

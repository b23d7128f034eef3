import type { AnswerRows } from '../rows/answer-rows.ts';
import { RowGroup } from '../rows/row-group.ts';
import type { ReadableBytes } from './byte-window.ts';
import type { Shape, Step } from './shape.ts';
import { ShapeReader } from './shape-reader.ts';

/** By table, where each array's rows end in the group, in the answer's order. */
type ReadRows = ReadonlyMap<number, readonly number[]>;

/** By table, where the rows of an element begin and end. */
interface Extent {
  readonly starts: readonly number[];
  ends: readonly number[];
}

/** From a slot to a column of the rows of an element. */
interface Copy {
  readonly slot: number;
  readonly element: number;
  readonly table: number;
  readonly column: number;
}

/**
 * Reads the frames of one shape: answers without the rows that were read from them. Most of their values belong to many
 * rows, so they are read into a row of their own, and copied from there.
 */
export class FrameReader extends ShapeReader {
  readonly #shape: Shape;
  readonly #rows: AnswerRows;
  readonly #frame: RowGroup;
  readonly #copies: readonly Copy[];
  /** The slots of each required part. */
  readonly #required: readonly (readonly number[])[];

  private constructor(shape: Shape, rows: AnswerRows) {
    super(shape, [...shape.slots.keys()]);
    this.#shape = shape;
    this.#rows = rows;
    this.#frame = new RowGroup(shape.slots.map(({ type }, slot) => ({ column: String(slot), type })));
    this.#copies = shape.slots.flatMap(({ places, element }, slot) =>
      places.map(({ table, column }) => ({ slot, element, table, column })),
    );
    const { required, tables } = rows.dataset;
    const paths = shape.slots.map(
      ({ places: [place] }) => tables[place?.table ?? -1]?.fields[place?.column ?? -1]?.path ?? '',
    );
    this.#required = required.map((part) =>
      [...paths.keys()].filter((slot) => /^[.[]/.test(paths[slot]?.split(part, 2)[1] ?? '')),
    );
  }

  /**
   * @param read the tables whose rows are read from arrays
   * @returns undefined when there may be no row, or a value may find none, and would have to be rescued
   */
  static of(shape: Shape, rows: AnswerRows, read: readonly number[]): FrameReader | undefined {
    const arrays = (table: number) =>
      shape.steps.filter((step) => step.kind === 'array' && step.table === table);
    const noRows = new Map(read.map((table) => [table, arrays(table).map(() => 0)]));
    const extents = extentsOf(shape.steps, Array<number>(rows.groups.length).fill(0), noRows);
    const hasRow = extents?.[0]?.ends.some((end) => end > 0);
    const isKept = shape.slots.every(
      ({ places, element }) =>
        places.length === 0 || places.some(({ table }) => (extents?.[element]?.ends[table] ?? 0) > 0),
    );
    return hasRow && isKept ? new FrameReader(shape, rows) : undefined;
  }

  override read(window: ReadableBytes): number {
    this.#frame.clear();
    return super.read(window, this.#frame);
  }

  /** Adds the answer whose frame was read. @returns false when some rows were not read, or it may be refused */
  add(read: ReadRows): boolean {
    const { groups } = this.#rows;
    const { present, capacity } = this.#frame;
    const isComplete = this.#required.every((slots) => slots.some((slot) => present[slot * capacity] === 1));
    const starts = groups.map((_, table) => this.#rows.startOfAnswer(table));
    const extents = extentsOf(this.#shape.steps, starts, read);
    if (!isComplete || !extents) return false;
    this.#rows.addRows(extents[0]?.ends ?? []);
    for (let copy = 0; copy < this.#copies.length; copy++) {
      const { slot, element, table, column } = this.#copies[copy] as Copy;
      const { starts: from, ends: to } = extents[element] as Extent;
      groups[table]?.copyAll(this.#frame, slot, column, from[table] as number, to[table] as number);
    }
    return true;
  }
}

/** By element. Undefined when not all rows of a table were read from arrays that are empty here. */
function extentsOf(steps: readonly Step[], starts: readonly number[], read: ReadRows): Extent[] | undefined {
  const extents: Extent[] = [];
  const ends = [...starts];
  const next = starts.map(() => 0);
  for (const step of steps) {
    if (step.kind === 'begin') {
      extents.push({ starts: [...ends], ends: [] });
    } else if (step.kind === 'array') {
      const taken = next[step.table] as number;
      const end = read.get(step.table)?.[taken];
      if (end === undefined) return undefined;
      ends[step.table] = end;
      next[step.table] = taken + 1;
    } else {
      if (step.table !== undefined) ends[step.table] = (ends[step.table] as number) + 1;
      (extents[step.element] as Extent).ends = [...ends];
    }
  }
  return extents;
}

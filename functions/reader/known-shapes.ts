import type { Level } from '../rows/field-tree.ts';
import type { RowGroup } from '../rows/row-group.ts';
import type { ReadableBytes } from './byte-window.ts';
import type { ParsedValues } from './parsed-values.ts';
import { type Shape, shapeOf } from './shape.ts';
import { noColumn, ShapeReader } from './shape-reader.ts';

/** Shapes do not help an input whose records all differ; these limits keep what it loses small. */
const maxShapes = 8;
const maxAttempts = 64;

export class KnownShapes<Reader extends ShapeReader = ShapeReader> {
  readonly #level: Level;
  readonly #path: string | undefined;
  readonly #create: (shape: Shape, level: Level) => Reader | undefined;
  readonly #readers: Reader[] = [];
  #attempts = 0;

  /**
   * @param path of the records, as in `shapeOf`
   * @param create returns undefined for a shape that it cannot read
   */
  constructor(
    level: Level,
    path: string | undefined,
    create: (shape: Shape, level: Level) => Reader | undefined,
  ) {
    this.#level = level;
    this.#path = path;
    this.#create = create;
  }

  /**
   * As `ShapeReader.read`, with any shape that fits a record which ends at `limit` or before.
   * @param parsed counts what is read in vain, too: reading some eight values takes as long as parsing one
   */
  read(window: ReadableBytes, group: RowGroup, limit: number, parsed: ParsedValues): number {
    const readers = this.#readers;
    for (let index = 0; index < readers.length; index++) {
      const reader = readers[index] as Reader;
      const end = reader.read(window, group);
      if (end >= 0 && end <= limit) {
        if (index > 0) {
          readers.splice(index, 1);
          readers.unshift(reader);
        }
        return end;
      }
      group.truncate(group.rowCount);
      parsed.add(1 + (reader.values >> 3));
    }
    return -1;
  }

  /** The one that read the last record. */
  get reader(): Reader | undefined {
    return this.#readers[0];
  }

  /** How many values of the last record were not declared. */
  get undeclared(): number {
    return this.#readers[0]?.undeclared ?? 0;
  }

  get canLearn(): boolean {
    return this.#readers.length < maxShapes && this.#attempts < maxAttempts;
  }

  /** @param rescued how many values of a record found no column, if it is known */
  learn(record: Uint8Array, rescued?: number): void {
    if (this.#readers.length === maxShapes) return;
    this.#attempts += 1;
    // From then on, it looks at some records only: their forms may settle.
    if (this.#attempts > maxAttempts && this.#attempts % maxAttempts !== 0) return;
    const shape = shapeOf(record, this.#level, this.#path);
    // The shape may be known: its reader gives up at some values.
    if (!shape || this.#readers.some((reader) => reader.isOf(shape))) return;
    const reader = this.#create(shape, this.#level);
    // More is rescued when a declared field has become another kind of value: it would give up at every record.
    if (reader && (rescued ?? reader.undeclared) === reader.undeclared) this.#readers.unshift(reader);
  }
}

/** Reads a record that is one row, without arrays and without values of other rows. */
export function rowReader(shape: Shape, { table }: Level): ShapeReader | undefined {
  const { slots, steps } = shape;
  const columns = slots.flatMap(({ undeclared, places: [place, other] }) => {
    if (undeclared !== undefined) return [noColumn];
    return place && place.table === table && !other ? [place.column] : [];
  });
  return steps.length === 2 && columns.length === slots.length ? new ShapeReader(shape, columns) : undefined;
}

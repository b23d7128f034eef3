import type { Level } from '../rows/field-tree.ts';
import type { RowGroup } from '../rows/row-group.ts';
import type { ReadableBytes } from './byte-window.ts';
import { shapeOf } from './shape.ts';
import { ShapeReader } from './shape-reader.ts';

/** Shapes do not help an input whose records all differ; these limits keep what it loses small. */
const maxShapes = 8;
const maxAttempts = 64;

export class KnownShapes {
  readonly #level: Level;
  readonly #readers: ShapeReader[] = [];
  #attempts = 0;

  constructor(level: Level) {
    this.#level = level;
  }

  /** As `ShapeReader.read`, with any shape that fits a record which ends at `limit` or before. */
  read(window: ReadableBytes, group: RowGroup, limit: number): number {
    const readers = this.#readers;
    for (let index = 0; index < readers.length; index++) {
      const reader = readers[index] as ShapeReader;
      const end = reader.read(window, group);
      if (end >= 0 && end <= limit) {
        if (index > 0) {
          readers.splice(index, 1);
          readers.unshift(reader);
        }
        return end;
      }
      group.truncate(group.rowCount);
    }
    return -1;
  }

  get canLearn(): boolean {
    return this.#readers.length < maxShapes && this.#attempts < maxAttempts;
  }

  learn(record: Uint8Array): void {
    if (!this.canLearn) return;
    this.#attempts += 1;
    const shape = shapeOf(record, this.#level);
    // The shape may be known: its reader gives up at some values.
    if (!shape || this.#readers.some((reader) => reader.isOf(shape))) return;
    this.#readers.unshift(new ShapeReader(shape));
  }
}

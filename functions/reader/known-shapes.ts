import type { FieldTree } from '../rows/field-tree.ts';
import type { RowGroup } from '../rows/row-group.ts';
import type { ByteWindow } from './byte-window.ts';
import { shapeOf } from './shape.ts';
import { ShapeReader } from './shape-reader.ts';

/** An input of ever other shapes gains nothing by them, and should lose little. */
const maxShapes = 8;
const maxAttempts = 64;

/** The shapes that were met in one input, and the records that can be read by them. */
export class KnownShapes {
  readonly #tree: FieldTree;
  /** The one that fitted last is tried first. */
  readonly #readers: ShapeReader[] = [];
  #attempts = 0;

  constructor(tree: FieldTree) {
    this.#tree = tree;
  }

  /** As `ShapeReader.read`, by whichever shape fits a record that ends at `limit` or before. */
  read(window: ByteWindow, group: RowGroup, limit: number): number {
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
      group.clearRow();
    }
    return -1;
  }

  /** Takes up the shape of a record of which every value found its column. */
  learn(record: Uint8Array): void {
    if (this.#readers.length === maxShapes || this.#attempts === maxAttempts) return;
    this.#attempts += 1;
    const shape = shapeOf(record, this.#tree);
    // A known one may have met a value that it does not know.
    if (!shape || this.#readers.some((reader) => reader.isOf(shape))) return;
    this.#readers.unshift(new ShapeReader(shape));
  }
}

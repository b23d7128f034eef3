import { createHash, type Hash } from 'node:crypto';
import { PermanentError } from '../../shared/errors.ts';
import { type Day, dayOf, type ParsedKey } from '../../shared/keys.ts';
import { ParquetFile } from '../parquet/parquet-file.ts';
import { KnownShapes } from '../reader/known-shapes.ts';
import { plainBytes } from '../reader/plain-bytes.ts';
import { RecordReader } from '../reader/record-reader.ts';
import { fieldTree } from '../rows/field-tree.ts';
import { Table } from '../rows/table.ts';
import type { RawObject } from './raw-bucket.ts';

/**
 * The pure part of converting: the bytes of one raw object in, those of its Parquet file out. What is in memory does
 * not grow with the object: the rows of one row group, and for each of them an entry in the footer.
 */
export class Conversion {
  readonly #rawKey: ParsedKey;
  readonly #object: Pick<RawObject, 'body' | 'fetchedAt'>;
  readonly #file: ParquetFile;
  readonly #table: Table;

  constructor(rawKey: ParsedKey, object: Pick<RawObject, 'body' | 'fetchedAt'>) {
    const { key, dataset } = rawKey;
    this.#rawKey = rawKey;
    this.#object = object;
    this.#file = new ParquetFile(dataset);
    this.#table = new Table(dataset, { rawKey: key, fetchedAt: object.fetchedAt }, (group) =>
      this.#file.add(group),
    );
  }

  /**
   * The Parquet file, a piece at a time. To be read once.
   * @throws {PermanentError} when no further try can succeed
   */
  async *parquet(): AsyncGenerator<Uint8Array> {
    const { key, dataset } = this.#rawKey;
    const reader = new RecordReader(this.#table, new KnownShapes(fieldTree(dataset)));
    const sha256 = createHash('sha256');
    for await (const piece of plainBytes(hashed(this.#object.body, sha256))) {
      reader.push(piece);
      const bytes = this.#file.take();
      if (bytes.length > 0) yield bytes;
    }
    reader.end();
    this.#table.end();
    void this.day;
    this.#file.finish({ rawKey: key, rawSha256: sha256.digest('hex') });
    yield this.#file.take();
  }

  /**
   * The UTC day that the rows are kept under: the key's, or for a file that was dropped without a `dt=` folder that of
   * the earliest row, so that a replay finds the same. Known when the file is finished.
   */
  get day(): Day {
    const { key, dataset, day } = this.#rawKey;
    if (day !== undefined) return day;
    if (this.#table.earliest) return dayOf(this.#table.earliest);
    throw new PermanentError(
      'no-day',
      `"${key}" has no dt= folder, and no record in it has a usable ${dataset.dayColumn}. Put it under ${dataset.name}/dt=YYYY-MM-DD/.`,
    );
  }

  get rows(): number {
    return this.#table.rowCount;
  }

  /** Values that found no column, over all rows. */
  get rescuedFields(): number {
    return this.#table.rescuedFields;
  }
}

async function* hashed(pieces: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    hash.update(piece);
    yield piece;
  }
}

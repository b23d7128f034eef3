import type {
  ColumnChunk,
  FileMetaData,
  RowGroup as RowGroupMetadata,
  SchemaElement,
  Statistics,
} from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import { columnTypes } from '../../shared/column-type.ts';
import { columnsOf, type Dataset, type Table } from '../../shared/dataset.ts';
import { RowGroup } from '../rows/row-group.ts';
import { chunkRange, movedChunk } from './chunk-range.ts';
import { Column } from './column.ts';
import { writeColumnChunk } from './column-chunk.ts';
import { maxBoundBytes } from './statistics.ts';

const writerName = 'tdf-weather-pipeline';

/** Readers parse `name version x.y.z` to decide whose statistics to trust. */
export const createdBy = `${writerName} version 0.1.0`;

/** Of our own files it is known that nothing but the metadata of a column points to its bytes. */
export function isOurs({ created_by }: Pick<FileMetaData, 'created_by'>): boolean {
  return created_by?.startsWith(`${writerName} `) ?? false;
}

export function parquetSchema(table: Table): [root: SchemaElement, ...columns: SchemaElement[]] {
  const columns = columnsOf(table);
  return [
    { name: 'root', num_children: columns.length },
    ...columns.map(
      ({ column, type }): SchemaElement => ({
        name: column,
        repetition_type: 'OPTIONAL',
        ...columnTypes[type].parquet,
      }),
    ),
  ];
}

/** Writes a Parquet file row group by row group. Holds only the bytes that `take` has not returned yet. */
export class ParquetFile {
  readonly #dataset: Dataset;
  readonly #columns: RowGroup['columns'];
  readonly #schema: [root: SchemaElement, ...columns: SchemaElement[]];
  readonly #writer = new ByteWriter(16 * 1024);
  readonly #rowGroups: RowGroupMetadata[] = [];

  constructor(dataset: Dataset, table: Table) {
    this.#dataset = dataset;
    this.#columns = columnsOf(table);
    this.#schema = parquetSchema(table);
    this.#writer.appendUint32(magic);
  }

  /** @returns the statistics of each column */
  add(group: RowGroup): readonly Statistics[] {
    const [, ...elements] = this.#schema;
    const start = this.#writer.offset;
    const columns = elements.map((element, number) => {
      const { type } = group.columns[number] as RowGroup['columns'][number];
      return writeColumnChunk(this.#writer, new Column(group, number, type), element);
    });
    this.#push(columns, BigInt(group.rowCount), this.#writer.offset - start);
    return columns.map(({ meta_data }) => meta_data?.statistics ?? {});
  }

  /**
   * Takes over the columns of a row group of another file of ours, with their statistics as they are. A column that it
   * lacks is null, and one that is not declared is left out.
   * @returns the columns whose bytes are to be appended
   */
  takeOver({ columns, num_rows }: RowGroupMetadata): ColumnChunk[] {
    const [, ...elements] = this.#schema;
    const start = this.#writer.offset;
    const others = new Map(columns.map((chunk) => [chunk.meta_data?.path_in_schema[0], chunk]));
    const own = elements.map((element, number) => {
      const column = this.#columns[number] as RowGroup['columns'][number];
      return (
        others.get(element.name) ??
        writeColumnChunk(this.#writer, nullColumn(column, Number(num_rows)), element)
      );
    });

    const taken = columns.filter((chunk) => own.includes(chunk));
    let end = this.#writer.offset;
    for (const chunk of taken) {
      own[own.indexOf(chunk)] = movedChunk(chunk, end);
      const { startByte, endByte } = chunkRange(chunk);
      end += endByte - startByte;
    }
    this.#push(own, num_rows, end - start);
    return taken;
  }

  append(bytes: Uint8Array): void {
    this.#writer.appendBytes(bytes);
  }

  /** @param keyValues nothing that depends on the clock or the machine, so that the same input gives the same bytes */
  finish(keyValues: Readonly<Record<string, string>>): void {
    const { name, version } = this.#dataset;
    const metadata: FileMetaData = {
      version: 2,
      created_by: createdBy,
      schema: this.#schema,
      num_rows: this.#rowGroups.reduce((sum, { num_rows }) => sum + num_rows, 0n),
      row_groups: this.#rowGroups,
      key_value_metadata: [
        ...Object.entries(keyValues).map(([key, value]) => ({ key, value })),
        { key: 'dataset', value: name },
        { key: 'dataset_version', value: String(version) },
      ],
      metadata_length: 0, // Only readers know it.
    };
    writeMetadata(this.#writer, metadata, maxBoundBytes);
    this.#writer.appendUint32(magic);
  }

  #push(columns: ColumnChunk[], rowCount: bigint, byteLength: number): void {
    this.#rowGroups.push({
      columns,
      num_rows: rowCount,
      total_byte_size: columns.reduce(
        (sum, { meta_data }) => sum + (meta_data?.total_uncompressed_size ?? 0n),
        0n,
      ),
      total_compressed_size: BigInt(byteLength),
    });
  }

  /** The bytes written since the last call. */
  take(): Uint8Array {
    const bytes = this.#writer.getBytes().slice();
    this.#writer.index = 0;
    return bytes;
  }
}

/** A column of a row group in which no row has a cell. */
function nullColumn({ column, type }: RowGroup['columns'][number], rowCount: number): Column {
  const group = new RowGroup([{ column, type }]);
  group.reserve(rowCount);
  group.rowCount = rowCount;
  return new Column(group, 0, type);
}

/** `PAR1`, at both ends of a file. */
const magic = 0x31524150;

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
import type { RowGroup } from '../rows/row-group.ts';
import { Column } from './column.ts';
import { writeColumnChunk } from './column-chunk.ts';
import { maxBoundBytes } from './statistics.ts';

/** Readers parse `name version x.y.z` to decide whose statistics to trust. */
export const createdBy = 'tdf-weather-pipeline version 0.1.0';

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
  readonly #schema: [root: SchemaElement, ...columns: SchemaElement[]];
  readonly #writer = new ByteWriter(16 * 1024);
  readonly #rowGroups: RowGroupMetadata[] = [];

  constructor(dataset: Dataset, table: Table) {
    this.#dataset = dataset;
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
    this.#rowGroups.push({
      columns,
      num_rows: BigInt(group.rowCount),
      total_byte_size: columns.reduce(
        (sum, { meta_data }) => sum + (meta_data?.total_uncompressed_size ?? 0n),
        0n,
      ),
      total_compressed_size: BigInt(this.#writer.offset - start),
    });
    return columns.map(({ meta_data }) => meta_data?.statistics ?? {});
  }

  /**
   * Takes over a row group of another file of the same schema, with its statistics as they are. Its bytes, which began
   * at `start` there, are to be appended.
   */
  takeOver(rowGroup: RowGroupMetadata, start: number): void {
    const shift = BigInt(this.#writer.offset - start);
    this.#rowGroups.push({ ...rowGroup, columns: rowGroup.columns.map((chunk) => moved(chunk, shift)) });
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

  /** The bytes written since the last call. */
  take(): Uint8Array {
    const bytes = this.#writer.getBytes().slice();
    this.#writer.index = 0;
    return bytes;
  }
}

function moved(chunk: ColumnChunk, shift: bigint): ColumnChunk {
  const { file_offset, meta_data } = chunk;
  const dictionary = meta_data?.dictionary_page_offset;
  return {
    ...chunk,
    file_offset: file_offset + shift,
    ...(meta_data && {
      meta_data: {
        ...meta_data,
        data_page_offset: meta_data.data_page_offset + shift,
        ...(dictionary !== undefined && { dictionary_page_offset: dictionary + shift }),
      },
    }),
  };
}

/** `PAR1`, at both ends of a file. */
const magic = 0x31524150;

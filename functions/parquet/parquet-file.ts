import type { FileMetaData, RowGroup as RowGroupMetadata, SchemaElement, Statistics } from 'hyparquet';
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

/** Nothing here depends on the clock or the machine, so the same raw gives the same bytes. */
interface Footer {
  readonly rawKey: string;
  readonly rawSha256: string;
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

  finish({ rawKey, rawSha256 }: Footer): void {
    const { name, version } = this.#dataset;
    const metadata: FileMetaData = {
      version: 2,
      created_by: createdBy,
      schema: this.#schema,
      num_rows: this.#rowGroups.reduce((sum, { num_rows }) => sum + num_rows, 0n),
      row_groups: this.#rowGroups,
      key_value_metadata: [
        { key: 'raw_key', value: rawKey },
        { key: 'raw_sha256', value: rawSha256 },
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

/** `PAR1`, at both ends of a file. */
const magic = 0x31524150;

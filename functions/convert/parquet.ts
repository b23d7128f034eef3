import type { SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { columnTypes } from '../../shared/column-type.ts';
import { columnsOf, type Dataset } from '../../shared/dataset.ts';
import type { Table } from './table.ts';

/** What stands in a file's footer. Nothing of the clock or the machine: the same raw gives the same bytes. */
export interface Footer {
  readonly rawKey: string;
  /** SHA-256 of the raw object's bytes, hexadecimal. */
  readonly rawSha256: string;
}

/** The schema of a dataset's files: every column optional, every type as declared. */
export function parquetSchema(dataset: Dataset): SchemaElement[] {
  const columns = columnsOf(dataset);
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

/** One Parquet file with all rows of a table. */
export function parquetFile(dataset: Dataset, table: Table, { rawKey, rawSha256 }: Footer): Uint8Array {
  return new Uint8Array(
    parquetWriteBuffer({
      schema: parquetSchema(dataset),
      columnData: columnsOf(dataset).map(({ column }) => ({ name: column, data: [...table.column(column)] })),
      kvMetadata: [
        { key: 'raw_key', value: rawKey },
        { key: 'raw_sha256', value: rawSha256 },
        { key: 'dataset', value: dataset.name },
        { key: 'dataset_version', value: String(dataset.version) },
      ],
    }),
  );
}

import type { SchemaElement } from 'hyparquet';

/**
 * The column types a dataset may declare, each with its one form in Parquet and in Athena (Glue).
 * A type that differs between the file and the table is HIVE_BAD_DATA at query time, so both are named here.
 * Timestamps are UTC and in milliseconds, which is all that Athena engine 3 keeps.
 */
export const columnTypes = {
  string: {
    glue: 'string',
    parquet: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  },
  double: { glue: 'double', parquet: { type: 'DOUBLE' } },
  int: { glue: 'int', parquet: { type: 'INT32' } },
  bigint: { glue: 'bigint', parquet: { type: 'INT64' } },
  timestamp: {
    glue: 'timestamp',
    parquet: {
      type: 'INT64',
      converted_type: 'TIMESTAMP_MILLIS',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
    },
  },
} as const satisfies Record<string, { glue: string; parquet: Omit<SchemaElement, 'name'> }>;

export type ColumnType = keyof typeof columnTypes;

/** The value of a cell in memory, as the Parquet writer takes it. */
export interface CellOf {
  string: string;
  double: number;
  int: number;
  bigint: bigint;
  timestamp: Date;
}

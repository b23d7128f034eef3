import type { SchemaElement } from 'hyparquet';

/**
 * The types of columns, with their form in Parquet and in Athena (Glue). If the two differ, queries fail with HIVE_BAD_DATA.
 * Timestamps are UTC in milliseconds, the precision that Athena engine 3 keeps. A date is a day without a zone.
 */
export const columnTypes = {
  string: {
    glue: 'string',
    parquet: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  },
  double: { glue: 'double', parquet: { type: 'DOUBLE' } },
  int: { glue: 'int', parquet: { type: 'INT32' } },
  bigint: { glue: 'bigint', parquet: { type: 'INT64' } },
  date: {
    glue: 'date',
    parquet: { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } },
  },
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

export interface CellOf {
  string: string;
  double: number;
  int: number;
  bigint: bigint;
  /** Midnight UTC. */
  date: Date;
  timestamp: Date;
}

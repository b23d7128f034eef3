import type { Json } from '@duckdb/node-api';

/**
 * What a query answered, whichever engine did. Cells as JSON has them: timestamps in ISO 8601 and UTC, integers as
 * numbers where exact, else as text, decimals as text.
 */
export interface QueryResult {
  readonly columns: readonly string[];
  /** Read once, as they come; leaving early frees what the query holds. */
  readonly rows: AsyncIterable<readonly Json[]>;
}

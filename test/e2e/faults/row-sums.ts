import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { sqlText } from '../../../operations/query/sql-text.ts';

/** What one query says of the rows that a Parquet file has of one raw object. */
export interface RowSum {
  readonly filename: string;
  readonly raw_key: string;
  readonly rows: number;
  /** Over the hashes of all rows: it changes with any value, and with a row that is missing or there twice. */
  readonly sum: string;
}

/** Sums up the rows of Parquet files. */
export class RowSums {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  static async start(): Promise<RowSums> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    return new RowSums(instance, await instance.connect());
  }

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  /** @param files one, or a pattern @throws {Error} when there is none */
  async ofFiles(files: string): Promise<RowSum[]> {
    const answer = await this.#connection.runAndReadAll(
      `SELECT filename, raw_key, count(*)::INT AS rows, sum(hash(file))::TEXT AS sum
       FROM read_parquet(${sqlText(files)}, hive_partitioning = false) AS file GROUP BY ALL`,
    );
    return answer.getRowObjectsJson() as unknown as RowSum[];
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

/** The same for the same rows, in whatever files and order they are. */
export function sumOf(rows: readonly RowSum[]): string {
  const sums = new Map<string, [rows: number, sum: bigint]>();
  for (const { raw_key, rows: count, sum } of rows) {
    const [counted, summed] = sums.get(raw_key) ?? [0, 0n];
    sums.set(raw_key, [counted + count, summed + BigInt(sum)]);
  }
  return [...sums]
    .map(([key, [count, sum]]) => `${key}: ${count} (${sum})`)
    .sort()
    .join(', ');
}

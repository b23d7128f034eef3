import { type Dataset, tableName } from '../../shared/dataset.ts';
import { type ParquetRow, sampleParquet } from '../query/parquet-rows.ts';

/** The first rows of a table, and how many there are. */
export interface TableSample {
  /** As in a query. */
  readonly table: string;
  readonly rows: readonly ParquetRow[];
  readonly rowCount: number;
}

/** Samples of all tables of the datasets: rows of these raw objects, from compacted ones that have them. */
export async function sampleTables(
  datasets: readonly Dataset[],
  rawKeys: readonly string[],
  compactedKeys: readonly string[],
  pathOf: (key: string) => string,
  maxRows: number,
): Promise<TableSample[]> {
  const samples: TableSample[] = [];
  for (const table of datasets.flatMap(({ tables }) => tables)) {
    const own = compactedKeys.filter((key) => key.startsWith(`${table.name}/`));
    const { rows, count } = await sampleParquet(own.map(pathOf), { limit: maxRows, rawKeys });
    samples.push({ table: tableName(table), rows, rowCount: count });
  }
  return samples;
}

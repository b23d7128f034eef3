import { type Dataset, tableName } from '../../shared/dataset.ts';
import { type ParquetRow, sampleParquet } from '../query/parquet-rows.ts';

/** The first rows of a table, and how many there are. */
export interface TableSample {
  /** As in a query. */
  readonly table: string;
  readonly rows: readonly ParquetRow[];
  readonly rowCount: number;
}

/** Samples of all tables of the datasets, from these objects. */
export async function sampleTables(
  datasets: readonly Dataset[],
  keys: readonly string[],
  pathOf: (key: string) => string,
  maxRows: number,
): Promise<TableSample[]> {
  const samples: TableSample[] = [];
  for (const table of datasets.flatMap(({ tables }) => tables)) {
    const own = keys.filter((key) => key.startsWith(`${table.name}/`));
    const { rows, count } = await sampleParquet(own.map(pathOf), maxRows);
    samples.push({ table: tableName(table), rows, rowCount: count });
  }
  return samples;
}

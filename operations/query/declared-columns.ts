import { type Column, columnsOf } from '../../shared/dataset.ts';
import { datasets } from '../../shared/datasets.ts';

const declared: ReadonlyMap<string, Column> = new Map(
  datasets
    .flatMap(({ tables }) => tables)
    .flatMap(columnsOf)
    .map((column) => [column.column, column]),
);

/** Columns that mean the same have one name in every table. */
export function declaredColumn(name: string): Column | undefined {
  return declared.get(name);
}

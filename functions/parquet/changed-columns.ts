import type { FileMetaData, SchemaElement } from 'hyparquet';
import { columnTypes } from '../../shared/column-type.ts';

export interface ChangedColumn {
  readonly column: string;
  readonly from: string;
  readonly to: string;
}

/** The columns of a file that have another type than the declared ones of the same name. */
export function changedColumns(
  { schema: [, ...columns] }: Pick<FileMetaData, 'schema'>,
  [, ...declared]: readonly SchemaElement[],
): ChangedColumn[] {
  const own = new Map(columns.map((element) => [element.name, element]));
  return declared.flatMap((to) => {
    const from = own.get(to.name);
    if (!from || typeOf(from) === typeOf(to)) return [];
    return [{ column: to.name, from: typeName(from), to: typeName(to) }];
  });
}

/** All of a column that makes a reader take its bytes for other values. */
function typeOf(element: SchemaElement): string {
  const { repetition_type, type, type_length, num_children, converted_type, logical_type } = element;
  return JSON.stringify([repetition_type, type, type_length, num_children, converted_type, logical_type]);
}

/** `double (DOUBLE)` of a type that can be declared; else as Parquet names it. */
function typeName(element: SchemaElement): string {
  const { type, repetition_type, converted_type, logical_type } = element;
  const logical = logical_type ? JSON.stringify(logical_type) : converted_type;
  const physical = [repetition_type === 'OPTIONAL' ? '' : repetition_type, type ?? 'nested', logical]
    .filter(Boolean)
    .join(' ');
  const known = Object.entries(columnTypes).find(
    ([, { parquet }]) => typeOf({ ...parquet, name: '', repetition_type: 'OPTIONAL' }) === typeOf(element),
  );
  return known ? known[0] : physical;
}

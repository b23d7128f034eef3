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
function typeOf({ repetition_type, type, converted_type, logical_type }: SchemaElement): string {
  return JSON.stringify([repetition_type, type, converted_type, logical_type]);
}

/**
 * `double` of a type that can be declared; else as Parquet names it.
 * @throws {Error} for one that has no name
 */
function typeName(element: SchemaElement): string {
  const { name, type, repetition_type, converted_type, logical_type } = element;
  const known = Object.entries(columnTypes).find(
    ([, { parquet }]) => typeOf({ ...parquet, name: '', repetition_type: 'OPTIONAL' }) === typeOf(element),
  );
  if (known) return known[0];
  const logical = logical_type ? logical_type.type : converted_type;
  if (!repetition_type || (logical_type && !logical)) throw new Error(`the type of "${name}" is damaged`);
  if (type === 'BYTE_ARRAY' && (converted_type === 'UTF8' || logical === 'STRING'))
    return 'a text as another program writes it';
  const unit = logical_type && 'unit' in logical_type && logical_type.unit;
  return [repetition_type === 'OPTIONAL' ? '' : repetition_type, type, logical, unit]
    .filter(Boolean)
    .join(' ');
}

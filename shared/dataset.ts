import type { CellOf, ColumnType } from './column-type.ts';
import type { Day } from './keys.ts';

/** A column, and where its value comes from. */
export interface Field {
  /** Lower case, digits, underscore; no word that Athena reserves. */
  readonly column: string;
  /** Where the value stands in one response: member names joined by dots. */
  readonly path: string;
  /** Declared, never inferred: a provider may send `0` one hour and `114.12` the next. */
  readonly type: ColumnType;
  readonly meaning: string;
  readonly unit?: string;
}

/** Everything the pipeline knows about one kind of response. Each field is named here and nowhere else. */
export interface Dataset {
  /** Also the key prefix in both buckets. */
  readonly name: string;
  /** The provider's endpoint below its base URL. */
  readonly endpoint: string;
  /** Raised when a replay of the same raw would give other columns or values. */
  readonly version: number;
  readonly description: string;
  /** The column whose earliest UTC day places a file that was dropped without a `dt=` folder. */
  readonly dayColumn: string;
  /** The first day that the table's projection knows. What is of an earlier one could not be queried, and is refused. */
  readonly firstDay: Day;
  readonly fields: readonly Field[];
}

/** The columns that every dataset ends with: where a row comes from, and what did not fit. */
export const provenance = [
  {
    column: 'fetched_at',
    type: 'timestamp',
    meaning: 'When the run called the API; null for a file that was dropped by hand.',
    unit: 'UTC',
  },
  { column: 'raw_key', type: 'string', meaning: 'Key of the raw object this row was converted from.' },
  {
    column: 'rescued',
    type: 'string',
    meaning:
      'JSON object of everything that no column holds, by path: undeclared fields, and values of the wrong type or out of range. Null when all fitted.',
  },
] as const satisfies readonly Omit<Field, 'path'>[];

/** `weatherapi/current` is the table `weatherapi_current`. */
export function tableName({ name }: Dataset): string {
  return name.replaceAll('/', '_');
}

export type Column = Omit<Field, 'path'>;

/** All columns of a dataset, in the order of the file and of the table. */
export function columnsOf(dataset: Dataset): readonly Column[] {
  return [...dataset.fields, ...provenance];
}

type RowOf<Columns extends readonly Column[]> = {
  [C in Columns[number] as C['column']]: CellOf[C['type']] | null;
};

/** One row of a dataset. Any cell may be null: an account can switch any field off. */
export type Row<D extends Dataset> = RowOf<D['fields']> & RowOf<typeof provenance>;

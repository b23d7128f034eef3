import type { CellOf, ColumnType } from './column-type.ts';
import type { Day } from './keys.ts';

export interface Field {
  /** Lower case, digits and underscores; not a word that Athena reserves. */
  readonly column: string;
  /** The value's place in a response: member names joined by dots. */
  readonly path: string;
  /** Declared, never inferred: a provider may send `0` one hour and `114.12` the next. */
  readonly type: ColumnType;
  readonly meaning: string;
  readonly unit?: string;
}

/** Everything that the pipeline knows about one kind of response. A field is named here and nowhere else. */
export interface Dataset {
  /** Also the prefix of keys in both buckets. */
  readonly name: string;
  /** The provider's endpoint, relative to its base URL. */
  readonly endpoint: string;
  /** Raise it when the same raw objects give other columns or values. */
  readonly version: number;
  readonly description: string;
  /** Its earliest value tells the day of a file that was dropped without a `dt=` folder. */
  readonly dayColumn: string;
  /** The first day of the table. Queries do not find earlier days, so convert refuses them. */
  readonly firstDay: Day;
  /** Paths of objects in each of which a record has a value of a declared field; else it is not data. */
  readonly required: readonly string[];
  /** Longest answer that fetch accepts. */
  readonly maxAnswerBytes: number;
  readonly fields: readonly Field[];
}

/** The last columns of every dataset: where a row comes from, and what did not fit. */
export const provenance = [
  {
    column: 'fetched_at',
    type: 'timestamp',
    meaning: 'When the run first called the API; null for a file that was dropped by hand.',
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

/** `weatherapi_current` for `weatherapi/current`. */
export function tableName({ name }: Dataset): string {
  return name.replaceAll('/', '_');
}

export type Column = Omit<Field, 'path'>;

/** In the order of the file and of the table. */
export function columnsOf(dataset: Dataset): readonly Column[] {
  return [...dataset.fields, ...provenance];
}

type RowOf<Columns extends readonly Column[]> = {
  [C in Columns[number] as C['column']]: CellOf[C['type']] | null;
};

/** Any cell may be null: an account can switch any field off. */
export type Row<D extends Dataset> = RowOf<D['fields']> & RowOf<typeof provenance>;

import type { CellOf, ColumnType } from './column-type.ts';
import type { Day } from './keys.ts';

/** What a column's cells should be. Convert keeps a row with another cell as it is, counts and reports it; an alarm rings. */
export interface Expectation {
  readonly notNull?: true;
  /** For columns of type double, int or bigint. */
  readonly least?: number;
  readonly most?: number;
  /** For columns of these types, or of type string. */
  readonly oneOf?: readonly (number | string)[];
}

export interface Field {
  /** Lower case, digits and underscores; not a word that Athena reserves. Columns that mean the same have one name everywhere. */
  readonly column: string;
  /**
   * The value's place in an answer: member names joined by dots, with `[]` behind each array. It is in the row or in one
   * of its ancestors: `forecast.forecastday[].date` for a row of `forecast.forecastday[].hour[]`.
   */
  readonly path: string;
  /** Declared, never inferred: a provider may send `0` one hour and `114.12` the next. */
  readonly type: ColumnType;
  readonly meaning: string;
  readonly unit?: string;
  /** Excludes only what is surely wrong. A null is expected unless `notNull` is set: an account can switch any field off. */
  readonly expect?: Expectation;
}

/** One kind of row in the answers of a dataset. */
export interface Table {
  /** `weatherapi/forecast_hour`: the prefix of its keys in curated. In Glue and Athena, `weatherapi_forecast_hour`. */
  readonly name: string;
  readonly description: string;
  /** Where its rows are: `forecast.forecastday[].hour[]`; empty for one row per answer. */
  readonly rows: string;
  readonly fields: readonly Field[];
}

/** What a call can ask for beside the place: a setting in `cdk.json` and a parameter of the API. */
export type Option = {
  readonly parameter: string;
  readonly meaning: string;
} & (
  | { readonly type: 'flag'; readonly default: boolean }
  | { readonly type: 'number'; readonly least: number; readonly most: number; readonly default: number }
  /** Not sent unless it is set. */
  | { readonly type: 'text'; readonly pattern: RegExp; readonly expected: string }
);

/** Everything that the pipeline knows about one endpoint. A field is named here and nowhere else. */
export interface Dataset {
  /** Also the prefix of its keys in raw. */
  readonly name: string;
  /** The provider's endpoint, relative to its base URL. */
  readonly endpoint: string;
  /** Raise it when the same raw objects give other columns or values. */
  readonly version: number;
  readonly description: string;
  /** When to fetch, in UTC, unless `cdk.json` says otherwise: an EventBridge Scheduler expression. */
  readonly schedule: string;
  /**
   * What makes two runs the same one:
   * - `time`: its scheduled time. All places of a run are in one raw object.
   * - `place-and-day`: the place and the local day that was asked for. Each is a raw object of its own, and lands once.
   *   A scheduled run asks for the day before.
   */
  readonly identity: 'time' | 'place-and-day';
  /** By their names in `cdk.json`. */
  readonly options: Readonly<Record<string, Option>>;
  /**
   * A column of the first table. Its earliest value tells the day of a file that was dropped without a `dt=` folder.
   */
  readonly dayColumn: string;
  /** The first day of the tables. Queries do not find earlier days, so convert refuses them. */
  readonly firstDay: Day;
  /** Paths of objects and arrays in each of which an answer has a value of a declared field; else it is not data. */
  readonly required: readonly string[];
  /** Members of an answer that no column holds, because another dataset has them. Raw keeps them. */
  readonly ignored: readonly string[];
  /** Longest answer that fetch accepts. */
  readonly maxAnswerBytes: number;
  /** What belongs to no row is rescued in the first row of the first table that has one. */
  readonly tables: readonly Table[];
}

/** The last columns of every table: where a row comes from, and what did not fit. */
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

/** `weatherapi_current` for `weatherapi/current`: the table's name in Glue, Athena and DuckDB. */
export function tableName({ name }: Pick<Table, 'name'>): string {
  return name.replaceAll('/', '_');
}

export type Column = Omit<Field, 'path'>;

/** In the order of the file and of the table. */
export function columnsOf({ fields }: Pick<Table, 'fields'>): readonly Column[] {
  return [...fields, ...provenance];
}

type RowOf<Columns extends readonly Column[]> = {
  [C in Columns[number] as C['column']]: CellOf[C['type']] | null;
};

/** Any cell may be null: an account can switch any field off. */
export type Row<T extends Table> = RowOf<T['fields']> & RowOf<typeof provenance>;

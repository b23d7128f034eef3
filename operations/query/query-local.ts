import {
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBPreparedStatement,
  type DuckDBResult,
  DuckDBTypeId,
  type DuckDBValueConverter,
  JSDuckDBValueConverter,
  type Json,
  JsonDuckDBValueConverter,
  ResultReturnType,
  StatementType,
} from '@duckdb/node-api';
import { columnTypes } from '../../shared/column-type.ts';
import { columnsOf, type Table, tableName } from '../../shared/dataset.ts';
import { datasets } from '../../shared/datasets.ts';
import { UnreconciledStateError } from '../local-assembly.ts';
import { type CompactedFile, compactedFiles } from './compacted-files.ts';
import { firstWord } from './first-word.ts';
import type { QueryResult } from './query-result.ts';
import { sqlText } from './sql-text.ts';

export interface LocalQueryOptions {
  readonly stateDir: string;
  /** Ends the query, whatever it is at. */
  readonly signal: AbortSignal;
}

export interface LocalQueryResult extends QueryResult {
  /** By column. */
  readonly isNumeric: readonly boolean[];
}

const tables = datasets.flatMap((dataset) => dataset.tables);

const settings = [
  "SET TimeZone = 'UTC'",
  // It loses rows of "the newest of each", up to DuckDB 1.5.5 at least: duckdb/duckdb#23588, #23675, #24363.
  "SET disabled_optimizers = 'top_n_window_elimination'",
  // Trino's names for what DuckDB has under others, as far as the named queries use them.
  'CREATE MACRO sequence(first, last, step) AS generate_series(first, last, step)',
  'CREATE MACRO json_parse(json) AS CAST(json AS JSON)',
  'CREATE MACRO to_unixtime(instant) AS epoch(instant)',
];

/** From here on nothing else can be read, nothing fetched, no more taken than this, and none of it taken back. */
const confined = (folder: string | undefined) => [
  // DuckDB adds it to the allowed directories, and it would be one beside the user's files.
  `SET temp_directory = ${sqlText(folder ?? '')}`,
  "SET memory_limit = '1GB'",
  "SET max_temp_directory_size = '1GB'",
  `SET allowed_directories = [${folder === undefined ? '' : sqlText(folder)}]`,
  'SET enable_external_access = false',
  'SET lock_configuration = true',
];

/**
 * Answers a query on the compacted files of a state directory as they are now, with DuckDB in memory: one view per table,
 * named and typed as in Athena.
 * @throws {Error} with DuckDB's words when it does not take the query
 */
export async function queryLocally(
  sql: string,
  { stateDir, signal }: LocalQueryOptions,
): Promise<LocalQueryResult> {
  const { folder, files, release } = await compactedFiles(stateDir);
  const readable = (error: unknown) => damagedDay(error, files, stateDir) ?? inWords(error);
  let free = release;
  try {
    signal.throwIfAborted();
    // Without extensions from the network: everything that is needed is built in.
    const instance = await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false' });
    const connection = await instance.connect();
    const interrupt = () => connection.interrupt();
    signal.addEventListener('abort', interrupt);
    free = () => {
      signal.removeEventListener('abort', interrupt);
      connection.closeSync();
      instance.closeSync();
      return release();
    };
    for (const statement of settings) await connection.run(statement);
    for (const table of tables) await createView(connection, table, files);
    for (const statement of confined(folder)) await connection.run(statement);
    const statement = await prepare(connection, sql);
    signal.throwIfAborted();
    const result = await statement.stream();
    // A query that fails amid its rows only ends, and DuckDB's words are lost. Run again, it fails in the same way.
    const endWell = async () => {
      if (result.returnType !== ResultReturnType.INVALID) return;
      signal.throwIfAborted();
      await connection.run(`EXPLAIN ANALYZE ${sql}`);
      throw new Error('The query failed, and its answer is not whole. Type it again.');
    };
    return {
      columns: result.columnNames(),
      isNumeric: result.columnTypes().map(({ typeId }) => numbers.includes(typeId)),
      rows: rowsOf(result, endWell, readable, free, signal),
    };
  } catch (error) {
    await free();
    throw readable(error);
  }
}

/**
 * The view of a table: its declared columns with their declared types, whatever the files have, and the day from the
 * key, as Athena takes it from the path.
 */
async function createView(
  connection: DuckDBConnection,
  table: Table,
  files: readonly CompactedFile[],
): Promise<void> {
  const view = tableName(table);
  const days = `${view}_days`;
  await connection.run(`CREATE TEMP TABLE ${days} (filename VARCHAR, dt DATE)`);
  const paths: string[] = [];
  const appender = await connection.createAppender(days, null, 'temp');
  for (const { key, path } of files) {
    const day = key.startsWith(`${table.name}/dt=`) && key.slice(table.name.length + 4).split('/')[0];
    if (!day) continue;
    paths.push(path);
    appender.appendVarchar(path);
    appender.appendVarchar(day);
    appender.endRow();
  }
  appender.closeSync();

  const columns = columnsOf(table).map(({ column, type }) => ({ column, type: columnTypes[type].glue }));
  const list = paths.map(sqlText).join(', ');
  // Declared, so that DuckDB neither takes the first file's columns for all files' nor opens each of them to find out.
  const schema = columns.map(
    ({ column, type }) => `'${column}': {name: '${column}', type: '${type}', default_value: NULL}`,
  );
  const rows =
    paths.length > 0
      ? `read_parquet([${list}], schema = MAP {${schema.join(', ')}}, filename = true, hive_partitioning = false)`
      : `(SELECT ${columns.map(({ column, type }) => `NULL::${type} AS ${column}`).join(', ')}, NULL AS filename WHERE false)`;
  await connection.run(`
    CREATE VIEW ${view} AS
    SELECT ${columns.map(({ column }) => column).join(', ')}, dt FROM ${rows} JOIN temp.${days} USING (filename)`);
}

const readBeforeRun = ['PRAGMA', 'IMPORT', 'EXPORT'];

/** @throws {Error} for anything but one query: what is stored is written by the pipeline and by nobody else */
async function prepare(connection: DuckDBConnection, sql: string): Promise<DuckDBPreparedStatement> {
  // Before DuckDB looks at it: a PRAGMA of its own is a SELECT by then, and IMPORT has read its files.
  const typed = firstWord(sql);
  if (typed === undefined) throw new Error('Expected a query.');
  const refused = (what: string) => new Error(`Expected a query, such as SELECT, got ${what}.`);
  if (readBeforeRun.includes(typed) || !/^[A-Z]/.test(typed)) throw refused(typed);
  const statements = await connection.extractStatements(sql);
  if (statements.count !== 1) throw new Error(`Expected one SQL statement, got ${statements.count}.`);
  const statement = await statements.prepare(0);
  const { statementType } = statement;
  if (statementType === StatementType.EXPLAIN) {
    // EXPLAIN ANALYZE runs what it explains.
    const explained = /^\s*EXPLAIN\s+(?:ANALYZE\s+)?([^(/-].*)$/is.exec(sql)?.[1];
    if (explained === undefined) throw new Error('Expected EXPLAIN or EXPLAIN ANALYZE, and then a query.');
    await prepare(connection, explained);
  } else if (statementType !== StatementType.SELECT) {
    // DuckDB calls an INSTALL a LOAD.
    throw refused(typed);
  }
  return statement;
}

const timestamps: readonly DuckDBTypeId[] = [
  DuckDBTypeId.TIMESTAMP,
  DuckDBTypeId.TIMESTAMP_S,
  DuckDBTypeId.TIMESTAMP_MS,
  DuckDBTypeId.TIMESTAMP_NS,
  DuckDBTypeId.TIMESTAMP_TZ,
];

const numbers: readonly DuckDBTypeId[] = [
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.UHUGEINT,
  DuckDBTypeId.FLOAT,
  DuckDBTypeId.DOUBLE,
  DuckDBTypeId.DECIMAL,
];

const cell: DuckDBValueConverter<Json> = (value, type, converter) => {
  if (typeof value === 'bigint')
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (value === null || !timestamps.includes(type.typeId))
    return JsonDuckDBValueConverter(value, type, converter);
  try {
    return (JSDuckDBValueConverter(value, type, JSDuckDBValueConverter) as Date).toISOString();
  } catch {
    return String(value); // "infinity", and years that no Date holds.
  }
};

async function* rowsOf(
  result: DuckDBResult,
  endWell: () => Promise<void>,
  readable: (error: unknown) => unknown,
  free: () => Promise<void>,
  signal: AbortSignal,
): AsyncGenerator<readonly Json[]> {
  try {
    for await (const batch of result.yieldConvertedRows(cell)) {
      signal.throwIfAborted();
      yield* batch;
    }
    await endWell();
  } catch (error) {
    throw readable(error);
  } finally {
    await free();
  }
}

/** If DuckDB could not read a file. */
function damagedDay(error: unknown, files: readonly CompactedFile[], stateDir: string): Error | undefined {
  const { message } = error as Error;
  const damaged = files.find(({ path }) => message.includes(path));
  if (!damaged) return undefined;
  const { key, path, file } = damaged;
  return new UnreconciledStateError(
    `${key} cannot be read: ${message.replaceAll(path, file)}. Remove ${file}.`,
    stateDir,
  );
}

/** DuckDB's words, with the tables that there are in place of those that it knows best. */
function inWords(error: unknown): unknown {
  const message = String((error as Error).message).replace(/^Failed to extract statements: /, '');
  const isUnknownTable = message.startsWith('Catalog Error: Table with name');
  return new Error(
    isUnknownTable
      ? message.replace(/Did you mean .*/, `There are: ${tables.map(tableName).join(', ')}.`)
      : message,
    {
      cause: error,
    },
  );
}

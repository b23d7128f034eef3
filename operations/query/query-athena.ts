import { setTimeout as delay } from 'node:timers/promises';
import {
  type AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  type GetQueryResultsCommandOutput,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import type { Json } from '@duckdb/node-api';
import type { Outputs } from '../../shared/outputs.ts';
import type { QueryResult } from './query-result.ts';

export interface AthenaQueryOptions {
  readonly athena: AthenaClient;
  readonly outputs: Pick<Outputs, 'Database' | 'Workgroup'>;
  readonly signal: AbortSignal;
  /** Waits so many milliseconds between two looks at the query. @default a timer that the signal ends */
  readonly wait?: (milliseconds: number) => Promise<unknown>;
}

/** Milliseconds between two looks at a query: most answer within a second, some take minutes. */
const firstDelay = 200;
const longestDelay = 3000;

/**
 * What Athena says when it cannot read a file, such as one that was replaced or removed after it had been listed
 * ("Incorrect fileSize", "The specified key does not exist"). A failed query costs nothing.
 * https://docs.aws.amazon.com/athena/latest/ug/troubleshooting-athena.html
 */
const unreadable = /^HIVE_(CANNOT_OPEN_SPLIT|CURSOR_ERROR|FILESYSTEM_ERROR|BAD_DATA)/;

/**
 * Answers a query with Athena, in the stack's workgroup: once more when a file was not to be read, as compact may have
 * replaced the day. A query that is given up is stopped: it would go on to cost.
 * @throws {Error} with Athena's words when it does not take the query, or fails on it
 */
export async function queryAthena(sql: string, options: AthenaQueryOptions): Promise<QueryResult> {
  try {
    return await queryOnce(sql, options);
  } catch (error) {
    if (!unreadable.test((error as Error).message)) throw error;
  }
  try {
    return await queryOnce(sql, options);
  } catch (error) {
    const { message } = error as Error;
    if (!unreadable.test(message)) throw error;
    throw new Error(
      `Athena twice could not read a file: ${message}\nIf the pipeline is replacing that day, type the query again in a minute.`,
      { cause: error },
    );
  }
}

/** Athena has the whole answer before it gives out the first row. */
async function queryOnce(sql: string, options: AthenaQueryOptions): Promise<QueryResult> {
  const { athena, outputs, signal } = options;
  signal.throwIfAborted();
  const { QueryExecutionId } = await athena.send(
    new StartQueryExecutionCommand({
      QueryString: sql,
      WorkGroup: outputs.Workgroup,
      QueryExecutionContext: { Database: outputs.Database },
    }),
  );
  try {
    await finished(QueryExecutionId, options);
    const first = await athena.send(new GetQueryResultsCommand({ QueryExecutionId }), {
      abortSignal: signal,
    });
    const columns = first.ResultSet?.ResultSetMetadata?.ColumnInfo ?? [];
    return {
      columns: columns.map(({ Name = '' }) => Name),
      rows: rows(first, options, QueryExecutionId),
    };
  } catch (error) {
    if (!signal.aborted) throw error;
    await athena.send(new StopQueryExecutionCommand({ QueryExecutionId }));
    throw signal.reason;
  }
}

async function finished(
  QueryExecutionId: string | undefined,
  { athena, signal, wait = (milliseconds) => delay(milliseconds, undefined, { signal }) }: AthenaQueryOptions,
): Promise<void> {
  for (let pause = firstDelay; ; pause = Math.min(pause * 1.5, longestDelay)) {
    signal.throwIfAborted();
    const { QueryExecution } = await athena.send(new GetQueryExecutionCommand({ QueryExecutionId }), {
      abortSignal: signal,
    });
    const { State, StateChangeReason, AthenaError } = QueryExecution?.Status ?? {};
    if (State === 'SUCCEEDED') return;
    if (State === 'FAILED' || State === 'CANCELLED') {
      const reason = StateChangeReason ?? AthenaError?.ErrorMessage ?? 'Athena gives no reason';
      throw new Error(State === 'FAILED' ? reason : `The query was cancelled: ${reason}`);
    }
    await wait(pause);
  }
}

async function* rows(
  first: GetQueryResultsCommandOutput,
  { athena, signal }: AthenaQueryOptions,
  QueryExecutionId: string | undefined,
): AsyncGenerator<readonly Json[]> {
  const columns = first.ResultSet?.ResultSetMetadata?.ColumnInfo ?? [];
  for (let page = first, isFirst = true; ; isFirst = false) {
    for (const [index, { Data = [] }] of (page.ResultSet?.Rows ?? []).entries()) {
      // A SELECT's rows begin with the columns' names; those of SHOW and DESCRIBE do not.
      const isHeader =
        isFirst && index === 0 && columns.every(({ Name }, at) => Data[at]?.VarCharValue === Name);
      if (!isHeader) yield columns.map(({ Type = '' }, at) => cell(Data[at]?.VarCharValue, Type));
    }
    if (page.NextToken === undefined) return;
    signal.throwIfAborted();
    page = await athena.send(new GetQueryResultsCommand({ QueryExecutionId, NextToken: page.NextToken }), {
      abortSignal: signal,
    });
  }
}

/** Athena answers in text, whatever the type; a null has none. */
function cell(text: string | undefined, type: string): Json {
  if (text === undefined) return null;
  switch (type) {
    case 'boolean':
      return text === 'true';
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
      return Number.isSafeInteger(Number(text)) ? Number(text) : text;
    case 'float':
    case 'double':
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case 'timestamp':
    case 'timestamp with time zone':
      return instant(text);
    default:
      return text;
  }
}

/** `2026-11-22 05:00:00.000`, in UTC unless a zone follows; one with a name stays as it is. */
function instant(text: string): string {
  const [, day, time, zone] = /^(\S+) (\S+?)(?: (UTC|[+-]\d\d:\d\d))?$/.exec(text) ?? [];
  const date = new Date(`${day}T${time}${zone === undefined || zone === 'UTC' ? 'Z' : zone}`);
  return Number.isNaN(date.getTime()) ? text : date.toISOString();
}

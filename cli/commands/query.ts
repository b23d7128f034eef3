import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Target } from '../../operations/deployed.ts';
import type { QueryResult } from '../../operations/query/query-result.ts';
import { queryTarget } from '../../operations/query/query-target.ts';
import { type Table, tableName } from '../../shared/dataset.ts';
import { datasets } from '../../shared/datasets.ts';
import { namedQueries, queryNamed } from '../../shared/named-queries.ts';
import { targetOptions } from '../target-options.ts';
import { interruptible } from '../terminal/interruption.ts';
import { rowsOutput } from '../terminal/rows-output.ts';
import { terminalWidth, wrapped } from '../terminal/wrapped.ts';

interface Arguments extends Target {
  /** `true` without a name. */
  readonly named?: string | true;
  readonly vertical?: true;
  readonly csv?: true;
  readonly json?: true;
  readonly limit?: number;
}

/** @param output where the rows go */
export function queryCommand(output: Writable = process.stdout): Command {
  const command = new Command('query')
    .description('Answers a query on the tables: Athena on AWS, DuckDB with --local.')
    .argument('[sql]', 'one SQL query')
    .option('--named [name]', 'run a query of the stack; without a name, list them')
    .option('--limit <rows>', 'rows at most (100 in a table, else all)', parseLimit)
    .addOption(
      new Option('--vertical', 'one line per column, for rows that are wider than the terminal').conflicts([
        'csv',
        'json',
      ]),
    )
    .addOption(new Option('--csv', 'print CSV').conflicts('json'))
    .addOption(new Option('--json', 'print a JSON array of objects'))
    .addHelpText('after', help);
  for (const option of targetOptions) command.addOption(option);
  return command.action((sql: string | undefined, options: Arguments) => query(sql, options, output));
}

async function query(sql: string | undefined, options: Arguments, output: Writable): Promise<void> {
  const { named, vertical, csv, json, limit } = options;
  if (sql !== undefined && named !== undefined)
    throw new Error('Expected an SQL query or --named, got both.');
  const format = csv ? 'csv' : json ? 'json' : vertical ? 'vertical' : 'table';
  const width = terminalWidth(output as Partial<NodeJS.WriteStream>);
  const write = async (texts: Iterable<string> | AsyncIterable<string>) => {
    try {
      await pipeline(Readable.from(texts), output, { end: false });
    } catch (error) {
      // Whoever reads has seen enough, as in `| head`.
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
    }
  };
  const print = (result: QueryResult) => write(rowsOutput(result, format, { limit, width }));
  if (named === true) {
    const text = namedQueries.map(({ name, description }) => `${name}\n  ${description}\n`).join('');
    return format === 'table' ? write([wrapped(text, width)]) : print(listOfQueries());
  }
  const text = named === undefined ? sql : queryNamed(named).sql;
  if (!text?.trim()) throw new Error(`Which query? Give it in quotes. ${tables()}`);

  await interruptible((signal) => queryTarget({ athena: text, duckdb: text }, options, signal, print));
}

function listOfQueries(): QueryResult {
  return {
    columns: ['name', 'description'],
    rows: Readable.from(namedQueries.map(({ name, description }) => [name, description])),
  };
}

/** What can be asked, for somebody who does not know yet. */
function tables(): string {
  const all = datasets.flatMap((dataset) => dataset.tables);
  const longest = Math.max(...all.map((table) => tableName(table).length));
  return [
    'There are these tables, each with its day in dt:',
    ...all.map((table) => `  ${tableName(table).padEnd(longest)}  ${table.description}`),
    `Columns of one, such as the first: "DESCRIBE ${tableName(all[0] as Table)}"; what they mean: docs/datasets.md`,
  ].join('\n');
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(limit) || limit < 1)
    throw new InvalidArgumentError(`Expected a whole number from 1, got "${text}".`);
  return limit;
}

const help = `
Examples:
  npx tdf query --local "SELECT location_name, temp_c FROM weatherapi_current"
  npx tdf query "SELECT * FROM weatherapi_current" --limit 1 --vertical
  npx tdf query --csv "SELECT dt, temp_c FROM weatherapi_current" > rows.csv
  npx tdf query --named
  npx tdf query --named "Gaps per hour" --stage prod

In CSV, a text that a spreadsheet would run as a formula (it begins with =, +, -
or @) gets a ' in front, and control characters are replaced. JSON keeps every
text as it is, with those characters as escapes.

Timestamps are UTC. On AWS a query costs by what it reads: name the days, as in
WHERE dt >= DATE '2026-11-01'. With --local it reads the tables, and nothing
else of this computer.`;

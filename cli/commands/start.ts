import { Command, Option } from 'commander';
import type { Target } from '../../operations/deployed.ts';
import { type DropSource, findSources } from '../../operations/drop/drop-sources.ts';
import { type LocalRun, type LocalRunOptions, runLocally } from '../../operations/local-run/local-run.ts';
import type { TableSample } from '../../operations/local-run/table-samples.ts';
import type { ParquetRow } from '../../operations/query/parquet-rows.ts';
import { isElsewhere } from '../../shared/api-url.ts';
import { swallowedOptions } from '../npm.ts';
import {
  collectNames,
  collectPlaces,
  parseBaseUrl,
  parseDatasets,
  parseSeed,
  parseTime,
  timeProblems,
} from '../run-arguments.ts';
import { alarmText, next, stateOption } from '../target-options.ts';
import { announce } from '../terminal/announcement.ts';
import { interruptible } from '../terminal/interruption.ts';
import {
  commandOutput,
  failed,
  print,
  printError,
  printJson,
  printTable,
  type Styled,
} from '../terminal/output.ts';
import { printable } from '../terminal/printable.ts';

/** What a person wants to see first, in any table; the rest is in the file. */
const shownColumns = [
  'location_name',
  'location_country',
  'observed_at',
  'forecast_for',
  'local_date',
  'temp_c',
  'mintemp_c',
  'maxtemp_c',
  'condition_text',
  'humidity',
  'wind_kph',
  'precip_mm',
  'totalprecip_mm',
  'headline',
  'severity',
  'expires',
  'rescued',
];
/** Lines of a list, and rows of all tables together. */
const shownRows = 20;
/** Of each list of `--json`: a file of any size may have been dropped. */
const jsonItems = 1000;

interface Arguments {
  dataset?: string[];
  drop: string[];
  location: string[];
  at?: Date;
  api?: string;
  state: string;
  faults?: number;
  wait?: boolean;
  json?: true;
}

export function startCommand(): Command {
  const command = new Command('npm start --')
    .configureOutput(commandOutput)
    // What stands behind an option that npm kept; said below.
    .allowExcessArguments()
    .description('Runs the pipeline once on this computer: no AWS account, no Docker, no key.')
    .option('--dataset <name>', 'what to run, or what --drop drops (repeatable; or: all)', collectNames)
    .addOption(
      new Option('--drop <file...>', 'put these files or folders into raw instead of fetching')
        .default([], 'none')
        .conflicts(['location', 'at']),
    )
    .addOption(
      new Option('--location <q>', 'a place to fetch (repeatable)')
        .default([], 'those of cdk.json')
        .argParser(collectPlaces),
    )
    .option(
      '--at <time>',
      'make up weather for this run: 2026-11-22T05:00Z, or 10:15 (default: now)',
      (text) => parseTime(text),
    )
    .option('--api <url>', 'base URL of another API that answers like WeatherAPI', parseBaseUrl)
    .option('--faults <seed>', 'let things go wrong on purpose, as this number says', parseSeed)
    .addOption(stateOption('where objects, queues and logs are kept'))
    .option('--wait', 'wait for another run on the same state to end')
    .option('--json', 'print nothing but the result, as JSON')
    .addHelpText(
      'after',
      `
Environment:
  WEATHERAPI_KEY    call WeatherAPI.com with this key instead of its stand-in

Examples:
  npm start
  npm start -- --location Melbourne --location Oslo
  npm start -- --dataset all
  npm start -- --drop response.json
  npm start --silent -- --json | jq .rows`,
    );
  return command.action(async (typed: Arguments) => {
    const apiKey = process.env.WEATHERAPI_KEY || undefined;
    const now = new Date();
    const realApi = typed.api === undefined ? apiKey !== undefined : isElsewhere(typed.api);
    const { sources, problems } = findSources(typed.drop);
    const datasets = parseDatasets(typed.dataset, { isDrop: typed.drop.length > 0 });
    problems.push(
      ...swallowedProblems(command),
      ...timeProblems(typed.at, realApi, now),
      ...datasets.problems,
    );
    if (problems.length > 0) command.error(`error: ${problems.join('\nerror: ')}`);
    await interruptible((signal) => start(typed, { datasets, sources, apiKey, now, signal }));
  });
}

function swallowedProblems({ options, args }: Command): string[] {
  const swallowed = swallowedOptions(options, process.argv);
  if (swallowed.length === 0) return args.map((arg) => `expected nothing but options, got "${arg}"`);
  const names = swallowed.map(({ long }) => long).join(', ');
  const flags = swallowed.map((option) => option.flags).join(' ');
  return [`npm took ${names} for itself. Type two dashes before the options: npm start -- ${flags}`];
}

interface Surroundings {
  readonly datasets: Pick<LocalRunOptions, 'datasets'>;
  readonly sources: readonly DropSource[];
  readonly apiKey: string | undefined;
  readonly now: Date;
  readonly signal: AbortSignal;
}

async function start(
  { state, at, location, api, faults, wait = false, json }: Arguments,
  { datasets, sources, apiKey, now, signal }: Surroundings,
): Promise<void> {
  let heard = () => {};
  const say = (mark: Styled, text: string) => {
    heard();
    if (!json) print(' ', mark, text);
  };
  const options: LocalRunOptions = {
    stateDir: state,
    datasets: datasets.datasets,
    at: at ?? now,
    drop: sources,
    locations: location,
    apiUrl: api,
    apiKey,
    faultSeed: faults,
    wait,
    maxRows: json ? jsonItems : shownRows,
    signal,
    onFault: (fault) => say({ style: 'yellow', text: '⚡' }, fault),
    onWait: (reason) => say(waiting, reason),
    onBegin: (doing) => {
      heard();
      heard = announce(doing, (text) => say(waiting, text));
    },
    onStep: ({ text, ok }, milliseconds) => {
      const seconds = (milliseconds / 1000).toFixed(1).padStart(5);
      say(ok ? worked : broke, `${text.padEnd(56)} ${seconds} s`);
    },
  };
  try {
    if (!json) print(`\nThe pipeline, once, on this computer. ${describeSource(options)}\n`);
    const run = await runLocally(options);
    if (json) printJson(bounded(run));
    else show(run, state);
    for (const problem of run.problems) printError(failed, printable(problem));
    process.exitCode = run.problems.length > 0 ? 1 : 0;
  } catch (error) {
    heard();
    const message = error instanceof Error ? error.message : String(error);
    if (json) printJson({ problems: [signal.aborted ? 'Stopped.' : message] });
    if (signal.aborted) printError('Stopped.');
    else printError(failed, message);
    process.exitCode = signal.aborted ? 130 : 1;
  }
}

const waiting: Styled = { style: 'yellow', text: '…' };
const worked: Styled = { style: 'green', text: '✔' };
const broke: Styled = { style: 'red', text: '✘' };

/** The form of `--json`, which says what it leaves out: rows by table. */
function bounded({ raw, curated, tables, deadLetters, skipped, problems: said }: LocalRun) {
  const lists = { raw, curated, deadLetters, skipped, problems: said };
  const first = Object.entries(lists).map(([name, list]) => [name, list.slice(0, jsonItems)] as const);
  const byTable = <T>(of: (table: TableSample) => T) =>
    Object.fromEntries(tables.map((table) => [table.table, of(table)]));
  const leftOut = Object.entries(lists).map(
    ([name, list]) => [name, Math.max(0, list.length - jsonItems)] as const,
  );
  const rowsLeftOut = tables.reduce((sum, { rows, rowCount }) => sum + rowCount - rows.length, 0);
  return {
    ...Object.fromEntries(first),
    rows: byTable(({ rows }) => rows),
    rowCounts: byTable(({ rowCount }) => rowCount),
    leftOut: Object.fromEntries(
      [...leftOut, ['rows', rowsLeftOut] as const].filter(([, number]) => number > 0),
    ),
  };
}

function show(run: LocalRun, state: string): void {
  const { files, tables, skipped, alarms, problems: said } = run;
  const target: Target = { local: true, stage: '', state };
  const list = (title: string, paths: readonly string[]) => {
    for (const path of paths.slice(0, shownRows)) print(`${title.padEnd(8)} ${printable(path)}`);
    if (paths.length > shownRows) print(`${title.padEnd(8)} … and ${paths.length - shownRows} more`);
  };
  print();
  list('Raw', files.raw);
  list('Curated', files.curated);
  list('Logs', [`${state}/logs`]);
  const passing = skipped.filter(({ location: place, reason }) => !said.includes(`${place}: ${reason}`));
  if (passing.length > 0) print();
  for (const { dataset, location: place, reason } of passing)
    print({ style: 'yellow', text: 'Skipped' }, printable(`${dataset}, ${place}: ${reason}`));
  const rang = alarms.filter(({ state }) => state === 'ALARM');
  print(`\nAlarms   ${rang.length} of ${alarms.length} would ring`);
  for (const { name, description } of rang)
    print({ style: 'red', text: 'ALARM' }, `   ${name}: ${alarmText(description, target)}`);
  const shown = Math.ceil(shownRows / tables.length);
  for (const { rows, ...table } of tables) showTable({ ...table, rows: rows.slice(0, shown) });
  const filled = tables.filter(({ rowCount }) => rowCount > 0);
  print('\nNext:');
  for (const { table } of filled.slice(0, 1)) print(`  ${next('query', target)} "SELECT * FROM ${table}"`);
  print(`  ${next('status', target)}`);
}

function showTable({ table, rows, rowCount }: TableSample): void {
  const heading = { style: 'bold', text: table } as const;
  const [first] = rows;
  if (!first) {
    print();
    print(heading, 'has no rows');
    return;
  }
  const columns = shownColumns.filter((column) =>
    rows.some((row) => row[column] !== null && row[column] !== undefined),
  );
  const cells = (row: ParquetRow) => columns.map((column) => String(row[column] ?? ''));
  print();
  print(heading);
  const left = printTable(columns, rows.map(cells));
  const hidden = Object.keys(first).length - columns.length + left.length;
  const more = rowCount > rows.length ? `${(rowCount - rows.length).toLocaleString('en')} more rows, ` : '';
  print(`${more}${hidden} more columns`);
}

function describeSource({ apiUrl, apiKey: key, drop: dropped }: LocalRunOptions): string {
  if (dropped.length > 0) return 'Files are dropped into raw; nothing is fetched.';
  if (apiUrl) return `Weather comes from ${new URL(apiUrl).host}.`;
  return key
    ? 'Weather comes from WeatherAPI.com (WEATHERAPI_KEY is set).'
    : 'Weather comes from a stand-in that makes it up (set WEATHERAPI_KEY for the real one).';
}

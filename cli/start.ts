import { Command, Option } from 'commander';
import { type LocalRun, type LocalRunOptions, runLocally } from '../operations/local-run.ts';
import type { ParquetRow } from '../operations/query/parquet-rows.ts';
import { isElsewhere } from '../shared/api-url.ts';
import {
  collectPlaces,
  fileProblems,
  hourProblems,
  parseBaseUrl,
  parseHour,
  parseSeed,
} from './run-arguments.ts';
import { stateOption } from './target-options.ts';
import { commandOutput, failed, print, printError, printJson, printTable } from './terminal/output.ts';
import { printable } from './terminal/printable.ts';

/** What a person wants to see first of a row; the rest is in the file. */
const shownColumns = [
  'location_name',
  'location_country',
  'observed_at',
  'temp_c',
  'condition_text',
  'humidity',
  'wind_kph',
  'precip_mm',
  'rescued',
];
const shownRows = 20;

interface Arguments {
  drop: string[];
  location: string[];
  at?: Date;
  api?: string;
  state: string;
  faults?: number;
  json?: true;
}

const command = new Command('npm start --')
  .configureOutput(commandOutput)
  .description('Runs the pipeline once on this computer: no AWS account, no Docker, no key.')
  .addOption(
    new Option('--drop <file...>', 'put these files into raw instead of fetching')
      .default([], 'none')
      .conflicts(['location', 'at']),
  )
  .option('--location <q>', 'a place to fetch instead of the configured ones (repeatable)', collectPlaces, [])
  .option(
    '--at <time>',
    'the hour to make up weather for, such as 2026-11-22T05:00Z (default: now)',
    parseHour,
  )
  .option('--api <url>', 'base URL of another API that answers like WeatherAPI', parseBaseUrl)
  .option('--faults <seed>', 'let things go wrong on purpose, as this number says', parseSeed)
  .addOption(stateOption('where objects, queues and logs are kept'))
  .option('--json', 'print nothing but the result, as JSON')
  .addHelpText(
    'after',
    `
Environment:
  WEATHERAPI_KEY    call WeatherAPI.com with this key instead of its stand-in

Examples:
  npm start
  npm start -- --location Melbourne --location Oslo
  npm start -- --drop response.json
  npm start --silent -- --json | jq .rows`,
  )
  .parse();

const { drop, location, at, api, state, faults, json } = command.opts<Arguments>();
const apiKey = process.env.WEATHERAPI_KEY || undefined;
const now = new Date();
const realApi = api === undefined ? apiKey !== undefined : isElsewhere(api);
const problems = [...fileProblems(drop), ...hourProblems(at, realApi, now)];
if (problems.length > 0) command.error(`error: ${problems.join('\nerror: ')}`);

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
}

const options: LocalRunOptions = {
  stateDir: state,
  at: at ?? parseHour(now.toISOString()),
  drop,
  locations: location,
  apiUrl: api,
  apiKey,
  faultSeed: faults,
  onFault: (fault) => {
    if (!json) print(' ', { style: 'yellow', text: '⚡' }, fault);
  },
  signal: stop.signal,
  onWait: (wait) => {
    if (!json) print(' ', { style: 'yellow', text: '…' }, wait);
  },
  onStep: (step, milliseconds) => {
    const seconds = (milliseconds / 1000).toFixed(1).padStart(5);
    if (!json) print(' ', { style: 'green', text: '✔' }, `${step.padEnd(56)} ${seconds} s`);
  },
};

try {
  if (!json) print(`\nThe pipeline, once, on this computer. ${describeSource(options)}\n`);
  const run = await runLocally(options);
  if (json) printJson(run.result);
  else show(run, state);
  for (const problem of run.problems) printError(failed, printable(problem));
  process.exitCode = run.problems.length > 0 ? 1 : 0;
} catch (error) {
  if (stop.signal.aborted) printError('Stopped.');
  else printError(failed, error instanceof Error ? error.message : String(error));
  process.exitCode = stop.signal.aborted ? 130 : 1;
}

function show({ result, files, alarms, problems }: LocalRun, stateDir: string): void {
  const list = (title: string, paths: readonly string[]) => {
    for (const path of paths.slice(0, shownRows)) print(`${title.padEnd(8)} ${printable(path)}`);
    if (paths.length > shownRows) print(`${title.padEnd(8)} … and ${paths.length - shownRows} more`);
  };
  print();
  list('Raw', files.raw);
  list('Curated', files.curated);
  list('Logs', [`${stateDir}/logs`]);
  if (result.skipped.length > 0) print();
  for (const { location: place, reason } of result.skipped)
    if (!problems.includes(`${place}: ${reason}`))
      print({ style: 'yellow', text: 'Skipped' }, printable(`${place}: ${reason}`));
  const rang = alarms.filter(({ state }) => state === 'ALARM');
  print(`\nAlarms   ${rang.length} of ${alarms.length} would ring`);
  for (const { name, description } of rang) {
    // It says what to type about the deployment; here the same commands are about this one.
    const here = description.replaceAll(/--stage [\w-]+/g, '--local');
    print({ style: 'red', text: 'ALARM' }, `   ${name}: ${here}`);
  }

  const [first] = result.rows;
  if (!first) return;
  const columns = shownColumns.filter((column) =>
    result.rows.some((row) => row[column] !== null && row[column] !== undefined),
  );
  const cells = (row: ParquetRow) => columns.map((column) => String(row[column] ?? ''));
  print();
  printTable(columns, result.rows.slice(0, shownRows).map(cells));
  const hidden = Object.keys(first).length - columns.length;
  const more = result.rows.length > shownRows ? `${result.rows.length - shownRows} more rows, ` : '';
  print(
    `${more}${hidden} more columns: npm start --silent -- --json, or open the Parquet file with any reader.`,
  );
}

function describeSource({ apiUrl, apiKey: key, drop: dropped }: LocalRunOptions): string {
  if (dropped.length > 0) return 'Files are dropped into raw; nothing is fetched.';
  if (apiUrl) return `Weather comes from ${new URL(apiUrl).host}.`;
  return key
    ? 'Weather comes from WeatherAPI.com (WEATHERAPI_KEY is set).'
    : 'Weather comes from a stand-in that makes it up (set WEATHERAPI_KEY for the real one).';
}

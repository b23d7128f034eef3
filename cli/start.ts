import { styleText } from 'node:util';
import Table from 'cli-table3';
import { Command, Option } from 'commander';
import { stateOption } from './deployed.ts';
import { type LocalRun, type LocalRunOptions, runLocally } from './local/local-run.ts';
import { collectPlaces, fileProblems, parseBaseUrl, parseHour, parseSeed } from './local/run-arguments.ts';
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
  at: Date;
  api?: string;
  state: string;
  faults?: number;
  json?: true;
}

const command = new Command('npm start --')
  .description('Runs the pipeline once on this computer: no AWS account, no Docker, no key.')
  .addOption(
    new Option('--drop <file...>', 'put these files into raw instead of fetching')
      .default([], 'none')
      .conflicts(['location', 'at']),
  )
  .option('--location <q>', 'a place to fetch instead of the configured ones (repeatable)', collectPlaces, [])
  .option(
    '--at <time>',
    'the hour to fetch for, such as 2026-11-22T05:00Z',
    parseHour,
    parseHour(new Date().toISOString()),
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
const problems = fileProblems(drop);
if (problems.length > 0) command.error(`error: ${problems.join('\nerror: ')}`);

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
}

const apiKey = process.env.WEATHERAPI_KEY || undefined;
const options: LocalRunOptions = {
  stateDir: state,
  at,
  drop,
  locations: location,
  apiUrl: api,
  apiKey,
  faultSeed: faults,
  onFault: (fault) => {
    if (!json) console.log(`  ${styleText('yellow', '⚡')} ${fault}`);
  },
  signal: stop.signal,
  onWait: (wait) => {
    if (!json) console.log(`  … ${wait}`);
  },
  onStep: (step, milliseconds) => {
    if (!json)
      console.log(
        `  ${styleText('green', '✔')} ${step.padEnd(56)} ${(milliseconds / 1000).toFixed(1).padStart(5)} s`,
      );
  },
};

try {
  if (!json) console.log(`\nThe pipeline, once, on this computer. ${describeSource(options)}\n`);
  const run = await runLocally(options);
  if (json) console.log(JSON.stringify(run.result, null, 2));
  else print(run, state);
  for (const problem of run.problems) console.error(`${styleText('red', 'Failed')} ${printable(problem)}`);
  process.exitCode = run.problems.length > 0 ? 1 : 0;
} catch (error) {
  if (stop.signal.aborted) console.error('Stopped.');
  else
    console.error(`${styleText('red', 'Failed')} ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = stop.signal.aborted ? 130 : 1;
}

function print({ result, files, alarms, problems }: LocalRun, stateDir: string): void {
  const list = (title: string, paths: readonly string[]) => {
    for (const path of paths.slice(0, shownRows)) console.log(`${title.padEnd(8)} ${printable(path)}`);
    if (paths.length > shownRows) console.log(`${title.padEnd(8)} … and ${paths.length - shownRows} more`);
  };
  console.log();
  list('Raw', files.raw);
  list('Curated', files.curated);
  list('Logs', [`${stateDir}/logs`]);
  if (result.skipped.length > 0) console.log();
  for (const { location: place, reason } of result.skipped)
    if (!problems.includes(`${place}: ${reason}`))
      console.log(`${styleText('yellow', 'Skipped')} ${printable(`${place}: ${reason}`)}`);
  const rang = alarms.filter(({ state }) => state === 'ALARM');
  console.log(`\nAlarms   ${rang.length} of ${alarms.length} would ring`);
  for (const { name, description } of rang) {
    // It says what to type about the deployment; here the same commands are about this one.
    const here = description.replaceAll(/--stage [\w-]+/g, '--local');
    console.log(`${styleText('red', 'ALARM')}    ${name}: ${here}`);
  }

  const [first] = result.rows;
  if (!first) return;
  const columns = shownColumns.filter((column) =>
    result.rows.some((row) => row[column] !== null && row[column] !== undefined),
  );
  const table = new Table({ head: columns, style: { head: [], border: [] } });
  for (const row of result.rows.slice(0, shownRows))
    table.push(columns.map((column) => printable(String(row[column] ?? ''))));
  console.log(`\n${table.toString()}`);
  const hidden = Object.keys(first).length - columns.length;
  const more = result.rows.length > shownRows ? `${result.rows.length - shownRows} more rows, ` : '';
  console.log(
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

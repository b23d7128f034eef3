import { Command, Option } from 'commander';
import { type DropSource, findSources } from '../../operations/drop/drop-sources.ts';
import { type LocalRunOptions, runLocally } from '../../operations/local-run/local-run.ts';
import { printable } from '../../operations/printable.ts';
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
import { stateOption } from '../target-options.ts';
import { announce } from '../terminal/announcement.ts';
import { interruptible } from '../terminal/interruption.ts';
import { commandOutput, failed, print, printError, printJson, type Styled } from '../terminal/output.ts';
import { jsonItems, jsonOf, shownRows, showRun } from './start/show-run.ts';

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
    if (json) printJson(jsonOf(run));
    else showRun(run, state);
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

function describeSource({ apiUrl, apiKey: key, drop: dropped }: LocalRunOptions): string {
  if (dropped.length > 0) return 'Files are dropped into raw; nothing is fetched.';
  if (apiUrl) return `Weather comes from ${new URL(apiUrl).host}.`;
  return key
    ? 'Weather comes from WeatherAPI.com (WEATHERAPI_KEY is set).'
    : 'Weather comes from a stand-in that makes it up (set WEATHERAPI_KEY for the real one).';
}

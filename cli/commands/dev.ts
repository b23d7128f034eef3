import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type ConsoleServer, startServer } from '../../console/server/server.ts';
import { credentials, region } from '../../local/account.ts';
import { counted } from '../../operations/counted.ts';
import { fillLastDays, mostDays } from '../../operations/live/fill.ts';
import type { LiveEvent } from '../../operations/live/live-event.ts';
import { type LiveStack, startLive } from '../../operations/live/live-stack.ts';
import type { Dataset } from '../../shared/dataset.ts';
import { datasets as allDatasets } from '../../shared/datasets.ts';
import { collectNames, collectPlaces, parseDatasets } from '../run-arguments.ts';
import { alarmText, stateOption } from '../target-options.ts';
import { announce } from '../terminal/announcement.ts';
import { interruptible } from '../terminal/interruption.ts';
import { failed, print, printError, printLine, type Styled } from '../terminal/output.ts';

interface Arguments {
  readonly port?: number;
  readonly state: string;
  readonly dataset?: string[];
  readonly location: string[];
  readonly fill?: number;
  readonly open?: true;
}

/** The page's own, unless another one has it. */
const usualPort = 8732;
const root = fileURLToPath(new URL('../..', import.meta.url));

export function devCommand(): Command {
  const command = new Command('dev')
    .description('Keeps the pipeline up on this computer, and shows it on a page.')
    .option('--port <number>', `port of the page (default: ${usualPort}, or a free one)`, parsePort)
    .addOption(stateOption('where objects, queues and logs are kept'))
    .option('--dataset <name>', 'whose schedules run (repeatable; default: all)', collectNames)
    .addOption(
      new Option('--location <q>', 'a place to fetch (repeatable)')
        .default([], 'those of cdk.json')
        .argParser(collectPlaces),
    )
    .option('--fill <days>', 'fetch what the last days lack, made up by the stand-in', parseDays)
    .option('--open', 'open the page')
    .addHelpText('after', help);
  return command.action(async (typed: Arguments) => {
    const { datasets, problems } = parseDatasets(typed.dataset, { isDrop: false });
    if (problems.length > 0) command.error(`error: ${problems.join('\nerror: ')}`);
    const chosen = datasets === 'all' ? undefined : datasets;
    await interruptible((signal) => dev(typed, chosen, signal));
  });
}

async function dev(
  { port, state, location, fill, open }: Arguments,
  datasets: readonly Dataset[] | undefined,
  signal: AbortSignal,
): Promise<void> {
  const apiKey = process.env.WEATHERAPI_KEY || undefined;
  // Else each process that is started from here would have it: only the functions' secret does.
  delete process.env.WEATHERAPI_KEY;
  let heard = () => {};
  let live: LiveStack | undefined;
  let server: ConsoleServer | undefined;
  try {
    live = await startLive({
      stateDir: state,
      datasets,
      locations: location,
      apiKey,
      signal,
      root,
      alarmText: (description) => alarmText(description, { local: true, stage: 'dev', state }),
      onProgress: (doing) => {
        heard();
        heard = announce(doing);
      },
      onTrouble: (reason) => printError(failed, reason),
    }).finally(() => heard());
    server = await startServer(live, { ports: port === undefined ? [usualPort, 0] : [port] });
    introduce(live, server, port);
    live.hear(tell);
    if (open) openPage(server.url);
    if (fill !== undefined) void fillLastDays(live, datasets ?? allDatasets, fill);
    if (!signal.aborted) await once(signal, 'abort');
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await server?.close();
    await live?.close();
  }
  print(`Stopped. Everything is kept in ${state}.`);
}

function introduce(
  { deployed, runtime, isStandIn }: LiveStack,
  { url, port }: ConsoleServer,
  asked?: number,
): void {
  const weather = isStandIn
    ? 'a stand-in that makes it up (set WEATHERAPI_KEY for the real one)'
    : 'WeatherAPI.com (WEATHERAPI_KEY is set)';
  print(`\nThe pipeline is up until Ctrl-C. Weather comes from ${weather}.`);
  if (asked === undefined && port !== usualPort)
    print(`Port ${usualPort} is taken, so the page has another one.`);
  const { accessKeyId, secretAccessKey } = credentials;
  const signed = `AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey} AWS_REGION=${region}`;
  const folder = `s3://${deployed.outputs.RawBucketName}/weatherapi/current/`;
  print('\nIts page:');
  printLine(`  ${url}`);
  print('Drop a file onto the page, or from a terminal:');
  printLine(`  ${signed} aws s3 cp FILE ${folder} --endpoint-url ${runtime.emulator.endpoint}`);
  print('');
}

/** One line for each thing that happens. */
function tell(event: LiveEvent): void {
  if (event.type === 'activity') {
    const { title, steps } = event.entry;
    const step = steps.at(-1);
    if (step && step.state !== 'waiting') say(`${title}: ${step.text}`, marks[step.state]);
  }
  if (event.type === 'reloaded')
    say(
      event.functions.length > 0
        ? `Code of ${event.functions.join(', ')} replaced in ${Math.round(event.milliseconds)} ms.`
        : 'It builds again; nothing differs.',
    );
  if (event.type === 'reload-failed') say(event.reason, marks.bad);
}

const marks = {
  done: { style: 'gray', text: '·' },
  good: { style: 'green', text: '✔' },
  bad: { style: 'red', text: '✘' },
} as const satisfies Record<string, Styled>;

function say(text: string, mark: Styled = marks.done): void {
  print({ style: 'gray', text: new Date().toISOString().slice(11, 19) }, mark, text);
}

/** With the platform's own opener, and no shell. */
function openPage(url: string): void {
  const openers: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
    darwin: ['open', url],
    win32: ['rundll32', 'url.dll,FileProtocolHandler', url],
  };
  const [file, ...args] = openers[process.platform] ?? ['xdg-open', url];
  const opener = spawn(file, args, { stdio: 'ignore', detached: true });
  opener.on('error', () => print(`Could not open a browser. Open ${url}`));
  opener.unref();
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535)
    throw new InvalidArgumentError(`Expected a port from 1 to 65535, got "${text}".`);
  return port;
}

function parseDays(text: string): number {
  const days = Number(text);
  if (!/^\d{1,3}$/.test(text) || days < 1 || days > mostDays)
    throw new InvalidArgumentError(`Expected ${counted(1, 'day')} to ${mostDays}, got "${text}".`);
  return days;
}

const help = `
Schedules run by the clock, in UTC. A run that is missed, because the computer
slept, is not made up: the page shows it, with a button that starts it. Code that
changes in functions/ or shared/ is built and replaced at once.

Environment:
  WEATHERAPI_KEY    call WeatherAPI.com with this key instead of its stand-in

Examples:
  npm run dev
  npm run dev -- --open --fill 7
  npx tdf dev --location Oslo --location Lagos --state /tmp/dev`;

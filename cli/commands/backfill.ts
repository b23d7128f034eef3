import { setTimeout as sleep } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { type BackfillOptions, backfill } from '../../operations/backfill/backfill.ts';
import { CallRate } from '../../operations/backfill/call-rate.ts';
import { fetchInvoker } from '../../operations/backfill/fetch-invoker.ts';
import { type BackfillPlan, landedOf, planBackfill } from '../../operations/backfill/plan.ts';
import {
  type BackfillRequest,
  datasetsByDay,
  parseBackfill,
  whenDaysEnd,
} from '../../operations/backfill/request.ts';
import { counted } from '../../operations/counted.ts';
import type { Scheduled } from '../../operations/deployed.ts';
import { watchOutcome } from '../../operations/outcome.ts';
import { refuseOtherVersion } from '../../operations/versions.ts';
import { schedulesIn } from '../../shared/outputs.ts';
import { atWork } from '../at-work.ts';
import { collectPlaces } from '../run-arguments.ts';
import { targetOptions } from '../target-options.ts';
import { print, printError, printJson } from '../terminal/output.ts';
import { progressBar } from '../terminal/progress-bar.ts';
import { convertedOf, settle } from '../terminal/settle.ts';
import { type Arguments, type Result, showBackfill } from './backfill/show-backfill.ts';

export function backfillCommand(): Command {
  const command = new Command('backfill')
    .description('Fetches days of the past that are not there yet, each place and day once.')
    .option('--dataset <name>', 'which dataset', datasetsByDay[0]?.name)
    .option('--from <day>', 'first local day, such as 2026-11-22')
    .option('--to <day>', 'last local day, included')
    .addOption(
      new Option('--location <q>', 'a place (repeatable)')
        .argParser(collectPlaces)
        .default([], 'those that are configured'),
    )
    .option('--max-calls <n>', 'stop after asking for this many places')
    .option('--rate <n>', 'ask for this many places per minute at most (default: no limit)')
    .option('--dry-run', 'say what it costs, and call nothing')
    .option('--no-wait', 'do not wait until the rows are in the tables')
    .option('--json', 'print nothing but the result, as JSON')
    .addHelpText('after', help);
  for (const option of targetOptions) command.addOption(option);
  return command.action(async (options: Arguments) => {
    const request = parseBackfill(options, new Date());
    const problems = [
      'problems' in request ? request.problems : [],
      countProblems({ '--max-calls': options.maxCalls, '--rate': options.rate }),
    ].flat();
    if ('problems' in request || problems.length > 0)
      return command.error(`error: ${problems.join('\nerror: ')}`);
    const api = { key: process.env.WEATHERAPI_KEY || undefined };
    const { dryRun } = options;
    const work = dryRun ? foresee : run;
    await atWork(options, (deployed, signal) => work(deployed, request, options, signal), {
      ...{ create: true, dryRun, api },
    });
  });
}

/** The plan, and the options that the schedule asks with. */
async function planned(
  { s3, outputs, scheduleInput }: Scheduled,
  request: BackfillRequest,
  { location, json }: Arguments,
  signal: AbortSignal,
): Promise<BackfillPlan & Pick<BackfillOptions['event'], 'options'>> {
  const { dataset, leftOut } = request;
  const schedule = schedulesIn(outputs).get(dataset.name);
  if (!schedule) {
    throw new Error(
      `cdk.json does not configure ${dataset.name}, so nothing says how to ask for it. Add under datasets: "${dataset.name}": {}; then deploy it: npx cdk deploy`,
    );
  }
  const { locations, options } = await scheduleInput(schedule.name);
  const places = [...new Set(location.length > 0 ? location : locations)];
  const plan = await planBackfill(s3, outputs.RawBucketName, { ...request, places }, signal);
  if (!json) {
    const days = plan.missing.length + plan.daysThere;
    print(
      `${dataset.name}, ${request.from} to ${request.to}: ${counted(days, 'day')} of ${counted(places.length, 'place')}; ${plan.there.toLocaleString('en')} of ${(days * places.length).toLocaleString('en')} are there already.`,
    );
    if (leftOut !== undefined) print(`Left out: ${leftOut} and later, since ${whenDaysEnd}.`);
  }
  return { ...plan, options };
}

async function foresee(
  deployed: Scheduled,
  request: BackfillRequest,
  typed: Arguments,
  signal: AbortSignal,
): Promise<void> {
  const { missing, calls, there, daysThere } = await planned(deployed, request, typed, signal);
  const { from, to, leftOut } = request;
  if (typed.json)
    return printJson({ from, to, leftOut, calls, there, daysThere, daysMissing: missing.length });
  const bounded = Math.min(calls, Number(typed.maxCalls ?? calls));
  print(
    `Would make ${counted(bounded, 'call')} of the API${ofAll(bounded, calls)}. Nothing was called (--dry-run).`,
  );
}

function ofAll(bounded: number, calls: number): string {
  return bounded < calls ? `, of the ${calls.toLocaleString('en')} that are missing` : '';
}

async function run(
  deployed: Scheduled,
  request: BackfillRequest,
  typed: Arguments,
  signal: AbortSignal,
): Promise<void> {
  const start = performance.now();
  if (typed.wait) refuseOtherVersion(typed, deployed.outputs);
  const { options, missing, calls, there } = await planned(deployed, request, typed, signal);
  const shown = !typed.json;
  const maxCalls = Number(typed.maxCalls ?? Number.POSITIVE_INFINITY);
  const bounded = Math.min(calls, maxCalls);
  if (shown && calls > 0) print(`Makes ${counted(bounded, 'call')} of the API${ofAll(bounded, calls)}.`);
  const watch = await watchOutcome(deployed, signal);
  const fetch = await fetchInvoker(deployed);
  const bar = progressBar('Asked for', bounded, { shown });
  const onAbort = () =>
    shown && printError('Stopping when the runs under way have landed. Ctrl-C again ends at once.');
  signal.addEventListener('abort', onAbort, { once: true });
  const clock = {
    now: Date.now,
    sleep: (milliseconds: number, aborted: AbortSignal) =>
      sleep(milliseconds, undefined, { signal: aborted }),
  };
  const perMinute = typed.rate === undefined ? undefined : Number(typed.rate);
  const { keys, ...backfilled } = await backfill(
    { missing, calls },
    {
      event: { scheduledTime: new Date().toISOString(), dataset: request.dataset.name, options },
      invoke: fetch.invoke,
      landedOf: (asked) => landedOf(deployed.s3, deployed.outputs.RawBucketName, request.dataset, asked),
      maxCalls,
      rate: perMinute === undefined ? undefined : { perMinute, calls: new CallRate(perMinute, clock) },
      signal,
      onProgress: (asked) => bar.advance(asked),
    },
  ).finally(() => {
    bar.clear();
    fetch.close();
    signal.removeEventListener('abort', onAbort);
  });
  const settled = typed.wait ? await settle(watch, { rawKeys: keys }, signal, { shown }) : undefined;
  const outcome = settled && convertedOf(settled);
  const { convert, compact } = watch.waiting;
  const waiting = settled || !deployed.runtime ? undefined : convert + compact;
  const seconds = (performance.now() - start) / 1000;
  const { from, to, leftOut } = request;
  const result: Result = { from, to, leftOut, calls, there, ...backfilled, seconds, outcome, waiting };
  if (typed.json) printJson(result);
  else showBackfill(result, typed);
  const isWrong =
    result.failed.length > 0 ||
    result.skipped.count > 0 ||
    ['quota-spent', 'outage', 'failed'].includes(result.stopped?.why ?? '') ||
    (outcome?.deadLetters.length ?? 0) > 0;
  process.exitCode = signal.aborted ? 130 : isWrong ? 1 : 0;
}

function countProblems(typed: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(typed).flatMap(([option, text]) =>
    text === undefined || /^[1-9]\d{0,8}$/.test(text)
      ? []
      : [`${option}: expected a whole number, at least 1, got "${text}"`],
  );
}

const help = `
A call fetches one day of one place. What is there already costs nothing, so
after Ctrl-C, a crash or a spent quota the same command goes on where it was.
On this computer it calls a stand-in, or WeatherAPI.com if WEATHERAPI_KEY is
set.

Examples:
  npx tdf backfill --from 2026-01-01 --to 2026-10-31 --dry-run
  npx tdf backfill --from 2026-01-01 --to 2026-10-31 --max-calls 50000
  npx tdf backfill --from 2026-11-01 --to 2026-11-07 --location Oslo --rate 60
  npx tdf backfill --from 2026-11-01 --to 2026-11-07 --local`;

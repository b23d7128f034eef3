import { setTimeout as delay } from 'node:timers/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Target } from '../../operations/deployed.ts';
import { observing } from '../../operations/observed.ts';
import {
  type Need,
  type PipelineStatus,
  pipelineStatus,
  type RunState,
  type RunStatus,
} from '../../operations/status.ts';
import { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';
import { alarmText, next, targetOptions } from '../target-options.ts';
import { interruptible } from '../terminal/interruption.ts';
import { clearScreen, type Printed, print, printJson, type Styled } from '../terminal/output.ts';
import { spinning } from '../terminal/spinner.ts';

interface Options extends Target {
  readonly hours: number;
  /** Seconds; `true` without a number. */
  readonly watch?: number | true;
  readonly check?: true;
  readonly json?: true;
}

/** A month: one request a run. */
const mostHours = 31 * 24;
/** Seconds between two looks of `--watch`. */
const watchEvery = 10;

export function statusCommand(): Command {
  const command = new Command('status')
    .description('Shows how the last runs went and why, which alarms ring, and what needs you.')
    .option('--hours <n>', 'how far to look back', wholeNumber('hours', mostHours), 24)
    .addOption(
      new Option('--watch [seconds]', `look again every ${watchEvery} seconds, until Ctrl-C`)
        .argParser(wholeNumber('seconds', 3600))
        .conflicts('json'),
    )
    .option('--check', 'end with exit code 1 when something needs attention')
    .option('--json', 'print nothing but the result, as JSON')
    .addHelpText(
      'after',
      `
Examples:
  npx tdf status
  npx tdf status --stage prod --hours 48
  npx tdf status --local --watch
  npx tdf status --check --json > status.json || ./page-somebody.sh
  npx tdf status --json | jq '.runs[] | select(.state == "failed")'`,
    );
  for (const option of targetOptions) command.addOption(option);
  return command.action(async (options: Options) => {
    const status = options.watch
      ? await watch(options)
      : await spinning('Looking at buckets, queues, logs and alarms', () => look(options));
    if (!options.watch) options.json ? printJson(status) : show(status, options.hours, options);
    if (options.check && status.needs.length > 0) process.exitCode = 1;
  });
}

/** Of this computer's pipeline it is a copy that is looked at, so that each look is anew. */
function look(options: Options): Promise<PipelineStatus> {
  return observing(options, (observed) =>
    pipelineStatus(observed, weatherapiCurrent, { hours: options.hours, now: new Date() }),
  );
}

/** @returns the last status, once it is interrupted */
function watch(options: Options): Promise<PipelineStatus> {
  const every = (options.watch === true ? watchEvery : Number(options.watch)) * 1000;
  return interruptible(async (signal) => {
    for (;;) {
      const status = await look(options);
      clearScreen();
      show(status, options.hours, options);
      print(`\n${new Date().toISOString().slice(11, 19)} UTC, every ${every / 1000} s until Ctrl-C`);
      await delay(every, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return status;
    }
  });
}

function wholeNumber(of: string, most: number) {
  return (text: string) => {
    const number = Number(text);
    if (!Number.isInteger(number) || number < 1 || number > most)
      throw new InvalidArgumentError(`Expected whole ${of}, 1 to ${most}, got "${text}".`);
    return number;
  };
}

const words: Readonly<Record<RunState, Styled>> = {
  converted: { text: 'converted', style: 'green' },
  landed: { text: 'landed, not converted', style: 'yellow' },
  skipped: { text: 'skipped', style: 'yellow' },
  failed: { text: 'failed', style: 'red' },
  missing: { text: 'missing', style: 'red' },
  due: { text: 'due', style: 'gray' },
  'not-deployed': { text: 'not deployed', style: 'gray' },
};

/** For people: one line per span of runs that went the same way, and what to do about it. */
export function show(status: PipelineStatus, hours: number, target: Target): void {
  const { runs, queue, deadLetters, alarms, unknown, needs } = status;
  if (runs.length === 0) print(`The schedule has no run in the last ${hours} hours.`);
  else print({ style: 'bold', text: 'Runs (UTC)' });
  for (const span of spansOf(runs)) showSpan(span);
  const states = Object.keys(words) as RunState[];
  const counts = states.map((state) => [state, runs.filter((run) => run.state === state).length] as const);
  const counted = counts
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${words[state].text}`);
  const incomplete = runs.filter(({ raw }) => (raw?.placesMissing ?? 0) > 0).length;
  const ringing = alarms.filter(({ state }) => state === 'ALARM').length;
  print();
  print(
    `Runs:   ${[...counted, ...(incomplete > 0 ? [`${incomplete} incomplete`] : [])].join(', ') || 'none'}`,
  );
  print(`Queue:  ${queue.waiting} waiting, ${queue.inFlight} in flight; ${deadLetters} dead`);
  print(`Alarms: ${ringing} of ${alarms.length} ring`);
  for (const what of unknown) print({ style: 'yellow', text: 'Unknown' }, what);
  if (needs.length > 0) print({ style: 'bold', text: '\nWhat needs you' });
  for (const need of needs) print({ style: 'red', text: '•' }, describeNeed(need, target));
}

function describeNeed(need: Need, target: Target): string {
  switch (need.kind) {
    case 'alarm':
      return `${need.alarm.name}: ${alarmText(need.alarm.description, target)}`;
    case 'dead-letters': {
      const letters = need.count === 1 ? 'raw object is' : 'raw objects are';
      return `${need.count} ${letters} not converted, and why is in: ${next('dead-letters', target)}`;
    }
    case 'run': {
      const run = minute(need.run.expected.to);
      const why = need.run.reason ? ` (${need.run.reason})` : '';
      const time = `${run.replace(' ', 'T')}Z`;
      return `The newest run that is over, ${run}, ${words[need.run.state].text}${why}. More: ${next(`explain ${time}`, target)}`;
    }
  }
}

/** Runs in a row that went the same way. */
type Span = readonly [RunStatus, ...RunStatus[]];

function spansOf(runs: readonly RunStatus[]): Span[] {
  const spans: [RunStatus, ...RunStatus[]][] = [];
  const same = ({ state, reason, raw }: RunStatus) => JSON.stringify([state, reason, raw && places(raw)]);
  for (const run of runs) {
    const last = spans.at(-1);
    if (last && same(last[0]) === same(run)) last.push(run);
    else spans.push([run]);
  }
  return spans;
}

const indent = ' '.repeat(32);

function showSpan(span: Span): void {
  const [{ expected, state, reason, raw }] = span;
  const from = minute(expected.from);
  const to = minute((span.at(-1) ?? span[0]).expected.to);
  const end = to === from ? '' : ` – ${to.slice(to.slice(0, 10) === from.slice(0, 10) ? 11 : 5)}`;
  const count = span.length > 1 ? `${span.length} ` : '';
  const { text, style } = words[state];
  print(
    `${from}${end}`.padEnd(indent.length - 1),
    { style, text: count + text },
    ...(raw ? [places(raw)] : []),
  );
  if (reason !== null) print({ style: 'gray', text: indent + reason });
}

function places({ places: came, placesMissing, ...raw }: NonNullable<RunStatus['raw']>): Printed {
  if (came === null) return '';
  const missing = placesMissing ?? 0;
  const others = raw.byHand > 0 ? `, and ${raw.byHand} more by hand` : '';
  const whose = raw.isConfigured ? others : ', by hand or as configured before';
  if (missing > 0) return { style: 'yellow', text: `${came} of ${came + missing} places${whose}` };
  return `${came} ${came === 1 ? 'place' : 'places'}${whose}`;
}

function minute(instant: Date): string {
  return instant.toISOString().slice(0, 16).replace('T', ' ');
}

import { Command, InvalidArgumentError } from 'commander';
import { connect, type Target } from '../../operations/deployed.ts';
import {
  type PipelineStatus,
  pipelineStatus,
  type RunState,
  type RunStatus,
} from '../../operations/status.ts';
import { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';
import { next, targetOptions } from '../target-options.ts';
import { type Printed, print, printJson, printTable, type Styled } from '../terminal/output.ts';
import { spinning } from '../terminal/spinner.ts';

interface Options extends Target {
  readonly hours: number;
  readonly json?: true;
}

/** Milliseconds. */
const catchUp = 10_000;
/** A month: one request a run. */
const mostHours = 31 * 24;

export function statusCommand(): Command {
  const command = new Command('status')
    .description('Shows how the last runs went: what landed, what was converted, what is missing or dead.')
    .option('--hours <n>', 'how far to look back', parseHours, 24)
    .option('--json', 'print nothing but the result, as JSON')
    .addHelpText(
      'after',
      `
Examples:
  npm run tdf -- status
  npm run tdf -- status --stage prod --hours 48
  npm run --silent tdf -- status --json | jq '.runs[] | select(.state == "missing")'`,
    );
  for (const option of targetOptions) command.addOption(option);
  return command.action(async (options: Options) => {
    const status = await spinning('Looking at buckets and queues', () => look(options));
    if (options.json) printJson(status);
    else show(status, options.hours, options);
  });
}

async function look(options: Options): Promise<PipelineStatus> {
  const deployed = await connect(options);
  try {
    const { outputs, runtime } = deployed;
    // Here the queue moves only while a command runs, and each start puts S3's test event into it: let it catch up.
    await runtime?.settled({ timeout: catchUp }).catch(() => undefined); // What waits still is told as waiting.
    return await pipelineStatus(deployed, outputs, weatherapiCurrent, {
      hours: options.hours,
      now: new Date(),
    });
  } finally {
    await deployed.close();
  }
}

function parseHours(text: string): number {
  const hours = Number(text);
  if (!Number.isInteger(hours) || hours < 1 || hours > mostHours) {
    throw new InvalidArgumentError(`Expected whole hours, 1 to ${mostHours}, got "${text}".`);
  }
  return hours;
}

const words: Readonly<Record<RunState, Styled>> = {
  converted: { text: 'converted', style: 'green' },
  landed: { text: 'landed, not converted', style: 'yellow' },
  missing: { text: 'missing', style: 'red' },
  due: { text: 'due', style: 'gray' },
};

/** For people: one line per run, and what to do about it. */
export function show({ runs, queue, deadLetters }: PipelineStatus, hours: number, target: Target): void {
  const count = (state: RunState) => runs.filter((run) => run.state === state).length;
  const incomplete = runs.filter(({ raw }) => (raw?.placesMissing ?? 0) > 0).length;
  if (runs.length === 0) print(`The schedule has no run in the last ${hours} hours.`);
  else printTable(['run (UTC)', 'state', 'places', 'bytes', 'landed (UTC)', 'raw object'], runs.map(row));
  print(
    `Runs: ${count('converted')} converted, ${count('landed')} landed and not converted, ${count('missing')} missing, ${incomplete} incomplete`,
  );
  print(`Queue: ${queue.waiting} waiting, ${queue.inFlight} in flight; ${deadLetters} dead`);
  if (count('missing') > 0 || incomplete > 0)
    print(
      "The log of fetch says why runs are missing or incomplete. An hour's weather cannot be fetched later.",
    );
  if (deadLetters > 0) print(`See what died, and why: ${next('dead-letters', target)}`);
}

function row({ expected, state, raw }: RunStatus): Printed[] {
  const exact = expected.from.getTime() === expected.to.getTime();
  return [
    exact ? minute(expected.to) : `${minute(expected.from)} – ${minute(expected.to).slice(11)}`,
    words[state],
    raw ? places(raw) : '',
    raw ? String(raw.bytes) : '',
    raw ? raw.writtenAt.toISOString().slice(0, 19).replace('T', ' ') : '',
    raw?.key ?? '',
  ];
}

function places({ places: came, placesMissing }: NonNullable<RunStatus['raw']>): Printed {
  if (came === null) return '?';
  const missing = placesMissing ?? 0;
  return missing > 0 ? { style: 'yellow', text: `${came} of ${came + missing}` } : String(came);
}

function minute(instant: Date): string {
  return instant.toISOString().slice(0, 16).replace('T', ' ');
}

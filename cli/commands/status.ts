import { styleText } from 'node:util';
import Table from 'cli-table3';
import { Command, InvalidArgumentError } from 'commander';
import { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';
import { connect, next, type Target, targetOptions } from '../deployed.ts';
import {
  type PipelineStatus,
  pipelineStatus,
  type RunState,
  type RunStatus,
} from '../status/pipeline-status.ts';
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
    console.log(options.json ? JSON.stringify(status, null, 2) : describe(status, options.hours, options));
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

const words: Readonly<Record<RunState, { text: string; colour: 'green' | 'yellow' | 'red' | 'gray' }>> = {
  converted: { text: 'converted', colour: 'green' },
  landed: { text: 'landed, not converted', colour: 'yellow' },
  missing: { text: 'missing', colour: 'red' },
  due: { text: 'due', colour: 'gray' },
};

/** For people: a line a run, and what to do about it. */
export function describe(
  { runs, queue, deadLetters }: PipelineStatus,
  hours: number,
  target: Target,
): string {
  const table = new Table({
    head: ['run (UTC)', 'state', 'places', 'bytes', 'landed (UTC)', 'raw object'],
    style: { head: [], border: [] },
  });
  for (const run of runs) table.push(row(run));
  const count = (state: RunState) => runs.filter((run) => run.state === state).length;
  const incomplete = runs.filter(({ raw }) => (raw?.placesMissing ?? 0) > 0).length;
  return [
    runs.length > 0 ? table.toString() : `The schedule has no run in the last ${hours} hours.`,
    `Runs: ${count('converted')} converted, ${count('landed')} landed and not converted, ${count('missing')} missing, ${incomplete} incomplete`,
    `Queue: ${queue.waiting} waiting, ${queue.inFlight} in flight; ${deadLetters} dead`,
    ...(count('missing') > 0 || incomplete > 0
      ? [
          "The log of fetch says why runs are missing or incomplete. An hour's weather cannot be fetched later.",
        ]
      : []),
    ...(deadLetters > 0 ? [`See what died, and why: ${next('dead-letters', target)}`] : []),
  ].join('\n');
}

function row({ expected, state, raw }: RunStatus): string[] {
  const { text, colour } = words[state];
  const exact = expected.from.getTime() === expected.to.getTime();
  return [
    exact ? minute(expected.to) : `${minute(expected.from)} – ${minute(expected.to).slice(11)}`,
    styleText(colour, text),
    raw ? places(raw) : '',
    raw ? String(raw.bytes) : '',
    raw ? raw.writtenAt.toISOString().slice(0, 19).replace('T', ' ') : '',
    raw?.key ?? '',
  ];
}

function places({ places: came, placesMissing }: NonNullable<RunStatus['raw']>): string {
  if (came === null) return '?';
  const missing = placesMissing ?? 0;
  return missing > 0 ? styleText('yellow', `${came} of ${came + missing}`) : String(came);
}

function minute(instant: Date): string {
  return instant.toISOString().slice(0, 16).replace('T', ' ');
}

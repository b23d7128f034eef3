import { setTimeout as delay } from 'node:timers/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Target } from '../../operations/deployed.ts';
import { observing } from '../../operations/observed.ts';
import { type PipelineStatus, pipelineStatus } from '../../operations/status/status.ts';
import type { Dataset } from '../../shared/dataset.ts';
import { datasets } from '../../shared/datasets.ts';
import { collectNames, parseDatasets } from '../run-arguments.ts';
import { targetOptions } from '../target-options.ts';
import { interruptible } from '../terminal/interruption.ts';
import { clearScreen, print, printJson } from '../terminal/output.ts';
import { spinning } from '../terminal/spinner.ts';
import { showStatus } from './status/show-status.ts';

interface Options extends Target {
  readonly hours: number;
  readonly dataset?: readonly string[];
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
    .option('--dataset <name>', 'only this dataset (repeatable)', collectNames)
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
  npx tdf status --stage prod --hours 48 --dataset weatherapi/current
  npx tdf status --local --watch
  npx tdf status --check --json > status.json || ./page-somebody.sh
  npx tdf status --json | jq '.datasets[].runs[] | select(.state == "failed")'`,
    );
  for (const option of targetOptions) command.addOption(option);
  return command.action(async (options: Options) => {
    const { datasets: asked = datasets, problems } = parseDatasets(options.dataset, { isDrop: false });
    if (problems.length > 0) return command.error(`error: ${problems.join('\nerror: ')}`);
    const about = asked === 'all' ? datasets : asked;
    const status = options.watch
      ? await watch(options, about)
      : await spinning('Looking at buckets, queues, logs and alarms', () => look(options, about));
    if (!options.watch) options.json ? printJson(status) : showStatus(status, options.hours, options);
    if (options.check && status.needs.length > 0) process.exitCode = 1;
  });
}

/** Connects anew for each look, because the local pipeline is looked at as a copy. */
function look(options: Options, about: readonly Dataset[]): Promise<PipelineStatus> {
  return observing(options, (observed) =>
    pipelineStatus(observed, about, { hours: options.hours, now: new Date() }),
  );
}

/** @returns the last status, once it is interrupted */
function watch(options: Options, about: readonly Dataset[]): Promise<PipelineStatus> {
  const every = (options.watch === true ? watchEvery : Number(options.watch)) * 1000;
  return interruptible(async (signal) => {
    for (;;) {
      const status = await look(options, about);
      clearScreen();
      showStatus(status, options.hours, options);
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

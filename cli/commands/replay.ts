import { resolve } from 'node:path';
import { Command } from 'commander';
import type { Reached, Target } from '../../operations/deployed.ts';
import { driftedObjects } from '../../operations/drift/drifted-objects.ts';
import { watchOutcome } from '../../operations/outcome.ts';
import { printable } from '../../operations/printable.ts';
import { Checkpoint } from '../../operations/replay/checkpoint.ts';
import {
  describeSelection,
  parseSelection,
  type RawSelection,
  type SelectionArguments,
  selectedObjects,
} from '../../operations/replay/raw-selection.ts';
import { type Replayed, replay, type Survey, survey } from '../../operations/replay/replay.ts';
import { sendMessages } from '../../shared/send-messages.ts';
import { atWork } from '../at-work.ts';
import { targetOptions, whatWaits } from '../target-options.ts';
import { print, printJson } from '../terminal/output.ts';
import { progressBar } from '../terminal/progress-bar.ts';
import { type Converted, convertedOf, describeConverted, settle } from '../terminal/settle.ts';

interface Arguments extends Target, SelectionArguments {
  readonly rate: string;
  readonly drifted?: true;
  readonly path?: string;
  readonly dryRun?: true;
  readonly restart?: true;
  readonly json?: true;
}

/** Messages per second. One process does not send more. */
const maxRate = 1_000;

export function replayCommand(): Command {
  const command = new Command('replay')
    .description('Has raw objects converted again: sends their events to the queue, and rewrites nothing.')
    .option('--dataset <name>', 'which dataset; all of them by default')
    .option('--from <day>', 'first day (dt), such as 2026-11-22')
    .option('--to <day>', 'last day, included')
    .option('--prefix <key>', 'everything under this key prefix, instead of days')
    .option('--drifted', 'only objects of which something was rescued')
    .option('--path <path>', 'with --drifted: only those of which this was rescued, as tdf drift names it')
    .option('--rate <number>', `messages per second, up to ${maxRate}`, '100')
    .option('--restart', 'begin anew where an earlier run was stopped')
    .option('--dry-run', 'count, show the first keys, and send nothing')
    .option('--json', 'print nothing but the result, as JSON')
    .addHelpText('after', help);
  for (const option of targetOptions) command.addOption(option);
  return command.action(async (options: Arguments) => {
    const selection = parseSelection(options);
    const problems = [
      'problems' in selection ? selection.problems : [],
      rateProblems(options.rate),
      driftProblems(options),
    ].flat();
    if ('problems' in selection || problems.length > 0)
      return command.error(`error: ${problems.join('\nerror: ')}`);
    await atWork(options, (deployed, signal) => run(deployed, selection, options, signal), options);
  });
}

/** What was done; also the form of `--json`. */
interface Result extends Survey, Replayed {
  readonly seconds: number;
  /** Only of the pipeline on this computer. */
  readonly local?: Converted | undefined;
}

async function run(
  deployed: Reached,
  selection: RawSelection,
  { rate, dryRun, restart, json, drifted, path, ...target }: Arguments,
  signal: AbortSignal,
): Promise<void> {
  const start = performance.now();
  const { s3, sqs, outputs, runtime } = deployed;
  const say = (line: string) => json || print(line);
  const checkpoint = Checkpoint.of([
    target.local ? resolve(target.state) : outputs.QueueUrl,
    { ...selection, datasets: selection.datasets.map(({ name }) => name), drifted, path },
  ]);
  const objects = (after?: string) =>
    drifted
      ? driftedObjects({ target, outputs, selection, path, signal }, after)
      : selectedObjects(s3, outputs.RawBucketName, selection, after);
  const described = [
    describeSelection(selection),
    drifted && (path === undefined ? 'with something rescued' : `with ${printable(path)} rescued`),
  ]
    .filter(Boolean)
    .join(', ');
  if (restart && !dryRun) checkpoint.remove();
  const source = {
    bucket: outputs.RawBucketName,
    objects,
    checkpoint: dryRun && restart ? nothingSent : checkpoint,
    signal,
  };
  const watch = runtime && (await watchOutcome(deployed, signal));

  const found = await survey(source);
  if (found.skipped > 0) {
    say(
      `${count(found.skipped)} of ${count(found.listed)} messages were sent by an earlier run: going on after them (--restart begins anew).`,
    );
  }
  if (dryRun) {
    if (json) return printJson({ ...found, sent: 0 });
    say(`Would send ${count(found.listed - found.skipped)} messages: ${described}.`);
    for (const key of found.first) say(`  ${printable(key)}`);
    const more = found.listed - found.skipped - found.first.length;
    if (more > 0) say(`  … and ${count(more)} more`);
    return;
  }

  const bar = progressBar('Sent', found.listed - found.skipped, { shown: !json });
  const enqueue = (events: readonly string[]) => sendMessages(sqs, outputs.QueueUrl, events);
  let replayed: Replayed;
  try {
    replayed = await replay({ ...source, enqueue, rate: Number(rate), onSent: (sent) => bar.advance(sent) });
  } catch (error) {
    const remembered = checkpoint.read() ? ' The same command goes on after what was sent.' : '';
    throw new Error(`${error instanceof Error ? error.message : String(error)}${remembered}`, {
      cause: error,
    });
  } finally {
    bar.clear();
  }
  const outcome =
    watch && replayed.stoppedAfter === undefined
      ? await settle(watch, { rawKeys: [] }, signal, { shown: !json })
      : undefined;

  const seconds = (performance.now() - start) / 1000;
  const result: Result = { ...found, ...replayed, seconds, local: outcome && convertedOf(outcome) };
  if (json) printJson(result);
  else show(result, described);
  if (outcome && outcome.dead.length > 0) process.exitCode = 1;
  if (!signal.aborted) return;
  if (runtime) say(whatWaits(target));
  process.exitCode = 130;
}

/** For `--dry-run --restart`. */
const nothingSent: Pick<Checkpoint, 'read' | 'save' | 'remove'> = {
  read: () => undefined,
  save: () => {},
  remove: () => {},
};

function show(result: Result, described: string): void {
  const { listed, skipped, sent, seconds, stoppedAfter, local } = result;
  print(
    `${described}: ${count(listed)} listed, ${count(sent)} sent, ${count(skipped)} skipped (sent before), ${seconds.toFixed(1)} s`,
  );
  if (stoppedAfter !== undefined) {
    print(
      `Stopped; ${count(listed - skipped - sent)} are left. The same command goes on after ${printable(stoppedAfter) || 'the beginning'}; --restart begins anew.`,
    );
  }
  for (const line of local ? describeConverted(local) : []) print(line);
}

function rateProblems(rate: string): string[] {
  const value = Number(rate);
  return /^\d+$/.test(rate) && value >= 1 && value <= maxRate
    ? []
    : [`--rate: expected a whole number from 1 to ${maxRate}, got "${rate}"`];
}

function driftProblems({ drifted, path, prefix }: Arguments): string[] {
  return [
    ...(path !== undefined && !drifted ? ['--path: expected only together with --drifted'] : []),
    ...(prefix !== undefined && drifted ? ['--drifted: expected days or whole datasets, got --prefix'] : []),
  ];
}

function count(things: number): string {
  return things.toLocaleString('en');
}

const help = `
Without --dataset and --prefix, it is about all datasets, one after another.
Stopped by Ctrl-C, it finishes the batch under way and remembers how far it
came: the same command goes on from there. Converting an object twice gives
the same result, byte for byte. With --local the exit code is 1 when something
could not be converted or compacted.

Examples:
  npx tdf replay --from 2026-11-01 --to 2026-11-30 --dry-run
  npx tdf replay --from 2026-11-01 --to 2026-11-30 --rate 50
  npx tdf replay --dataset weatherapi/history --from 2026-11-22 --stage prod
  npx tdf replay --drifted --path current.snow_cm --dry-run
  npx tdf replay --prefix weatherapi/current/dt=2026-11-22/
  npx tdf replay --local`;

import { Command } from 'commander';
import { deadIn } from '../../functions/reconcile/dead.ts';
import { type Reconciliation, reconcile } from '../../functions/reconcile/reconcile.ts';
import type { NotableDay } from '../../functions/reconcile/reconcile-days.ts';
import type { Notable } from '../../functions/reconcile/reconcile-objects.ts';
import { counted } from '../../operations/counted.ts';
import { deadLettersOf } from '../../operations/dead-letters/dead-letters-of.ts';
import type { Reached, Target } from '../../operations/deployed.ts';
import { watchOutcome } from '../../operations/outcome.ts';
import { refuseOtherVersion } from '../../operations/versions.ts';
import type { Dataset } from '../../shared/dataset.ts';
import { datasetNamed, datasetNames, datasets } from '../../shared/datasets.ts';
import { sendMessages } from '../../shared/send-messages.ts';
import { atWork } from '../at-work.ts';
import { targetOptions } from '../target-options.ts';
import { print, printJson } from '../terminal/output.ts';
import { type Converted, convertedOf, describeConverted, settle } from '../terminal/settle.ts';

interface Arguments extends Target {
  readonly dataset?: string;
  readonly grace: string;
  readonly prune?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

interface Plan {
  readonly selected: readonly Dataset[];
  /** Minutes */
  readonly grace: number;
  readonly prune: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

export function reconcileCommand(): Command {
  const command = new Command('reconcile')
    .description('Finds what was not converted or not compacted, or was changed since, and enqueues it.')
    .option('--dataset <name>', 'only this dataset')
    .option('--grace <minutes>', 'leave younger objects alone: their events may be on their way', '30')
    .option('--prune', 'remove curated objects whose raw object is gone')
    .option('--dry-run', 'say what would be enqueued and removed, and do nothing')
    .option('--json', 'print nothing but the result, as JSON')
    .addHelpText('after', help);
  for (const option of targetOptions) command.addOption(option);
  return command.action(
    async ({ dataset: name, grace, prune = false, dryRun = false, json = false, ...target }: Arguments) => {
      const dataset = name === undefined ? undefined : datasetNamed(name);
      const problems: string[] = [];
      if (name !== undefined && !dataset)
        problems.push(`--dataset: expected one of ${datasetNames.join(', ')}, got "${name}"`);
      if (!/^\d+(\.\d+)?$/.test(grace))
        problems.push(`--grace: expected a number of minutes, got "${grace}"`);
      if (problems.length > 0) command.error(`error: ${problems.join('\nerror: ')}`);

      const selected = dataset ? [dataset] : datasets;
      const plan = { selected, grace: Number(grace), prune, dryRun, json };
      await atWork(
        target,
        (deployed, signal) => {
          refuseOtherVersion(target, deployed.outputs);
          return run(deployed, plan, signal);
        },
        { dryRun },
      );
    },
  );
}

/** What was done; also the form of `--json`. */
interface Result extends Reconciliation {
  /** False when there are more dead letters than were looked at. */
  readonly allDeadLettersSeen: boolean;
  /** Only of the pipeline on this computer. */
  readonly local?: Converted | undefined;
}

async function run(
  deployed: Reached,
  { selected, grace, prune, dryRun, json }: Plan,
  signal: AbortSignal,
): Promise<void> {
  const { s3, sqs, outputs, runtime } = deployed;
  const watch = runtime && (await watchOutcome(deployed, signal));
  const dead = await deadIn(deadLettersOf(deployed));
  const send = (queueUrl: string) => (events: readonly string[]) => sendMessages(sqs, queueUrl, events);
  const reconciliation = await reconcile({
    s3,
    raw: outputs.RawBucketName,
    curated: outputs.CuratedBucketName,
    compacted: outputs.CompactedBucketName,
    datasets: selected,
    enqueue: dryRun ? undefined : { convert: send(outputs.QueueUrl), compact: send(outputs.CompactQueueUrl) },
    dead,
    now: new Date(),
    grace: grace * 60_000,
    prune: prune && !dryRun,
    signal,
  });
  const outcome = watch && (await settle(watch, { rawKeys: [] }, signal, { shown: !json }));
  const local = outcome && convertedOf(outcome);
  const result: Result = { ...reconciliation, allDeadLettersSeen: dead.complete, local };
  if (json) printJson(result);
  else show(result, { dryRun, prune, grace });
  if (signal.aborted) process.exitCode = 130;
  else if (outcome && outcome.dead.length > 0) process.exitCode = 1;
}

const titles = {
  missing: 'Missing in curated',
  stale: 'Newer in raw than in curated',
  dead: 'In the dead-letter queue, and left there',
  orphaned: 'In curated, though the raw object is gone',
} as const satisfies Record<Notable, string>;

const dayTitles = {
  missing: 'Missing in compacted',
  stale: 'Made of other objects than are in curated, or for other columns',
  orphaned: 'In compacted, though nothing is left in curated',
  dead: 'In the dead-letter queue, and left there',
  foreign: 'In compacted, though compact did not write it: remove it, or it is queried',
} as const satisfies Record<NotableDay, string>;

function show(result: Result, { dryRun, prune, grace }: Pick<Plan, 'dryRun' | 'prune' | 'grace'>): void {
  const { counts, pruned, uncompared, allDeadLettersSeen, local, days } = result;
  print('From raw to curated');
  showStep(result, titles, { dryRun, grace });
  if (uncompared > 0)
    print(`  ${count(uncompared)} were not compared with what they were made of, and taken for current.`);
  if (counts.orphaned > 0) print(pruning(counts.orphaned, pruned, { dryRun, prune }));
  print('From curated to compacted, by day');
  showStep(days, dayTitles, { dryRun, grace });
  if (!allDeadLettersSeen)
    print('There are more dead letters than were looked at: some may get a second one.');
  for (const line of local ? describeConverted(local) : []) print(line);
}

interface Step<Status extends string> {
  readonly counts: Readonly<Record<Status | 'current' | 'young', number>>;
  readonly first: Readonly<Record<Status, readonly string[]>>;
  readonly enqueued: number;
  readonly left: number;
}

function showStep<Status extends string>(
  { counts, first, enqueued, left }: Step<Status>,
  titles: Readonly<Record<Status, string>>,
  { dryRun, grace }: Pick<Plan, 'dryRun' | 'grace'>,
): void {
  const found = Object.entries<number>(counts).map(([status, number]) => `${count(number)} ${status}`);
  print(`  ${found.join(', ')}`);
  for (const status of Object.keys(titles) as Status[]) {
    if (counts[status] === 0) continue;
    print(`  ${titles[status]}:`);
    for (const key of first[status]) print(`    ${key}`);
    const more = counts[status] - first[status].length;
    if (more > 0) print(`    … and ${count(more)} more`);
  }
  if (counts.young > 0)
    print(
      `  ${count(counts.young)} younger than ${counted(grace, 'minute')} ${counts.young === 1 ? 'was' : 'were'} left alone; --grace 0 takes ${counts.young === 1 ? 'it' : 'them'} too.`,
    );
  print(dryRun ? '  Nothing was enqueued (--dry-run).' : `  ${count(enqueued)} enqueued`);
  if (left > 0) print(`  ${count(left)} more are left for the next run.`);
}

function pruning(
  orphaned: number,
  pruned: number,
  { dryRun, prune }: Pick<Plan, 'dryRun' | 'prune'>,
): string {
  if (!prune) return '  What is orphaned stays, and is queried, until you remove it: --prune.';
  if (dryRun) return `  Would remove ${count(orphaned)}; nothing was removed (--dry-run).`;
  return `  ${count(pruned)} of ${count(orphaned)} removed`;
}

function count(things: number): string {
  return things.toLocaleString('en');
}

const help = `
It compares raw with curated, and curated with compacted. On AWS the stack does
the same once a day, but prunes nothing. With --local the exit code is 1 when
something could not be converted or compacted.

Examples:
  npx tdf reconcile --dry-run
  npx tdf reconcile --stage prod
  npx tdf reconcile --prune --dry-run
  npx tdf reconcile --grace 0 --local`;

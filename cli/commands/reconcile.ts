import { Command } from 'commander';
import { peekDeadKeys } from '../../functions/reconcile/dead-keys.ts';
import { type Notable, type Reconciliation, reconcile } from '../../functions/reconcile/reconcile.ts';
import type { Dataset } from '../../shared/dataset.ts';
import { datasetNamed, datasetNames, datasets } from '../../shared/datasets.ts';
import { ConvertQueue } from '../../shared/send-messages.ts';
import { connect, type Deployed, type Target, targetOptions } from '../deployed.ts';
import { Conversions, type Converted } from '../local/conversions.ts';
import { describeConverted, settle } from '../local/settle.ts';
import { interruptible } from '../terminal/interruption.ts';
import { printable } from '../terminal/printable.ts';

interface Arguments extends Target {
  readonly dataset?: string;
  readonly grace: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

interface Plan {
  readonly selected: readonly Dataset[];
  /** Minutes */
  readonly grace: number;
  readonly dryRun: boolean;
  readonly json: boolean;
}

export function reconcileCommand(): Command {
  const command = new Command('reconcile')
    .description('Finds raw objects that were not converted, or were changed since, and enqueues them.')
    .option('--dataset <name>', 'only this dataset')
    .option('--grace <minutes>', 'leave younger raw objects alone: their events may be on their way', '30')
    .option('--dry-run', 'say what would be enqueued, and enqueue nothing')
    .option('--json', 'print nothing but the result, as JSON')
    .addHelpText('after', help);
  for (const option of targetOptions) command.addOption(option);
  return command.action(
    async ({ dataset: name, grace, dryRun = false, json = false, ...target }: Arguments) => {
      const dataset = name === undefined ? undefined : datasetNamed(name);
      const problems: string[] = [];
      if (name !== undefined && !dataset)
        problems.push(`--dataset: expected one of ${datasetNames.join(', ')}, got "${name}"`);
      if (!/^\d+(\.\d+)?$/.test(grace))
        problems.push(`--grace: expected a number of minutes, got "${grace}"`);
      if (problems.length > 0) command.error(`error: ${problems.join('\nerror: ')}`);

      const plan = { selected: dataset ? [dataset] : datasets, grace: Number(grace), dryRun, json };
      const deployed = await connect(target);
      try {
        await interruptible((signal) => run(deployed, plan, signal));
      } finally {
        await deployed.close();
      }
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
  { s3, sqs, outputs, runtime }: Deployed,
  { selected, grace, dryRun, json }: Plan,
  signal: AbortSignal,
): Promise<void> {
  const conversions = runtime && new Conversions(runtime, outputs);
  const dead = await peekDeadKeys(sqs, outputs.DeadLetterQueueUrl);
  const reconciliation = await reconcile({
    s3,
    raw: outputs.RawBucketName,
    curated: outputs.CuratedBucketName,
    datasets: selected,
    queue: dryRun ? undefined : new ConvertQueue(sqs, outputs.QueueUrl),
    deadKeys: dead.keys,
    now: new Date(),
    grace: grace * 60_000,
    signal,
  });
  const local = dryRun ? undefined : await settle(conversions, signal, { shown: !json });
  const result: Result = { ...reconciliation, allDeadLettersSeen: dead.complete, local };
  if (json) console.log(JSON.stringify(result, null, 2));
  else print(result, dryRun);
  if (signal.aborted) process.exitCode = 130;
}

const titles = {
  missing: 'Missing in curated',
  stale: 'Newer in raw than in curated',
  dead: 'In the dead-letter queue, and left there',
} as const satisfies Record<Notable, string>;

function print(result: Result, dryRun: boolean): void {
  const { counts, first, enqueued, left, allDeadLettersSeen, local } = result;
  console.log(
    Object.entries(counts)
      .map(([standing, number]) => `${count(number)} ${standing}`)
      .join(', '),
  );
  for (const standing of ['missing', 'stale', 'dead'] as const) {
    if (counts[standing] === 0) continue;
    console.log(`${titles[standing]}:`);
    for (const key of first[standing]) console.log(`  ${printable(key)}`);
    const more = counts[standing] - first[standing].length;
    if (more > 0) console.log(`  … and ${count(more)} more`);
  }
  if (!allDeadLettersSeen)
    console.log('There are more dead letters than were looked at: some objects may get a second one.');
  console.log(dryRun ? 'Nothing was enqueued (--dry-run).' : `${count(enqueued)} enqueued`);
  if (left > 0) console.log(`${count(left)} more are left for the next run.`);
  for (const line of local ? describeConverted(local) : []) console.log(line);
}

function count(things: number): string {
  return things.toLocaleString('en');
}

const help = `
It compares the listings of the two buckets. On AWS the stack does the same once a day.

Examples:
  npm run tdf -- reconcile --dry-run
  npm run tdf -- reconcile --stage prod
  npm run tdf -- reconcile --grace 0 --local`;

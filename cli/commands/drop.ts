import { Command } from 'commander';
import { Conversions, type Converted } from '../../operations/conversions.ts';
import { connect, type Target } from '../../operations/deployed.ts';
import { type DropPlan, dropFile, planDrop, plannedKeys } from '../../operations/drop/drop-files.ts';
import { datasetNamed, datasetNames } from '../../shared/datasets.ts';
import { fileProblems } from '../run-arguments.ts';
import { next, targetOptions } from '../target-options.ts';
import { interruptible } from '../terminal/interruption.ts';
import { print, printJson } from '../terminal/output.ts';
import { printable } from '../terminal/printable.ts';
import { describeConverted, settle } from '../terminal/settle.ts';

interface Options extends Target {
  readonly dataset: string;
  readonly dryRun?: true;
  readonly json?: true;
}

/** What was done; also the form of `--json`. */
interface Result {
  readonly files: readonly { readonly file: string; readonly keys: readonly string[] }[];
  readonly dryRun: boolean;
  /** Only of the pipeline on this computer. */
  readonly local?: Converted | undefined;
}

const shownKeys = 10;

export function dropCommand(): Command {
  const command = new Command('drop')
    .description(
      'Puts files into raw, which converts them. One with observations of several days is split by day.',
    )
    .argument('<file...>', 'JSON, a response per line or an array of them; gzipped or not')
    .option('--dataset <name>', 'what the files are', 'weatherapi/current')
    .option('--dry-run', 'say which objects it would make, and make none')
    .option('--json', 'print nothing but the result, as JSON')
    .addHelpText(
      'after',
      `
A file goes into raw under its own name, and convert files it under the UTC day of its earliest observation. When its
observations span more than 24 hours, it is split here: between records, whose bytes stay as they are.

Examples:
  npx tdf drop response.json
  npx tdf drop 2025.ndjson.gz --dry-run
  npx tdf drop exports/*.json --stage prod
  npx tdf drop response.json --local`,
    );
  for (const option of targetOptions) command.addOption(option);
  return command.action(async (files: string[], options: Options) => {
    const dataset = datasetNamed(options.dataset);
    const problems = fileProblems(files);
    if (!dataset)
      problems.push(`--dataset: expected one of ${datasetNames.join(', ')}, got "${options.dataset}"`);
    if (!dataset || problems.length > 0) return command.error(`error: ${problems.join('\nerror: ')}`);
    await interruptible(async (signal) => {
      // All of them before anything is put anywhere.
      const plans: DropPlan[] = [];
      for (const file of files) plans.push(await planDrop(file, dataset, signal));
      const local = options.dryRun ? undefined : await put(plans, options, signal);
      if (local && local.deadLetters.length > 0) process.exitCode = 1;
      const planned = plans.map((plan) => ({ file: plan.file, keys: plannedKeys(plan) }));
      const result = { files: planned, dryRun: options.dryRun ?? false, local };
      if (options.json) printJson(result);
      else show(result, options);
    });
  });
}

async function put(
  plans: readonly DropPlan[],
  target: Options,
  signal: AbortSignal,
): Promise<Converted | undefined> {
  const deployed = await connect(target);
  try {
    const { s3, outputs, runtime } = deployed;
    const conversions = runtime && new Conversions(runtime, outputs);
    for (const plan of plans) await dropFile(plan, { s3, bucket: outputs.RawBucketName, signal });
    return await settle(conversions, signal, { shown: !target.json });
  } finally {
    await deployed.close();
  }
}

function show({ files, dryRun, local }: Result, options: Options): void {
  for (const { file, keys } of files) {
    print(
      `${dryRun ? 'Would put' : 'Put'} ${printable(file)} into raw${keys.length > 1 ? `, as ${keys.length} objects` : ''}:`,
    );
    for (const key of keys.slice(0, shownKeys)) print(`  ${printable(key)}`);
    if (keys.length > shownKeys) print(`  … and ${keys.length - shownKeys} more`);
  }
  if (dryRun) return;
  if (local) for (const line of describeConverted(local)) print(line);
  else
    print(`Each is converted within minutes. What cannot be is listed by: ${next('dead-letters', options)}`);
}

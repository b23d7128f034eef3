import { Command, InvalidArgumentError } from 'commander';
import type { Target } from '../../operations/deployed.ts';
import { type Drift, readDrift } from '../../operations/drift/drift.ts';
import { driftQuery } from '../../operations/drift/drift-query.ts';
import { printable } from '../../operations/printable.ts';
import { queryTarget } from '../../operations/query/query-target.ts';
import type { Dataset } from '../../shared/dataset.ts';
import { datasetNamed, datasetNames, datasets } from '../../shared/datasets.ts';
import { type Day, isDay } from '../../shared/keys.ts';
import { next, targetOptions } from '../target-options.ts';
import { interruptible } from '../terminal/interruption.ts';
import { print, printJson, printTable } from '../terminal/output.ts';

interface Options extends Target {
  readonly dataset?: Dataset;
  readonly since?: Day;
  readonly json?: true;
}

export function driftCommand(): Command {
  const command = new Command('drift')
    .description('Shows what no column holds, and the lines that declare it.')
    .option('--dataset <name>', 'which dataset; all of them by default', parseDataset)
    .option('--since <day>', 'first day, such as 2026-11-22', parseDay)
    .option('--json', 'print nothing but the result, as JSON')
    .addHelpText('after', help);
  for (const option of targetOptions) command.addOption(option);
  return command.action(async (options: Options) => {
    const asked = options.dataset ? [options.dataset] : datasets;
    const sql = driftQuery(asked, { from: options.since });
    const { drifts, hidden } = await interruptible((signal) =>
      queryTarget(sql, options, signal, (result) => readDrift(result, asked)),
    );
    if (options.json) printJson({ drifts, hidden });
    else show(drifts, hidden, options);
  });
}

function show(drifts: readonly Drift[], hidden: number, { since, ...target }: Options): void {
  if (drifts.length === 0) {
    print(`Nothing was rescued${since ? ` since ${since}` : ''}: every value has its column.`);
    return;
  }
  for (const [table, those] of Map.groupBy(drifts, (drift) => drift.table)) {
    print({ style: 'bold', text: table });
    const left = printTable(
      ['path', 'values', 'rows', 'types', 'example', 'first', 'last'],
      those.map(({ path, values, rows, types, example, first, last }) => [
        path,
        values.toLocaleString('en'),
        rows.toLocaleString('en'),
        Object.keys(types).join(', '),
        example,
        first,
        last,
      ]),
    );
    if (left.length > 0) print(`${left.join(', ')}: --json shows them.`);
    for (const { path, advice } of those) {
      if (advice.kind === 'other') print(`${printable(path)}: ${printable(advice.text)}`);
      else if (advice.kind === 'replay')
        print(`${printable(path)}: it is declared by now, as ${advice.column}. Deploy and replay.`);
    }
    print();
  }
  if (hidden > 0)
    print(`At least ${hidden.toLocaleString('en')} more paths: --dataset and --since narrow them down.\n`);
  const declared = drifts.flatMap(({ dataset, advice }) =>
    advice.kind === 'declare' ? [{ dataset, ...advice }] : [],
  );
  for (const [place, those] of Map.groupBy(declared, placeOf)) {
    print({ style: 'bold', text: place });
    for (const line of new Set(those.map((each) => each.line))) print(line);
    print();
  }
  const replayed = drifts.filter(({ advice }) => advice.kind !== 'other').map(({ dataset }) => dataset);
  if (replayed.length === 0) return;
  if (declared.length > 0)
    print('Say in each line what it means, and raise the version of the dataset. Then type:');
  else print('Then type:');
  print(target.local ? '  npm run docs' : `  npm run docs && npx cdk deploy -c stage=${target.stage}`);
  for (const dataset of new Set(replayed))
    print(`  ${next(`replay --drifted --dataset ${dataset}`, target)}`);
}

function placeOf({ dataset, table }: { readonly dataset: string; readonly table: string }): string {
  return `To declare them, paste into "fields" of ${table} in shared/datasets/${dataset.replaceAll('/', '-')}.ts:`;
}

function parseDataset(text: string): Dataset {
  const dataset = datasetNamed(text);
  if (!dataset) throw new InvalidArgumentError(`Expected one of ${datasetNames.join(', ')}, got "${text}".`);
  return dataset;
}

function parseDay(text: string): Day {
  if (!isDay(text))
    throw new InvalidArgumentError(`Expected a day that exists, such as 2026-11-22, got "${text}".`);
  return text;
}

const help = `
On AWS this is one Athena query, which costs by what it reads: name the first
day.

Examples:
  npx tdf drift --since 2026-11-01
  npx tdf drift --local
  npx tdf drift --dataset weatherapi/forecast --stage prod
  npx tdf drift --json | jq -r '.drifts[].advice.line // empty'`;

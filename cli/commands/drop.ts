import { Command } from 'commander';
import { counted } from '../../operations/counted.ts';
import type { Reached, Target } from '../../operations/deployed.ts';
import { type DropSource, findSources, spool } from '../../operations/drop/drop-sources.ts';
import {
  type DroppedDay,
  type DroppedObject,
  droppedDays,
  droppedFiles,
  type TableRows,
} from '../../operations/drop/dropped-objects.ts';
import { type DropPlan, planDrops } from '../../operations/drop/plan-drops.ts';
import { putFiles } from '../../operations/drop/put-files.ts';
import { watchOutcome } from '../../operations/outcome.ts';
import { printable } from '../../operations/printable.ts';
import { refuseOtherVersion } from '../../operations/versions.ts';
import { datasetNamed, datasetNames, datasets } from '../../shared/datasets.ts';
import { isDay } from '../../shared/keys.ts';
import { atWork } from '../at-work.ts';
import { next, targetOptions, whatWaits } from '../target-options.ts';
import { interruptible } from '../terminal/interruption.ts';
import { type Printed, print, printError, printJson } from '../terminal/output.ts';
import { progressBar } from '../terminal/progress-bar.ts';
import { settle } from '../terminal/settle.ts';

interface Options extends Target {
  readonly dataset?: string;
  readonly day?: string;
  readonly wait: boolean;
  readonly dryRun?: true;
  readonly json?: true;
}

const shownFiles = 20;
const shownObjects = 10;

export function dropCommand(): Command {
  const command = new Command('drop')
    .description(
      'Puts files into raw, and says what each was converted to. A file that covers several days is split.',
    )
    .argument('<file...>', 'files, folders, patterns, or - for standard input')
    .option('--dataset <name>', 'what the files are (default: what their first answers fit)')
    .option('--day <day>', 'the day of all records, instead of the one they say')
    .option('--no-wait', 'do not wait until the rows are in the tables')
    .option('--dry-run', 'say which objects it would make, and make none')
    .option('--json', 'print nothing but the result, as JSON')
    .addHelpText(
      'after',
      `
A file is a response, one per line, or an array of them; gzipped or not. It goes
to the UTC day of its earliest observation, or to its local day where a dataset
has one. When it has several days (observations more than 24 hours apart), it is
split: between records, whose bytes stay as they are. The exit code is 1 when
something could not be converted or compacted.

Examples:
  npx tdf drop response.json
  npx tdf drop exports/ --stage prod
  npx tdf drop 2025.ndjson.gz --dataset weatherapi/history --dry-run
  curl -s "$URL" | npx tdf drop - --local`,
    );
  for (const option of targetOptions) command.addOption(option);
  return command.action(async (typed: string[], options: Options) => {
    const { day } = options;
    const piped = typed.includes('-');
    const { sources, problems } = findSources(typed.filter((path) => path !== '-'));
    const dataset = options.dataset === undefined ? undefined : datasetNamed(options.dataset);
    if (options.dataset !== undefined && !dataset)
      problems.push(`--dataset: expected one of ${datasetNames.join(', ')}, got "${options.dataset}"`);
    if (day !== undefined && !isDay(day))
      problems.push(`--day: expected a day that exists, such as 2026-11-22, got "${day}"`);
    if (piped && process.stdin.isTTY)
      problems.push('-: expected something on standard input, got a terminal');
    if (problems.length > 0) return command.error(`error: ${problems.join('\nerror: ')}`);

    const input = piped ? await spool(process.stdin) : undefined;
    try {
      const all: DropSource[] = input ? [...sources, input] : sources;
      // All of them before anything is put anywhere.
      const plans = await interruptible((signal) =>
        planDrops(all, dataset ? [dataset] : datasets, { day, signal }),
      );
      const { files, days }: Done = options.dryRun
        ? { files: plans.map(({ file, keys }) => ({ file, objects: keys.map((key) => ({ key })) })) }
        : await atWork(options, (deployed, signal) => put(plans, deployed, options, signal), {
            create: true,
          });
      const shown = files.map((each) => (each.file === input?.file ? { ...each, file: '-' } : each));
      if (options.json) printJson({ files: shown, days, dryRun: options.dryRun ?? false });
      else show({ files: shown, days }, options);
    } finally {
      input?.remove();
    }
  });
}

/** Of a dry run, no more than the keys. */
interface Done {
  readonly files: readonly { readonly file: string; readonly objects: readonly Shown[] }[];
  readonly days?: readonly DroppedDay[] | undefined;
}

async function put(
  plans: readonly DropPlan[],
  deployed: Reached,
  { wait, json, ...target }: Options,
  signal: AbortSignal,
): Promise<Done> {
  if (wait) refuseOtherVersion(target, deployed.outputs);
  const watch = await watchOutcome(deployed, signal);
  const bar = progressBar('Put', plans.length, { shown: !json });
  const whole: DropPlan[] = [];
  const replaced = new Set<string>();
  const onPut = (plan: DropPlan) => {
    whole.push(plan);
    bar.advance(1);
  };
  try {
    await putFiles(plans, deployed, { signal, onPut, onReplaced: (key) => replaced.add(key) });
  } catch (error) {
    if (!signal.aborted) throw error;
    printError(
      `Stopped: ${whole.length} of ${counted(plans.length, 'file')} ${whole.length === 1 ? 'is' : 'are'} in raw. Type the same again for the others: it makes the same objects.`,
    );
  } finally {
    bar.clear();
  }
  const put = plans.filter((plan) => whole.includes(plan));
  const keys = put.flatMap((plan) => plan.keys);
  const settled =
    wait && !signal.aborted ? await settle(watch, { rawKeys: keys }, signal, { shown: !json }) : undefined;
  const known =
    settled ?? (signal.aborted ? await watch.soFar() : { converted: [], compacted: [], dead: [] });
  const files = await droppedFiles(put, known, deployed, replaced);
  const days = droppedDays(files, known);
  const all = [...files.flatMap(({ objects }) => objects), ...days];
  if (signal.aborted) process.exitCode = 130;
  else if (all.some(({ outcome }) => outcome === 'died')) process.exitCode = 1;
  return { files, days };
}

/** An object; of a dry run, no more than its key. */
type Shown =
  | DroppedObject
  | { readonly key: string; readonly outcome?: undefined; readonly replaced?: undefined };

const marks: Readonly<Record<DroppedObject['outcome'] | 'planned', Printed>> = {
  converted: { style: 'green', text: '✔' },
  died: { style: 'red', text: '✘' },
  waiting: { style: 'yellow', text: '…' },
  planned: '-',
};

function show({ files, days = [] }: Done, options: Options): void {
  const objects = files.flatMap((each) => each.objects);
  // What needs attention is not hidden behind what went well.
  const rank = (each: { readonly objects: readonly Shown[] }) =>
    each.objects.some(({ outcome }) => outcome === 'died') ? 0 : 1;
  const sorted = [...files].sort((a, b) => rank(a) - rank(b));
  for (const { file, objects: made } of sorted.slice(0, shownFiles)) {
    print(`${printable(file)}${made.length > 1 ? `, split by day into ${made.length} objects` : ''}`);
    for (const object of made.slice(0, shownObjects))
      print(
        ' ',
        marks[object.outcome ?? 'planned'],
        printable(describe(object)),
        ...replaces(object, options),
      );
    if (made.length > shownObjects) print(`    and ${made.length - shownObjects} more`);
  }
  if (files.length > shownFiles) print(`and ${files.length - shownFiles} more files (--json lists all)`);

  const of = (outcome: DroppedObject['outcome']) =>
    objects.filter((object) => object.outcome === outcome).length;
  const rows = objects
    .flatMap((object) => (object.outcome === 'converted' ? object.tables : []))
    .reduce((sum, table) => sum + table.rows, 0);
  if (options.dryRun) {
    print(`Would put ${counted(files.length, 'file')} into raw, as ${counted(objects.length, 'object')}.`);
    return;
  }
  print(
    `${counted(objects.length, 'object')}: ${of('converted')} converted to ${counted(rows, 'row')}, ${of('died')} died, ${of('waiting')} waiting`,
  );
  const died = days.filter((each) => each.outcome === 'died');
  for (const { day, code, reason } of died)
    print(' ', marks.died, printable(`${day} is not compacted: ${code}: ${reason}`));
  const late = days.filter(({ outcome }) => outcome === 'waiting').length;
  if (late > 0) print(' ', marks.waiting, `${counted(late, 'day')} not compacted yet`);
  if (of('died') + died.length > 0) print(`See what failed: ${next('dead-letters', options)}`);
  if (of('waiting') + late > 0) print(whatWaits(options));
}

function describe(object: Shown): string {
  switch (object.outcome) {
    case 'converted':
      return `${rowsByTable(object.tables)} (${object.key})`;
    case 'died':
      return `${object.code}: ${object.reason}`;
    default:
      return object.key;
  }
}

/** The emulator keeps no earlier versions. */
function replaces({ replaced }: Shown, { local }: Target): string[] {
  if (!replaced) return [];
  return [`(replaces what was there${local ? '' : ': raw keeps the earlier version'})`];
}

/** "72 rows in weatherapi_forecast_hour, 3 in weatherapi_forecast_day" */
function rowsByTable(tables: readonly TableRows[]): string {
  return tables
    .map(
      ({ table, rows }, index) =>
        `${index === 0 ? counted(rows, 'row') : rows.toLocaleString('en')} in ${table}`,
    )
    .join(', ');
}

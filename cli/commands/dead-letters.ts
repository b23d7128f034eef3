import { Command } from 'commander';
import { type Dropped, dropLetters } from '../../operations/dead-letters/drop-letters.ts';
import { takeBack } from '../../operations/dead-letters/given-up.ts';
import { type Redriven, redrive } from '../../operations/dead-letters/redrive.ts';
import { codesOf, type LetterSelection, shortIds } from '../../operations/dead-letters/selection.ts';
import type { Deployed, Target } from '../../operations/deployed.ts';
import { observing } from '../../operations/observed.ts';
import { deadLettersOf, lettersWithoutObject, type Outcome, watchOutcome } from '../../operations/outcome.ts';
import { type DeadLetter, DeadLetters } from '../../shared/dead-letters.ts';
import { givenUpPrefix } from '../../shared/keys.ts';
import { atWork } from '../at-work.ts';
import { next, targetOptions } from '../target-options.ts';
import { ago } from '../terminal/ago.ts';
import { canAsk, confirmed } from '../terminal/confirmation.ts';
import { interruptible } from '../terminal/interruption.ts';
import { failed as failure, print, printError, printJson } from '../terminal/output.ts';
import { printable } from '../terminal/printable.ts';
import { quoted } from '../terminal/quoted.ts';

interface Options extends Target {
  readonly dryRun?: true;
  readonly json?: true;
}

interface SelectionOptions extends Options {
  readonly code?: string;
  readonly key?: string;
  readonly all?: true;
}

type DropOptions = SelectionOptions & { readonly yes?: true };

/** Letters of one reason, unless there are more kinds of trouble than fit on a page. */
const shownLetters = 10;

export function deadLettersCommand(): Command {
  const command = new Command('dead-letters')
    .description('Shows what could not be converted, sends it again, or gives it up.')
    .option('--json', 'print nothing but the result, as JSON')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      `
Examples:
  npx tdf dead-letters
  npx tdf dead-letters --local
  npx tdf dead-letters redrive
  npx tdf dead-letters drop 01234567`,
    );
  for (const option of targetOptions) command.addOption(option);

  // Commander lets the command above parse its options wherever they stand.
  command
    .command('list', { isDefault: true })
    .description('show them, with reasons (the default)')
    .addHelpText(
      'after',
      `
Examples:
  npx tdf dead-letters list
  npx tdf dead-letters list --local
  npx tdf dead-letters list --json | jq '.[].reason'`,
    )
    .action((_: unknown, self: Command) => list(self.optsWithGlobals()));
  selecting(command.command('redrive'))
    .description('send them to the queue again, once what was wrong is fixed')
    .option('--all', 'all of them, as without any selection')
    .option('--dry-run', 'say which would be sent, and send none')
    .addHelpText(
      'after',
      `
Examples:
  npx tdf dead-letters redrive
  npx tdf dead-letters redrive 01234567 89abcdef
  npx tdf dead-letters redrive --code not-json --dry-run`,
    )
    .action((ids: string[], _: unknown, self: Command) => redriveSelected(ids, self.optsWithGlobals()));
  selecting(command.command('drop'))
    .description(`give them up: their raw objects move to ${givenUpPrefix}, which the pipeline ignores`)
    .option('--all', 'all of them')
    .option('--yes', 'do not ask')
    .option('--dry-run', 'say what would be dropped, and drop nothing')
    .addHelpText(
      'after',
      `
Examples:
  npx tdf dead-letters drop 01234567
  npx tdf dead-letters drop --key weatherapi/current/dt=2026-11-22/ --dry-run
  npx tdf dead-letters drop --code not-json --yes`,
    )
    .action((ids: string[], _: unknown, self: Command) => dropSelected(ids, self.optsWithGlobals()));
  command
    .command('take-back')
    .argument('<keys...>', 'of raw objects that were given up')
    .description('move raw objects back to where they were, which converts them')
    .option('--dry-run', 'say what would be taken back, and move nothing')
    .addHelpText(
      'after',
      `
Example:
  npx tdf dead-letters take-back weatherapi/current/response.json`,
    )
    .action((keys: string[], _: unknown, self: Command) => takeBackAll(keys, self.optsWithGlobals()));
  return command;
}

function selecting(command: Command): Command {
  return command
    .argument('[id...]', 'as the list shows them; the beginning is enough')
    .option('--code <code>', 'only those with this reason code')
    .option('--key <prefix>', 'only those whose raw key begins with this');
}

async function list(options: Options): Promise<void> {
  const letters = await interruptible((signal) =>
    observing(options, ({ sqs, outputs }) =>
      new DeadLetters(sqs, outputs.DeadLetterQueueUrl).list({ signal }),
    ),
  );
  if (options.json) return printJson(letters);
  if (letters.length === 0) return print('There are no dead letters.');
  show(letters);
  print(
    [
      '',
      `${count(letters)}: ${printable(codesOf(letters))}`,
      'Fix what the reasons say: the raw object, its place, or the code. Then send them again:',
      `  ${next('dead-letters redrive [ID… | --code CODE | --key PREFIX]', options)}`,
      `To give some up: ${next('dead-letters drop ID…', options)}`,
    ].join('\n'),
  );
}

async function redriveSelected(ids: readonly string[], options: SelectionOptions): Promise<void> {
  const { dryRun } = options;
  const selection = selectionOf(ids, options);
  const { redriven, left, failed, outcome, gone, stopped } = await atWork(
    options,
    async (deployed, signal) => {
      const to = { sqs: deployed.sqs, queueUrl: deployed.outputs.QueueUrl };
      let sent: Redriven = { redriven: [], left: [], failed: [] };
      // Before they are sent: convert moves an object without a day.
      const empty = deployed.runtime ? await lettersWithoutObject(deployed) : undefined;
      const outcome = await outcomeOf(deployed, dryRun, signal, async () => {
        sent = await redrive(deadLettersOf(deployed), to, selection, { dryRun, signal });
      });
      const gone = sent.redriven.filter(({ id }) => empty?.has(id)).length;
      return { ...sent, outcome, gone, stopped: signal.aborted };
    },
  );
  if (stopped || failed.length > 0 || (outcome && outcome.dead.length > 0)) process.exitCode = 1;
  if (options.json)
    return printJson({ redriven, left, failed, dryRun: dryRun ?? false, ...outcomeJson(outcome) });

  if (dryRun) show(redriven);
  print(`${dryRun ? 'Would send' : 'Sent'} ${count(redriven)} again; ${left.length} left.`);
  for (const { letter, reason } of failed) printError(failure, `${letter.id}: ${reason}`);
  if (!dryRun && redriven.length > 0) showOutcome(outcome, options);
  if (!dryRun && gone > 0)
    print(
      gone === 1
        ? '1 has nothing left to convert: its raw object is gone.'
        : `${gone} have nothing left to convert: their raw objects are gone.`,
    );
}

async function dropSelected(ids: readonly string[], options: DropOptions): Promise<void> {
  const { yes, dryRun, code, key, all } = options;
  if (ids.length === 0 && code === undefined && key === undefined && !all)
    throw new Error('Which dead letters? Name their ids, or say --code CODE, --key PREFIX or --all.');
  if (!yes && !dryRun && !canAsk())
    throw new Error('This is not a terminal, so no one can confirm. To drop them, say --yes.');
  const agreed = async (letters: readonly DeadLetter[]) =>
    yes === true || confirmed(`Drop ${count(letters)}: ${printable(codesOf(letters))}?`);
  const result = await atWork(options, async (deployed, signal) => {
    const raw = { s3: deployed.s3, bucket: deployed.outputs.RawBucketName };
    const selection = selectionOf(ids, options);
    const dropped = await dropLetters(deadLettersOf(deployed), raw, selection, { agreed, dryRun, signal });
    await deployed.runtime?.settled({ signal });
    return dropped;
  });
  const { dropped, failed } = result ?? { dropped: [], failed: [] };
  if (failed.length > 0) process.exitCode = 1;
  if (options.json) return printJson({ dropped, failed, dryRun: dryRun ?? false });
  for (const { letter, objects } of dropped.slice(0, shownLetters)) {
    print(`${dryRun ? 'Would drop' : 'Dropped'} ${letter.id}: ${nameOf(letter)}.`);
    for (const object of objects) print(`  ${describe(object, dryRun)}`);
  }
  const more = dropped.length - shownLetters;
  if (more > 0) print(`and ${more} more (--json lists all)`);
  for (const { letter, reason } of failed) printError(failure, printable(`${letter.id}: ${reason}`));
  const moved = dropped.flatMap(({ objects }) => objects).filter(({ outcome }) => outcome === 'given-up');
  if (!result) print('Kept them.');
  else if (dropped.length === 0 && failed.length === 0) print('There are no dead letters.');
  else if (moved.length > 0 && !dryRun) {
    print('To take it back, so that it is converted:');
    for (const { key: movedKey } of moved.slice(0, shownLetters))
      print(`  ${next(`dead-letters take-back ${quoted(movedKey)}`, options)}`);
  }
}

function describe({ key, outcome }: Dropped['objects'][number], dryRun?: true): string {
  switch (outcome) {
    case 'given-up':
      return `Its raw object ${dryRun ? 'would be' : 'is'} ${givenUpPrefix}${printable(key)}, which the pipeline ignores.`;
    case 'replaced':
      return `Its raw object was replaced since then, and stays: ${printable(key)}`;
    case 'gone':
      return `Its raw object is gone already: ${printable(key)}`;
  }
}

async function takeBackAll(keys: readonly string[], options: Options): Promise<void> {
  const { dryRun } = options;
  const takenBack: string[] = [];
  const failed: { key: string; reason: string }[] = [];
  const outcome = await atWork(options, (deployed, signal) =>
    outcomeOf(deployed, dryRun, signal, async () => {
      const raw = { s3: deployed.s3, bucket: deployed.outputs.RawBucketName };
      for (const typed of keys) {
        const key = typed.startsWith(givenUpPrefix) ? typed.slice(givenUpPrefix.length) : typed;
        try {
          await takeBack(raw, key, { dryRun });
          takenBack.push(key);
        } catch (error) {
          failed.push({ key, reason: error instanceof Error ? error.message : String(error) });
        }
      }
    }),
  );
  if (failed.length > 0 || (outcome && outcome.dead.length > 0)) process.exitCode = 1;
  if (options.json) return printJson({ takenBack, failed, dryRun: dryRun ?? false, ...outcomeJson(outcome) });
  for (const { key, reason } of failed) printError(failure, printable(`${key}: ${reason}`));
  for (const key of takenBack) print(`${dryRun ? 'Would take back' : 'Took back'} ${printable(key)}.`);
  if (takenBack.length > 0 && !dryRun) showOutcome(outcome, options);
}

/** What becomes of what `send` sends. Undefined on AWS, where nobody waits for it, and when nothing is sent. */
async function outcomeOf(
  deployed: Deployed,
  dryRun: true | undefined,
  signal: AbortSignal,
  send: () => Promise<void>,
): Promise<Outcome | undefined> {
  const watch = deployed.runtime && !dryRun ? await watchOutcome(deployed, signal) : undefined;
  await send();
  return watch?.settled([], signal);
}

function outcomeJson(outcome: Outcome | undefined) {
  return outcome && { converted: outcome.converted.flat(), deadAgain: outcome.dead };
}

/** What became of messages: here it is known; on AWS it will be. */
function showOutcome(outcome: Outcome | undefined, target: Target): void {
  if (outcome) {
    print(`Converted ${outcome.converted.length}; dead again ${outcome.dead.length}.`);
    show(outcome.dead);
  } else print(`See what became of them: ${next('status', target)}; ${next('dead-letters', target)}`);
}

function selectionOf(ids: readonly string[], { code, key }: SelectionOptions): LetterSelection {
  return { ids, code, key };
}

/** Letters that say the same of their objects are one paragraph. */
function show(letters: readonly DeadLetter[]): void {
  const now = new Date();
  const ids = shortIds(letters);
  const groups = Object.groupBy(letters, ({ code, reason, key }) =>
    JSON.stringify([code, key === null ? reason : reason.replaceAll(key, 'KEY')]),
  );
  for (const group of Object.values(groups)) {
    const [first, ...others] = group ?? [];
    if (!group || !first) continue;
    const times = others.length > 0 ? `${group.length} × ` : '';
    print({ style: 'bold', text: printable(`${times}${first.code}`) }, ` ${printable(first.reason)}`);
    for (const { id, key, sentAt, tries } of group.slice(0, shownLetters)) {
      const tried = tries === null ? '' : `, ${tries} ${tries === 1 ? 'try' : 'tries'}`;
      print(`  ${ids.get(id)}  ${printable(key ?? '(names no object)')}  ${ago(sentAt, now)} old${tried}`);
    }
    if (group.length > shownLetters) print(`  and ${group.length - shownLetters} more (--json lists all)`);
  }
}

function nameOf({ code, key }: DeadLetter): string {
  return printable(`${code}, ${key ?? 'names no object'}`);
}

function count({ length }: readonly unknown[]): string {
  return `${length} dead ${length === 1 ? 'letter' : 'letters'}`;
}

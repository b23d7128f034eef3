import { styleText } from 'node:util';
import { Command } from 'commander';
import { type DeadLetter, DeadLetters } from '../dead-letters/dead-letters.ts';
import { type Outcome, outcomeOf } from '../dead-letters/local-outcome.ts';
import { drop, type Redriven, redrive, type Selection } from '../dead-letters/redrive.ts';
import { connect, type Deployed, next, type Target, targetOptions } from '../deployed.ts';
import { ago } from '../terminal/ago.ts';
import { canAsk, confirmed } from '../terminal/confirmation.ts';
import { interruptible } from '../terminal/interruption.ts';
import { printable } from '../terminal/printable.ts';

interface Options extends Target {
  readonly json?: true;
}

type RedriveOptions = Options & Selection & { readonly dryRun?: true };
type DropOptions = Options & { readonly yes?: true; readonly dryRun?: true };

export function deadLettersCommand(): Command {
  const command = new Command('dead-letters')
    .description('Shows messages that were given up, sends them again, or drops one.')
    .option('--json', 'print nothing but the result, as JSON')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      `
Examples:
  npm run tdf -- dead-letters
  npm run tdf -- dead-letters redrive
  npm run tdf -- dead-letters redrive --code not-json --dry-run
  npm run tdf -- dead-letters drop 01234567-89ab-cdef-0123-456789abcdef`,
    );
  for (const option of targetOptions) command.addOption(option);

  // Commander lets the command above parse its options wherever they stand.
  command
    .command('list', { isDefault: true })
    .description('show them, with reasons (the default)')
    .action((_: unknown, self: Command) => list(self.optsWithGlobals()));
  command
    .command('redrive')
    .description('send them to the queue again, once what was wrong is mended')
    .option('--code <code>', 'only those with this reason code')
    .option('--id <id>', 'only this one')
    .option('--dry-run', 'say which would be sent, and send none')
    .action((_: unknown, self: Command) => redriveSelected(self.optsWithGlobals()));
  command
    .command('drop')
    .argument('<id>', 'as the list shows it')
    .description('remove one for good; its raw object stays')
    .option('--yes', 'do not ask')
    .option('--dry-run', 'say what would be removed')
    .action((id: string, _: unknown, self: Command) => dropOne(id, self.optsWithGlobals()));
  return command;
}

async function list(options: Options): Promise<void> {
  const letters = await atWork(options, ({ deadLetters, signal }) => deadLetters.list(signal));
  if (options.json) return print(letters);
  if (letters.length === 0) return console.log('There are no dead letters.');
  show(letters);
  console.log(
    [
      '',
      `${count(letters)}: ${codesOf(letters)}`,
      'Mend what the reasons say: the raw object, its place, or the code. Then send them again:',
      `  ${next('dead-letters redrive [--code CODE | --id ID]', options)}`,
      `To give one up, whose raw object stays: ${next('dead-letters drop ID', options)}`,
    ].join('\n'),
  );
}

async function redriveSelected(options: RedriveOptions): Promise<void> {
  const { dryRun } = options;
  const { redriven, left, failed, outcome, stopped } = await atWork(
    options,
    async ({ deployed, deadLetters, signal }) => {
      const { outputs, sqs, runtime } = deployed;
      const to = { sqs, queueUrl: outputs.QueueUrl };
      let sent: Redriven = { redriven: [], left: [], failed: [] };
      const send = async () => {
        sent = await redrive(deadLetters, to, options, { dryRun, signal });
        return sent.left;
      };
      const outcome: Outcome | undefined =
        runtime && !dryRun
          ? await outcomeOf(runtime, outputs, deadLetters, send, signal)
          : void (await send());
      return { ...sent, outcome, stopped: signal.aborted };
    },
  );
  if (stopped || failed.length > 0 || (outcome && outcome.deadAgain.length > 0)) process.exitCode = 1;
  if (options.json) return print({ redriven, left, failed, dryRun: dryRun ?? false, ...outcome });

  if (redriven.length === 0 && left.length > 0 && failed.length === 0 && !stopped) {
    return console.log(`None of the dead letters is meant; there are: ${codesOf(left)}`);
  }
  if (dryRun) show(redriven);
  console.log(`${dryRun ? 'Would send' : 'Sent'} ${count(redriven)} again; ${left.length} left.`);
  for (const { letter, reason } of failed) {
    console.error(`${styleText('red', 'Failed', { stream: process.stderr })} ${letter.id}: ${reason}`);
  }
  if (!outcome) {
    if (!dryRun && redriven.length > 0)
      console.log(`See what became of them: ${next('status', options)}; ${next('dead-letters', options)}`);
    return;
  }
  console.log(`Converted ${outcome.converted.length}; dead again ${outcome.deadAgain.length}.`);
  show(outcome.deadAgain);
}

async function dropOne(id: string, options: DropOptions): Promise<void> {
  if (!options.yes && !options.dryRun && !canAsk()) {
    throw new Error('Nobody is there to be asked whether to drop it: say --yes.');
  }
  const { letter, dropped } = await atWork(options, ({ deadLetters, signal }) =>
    drop(
      deadLetters,
      id,
      async (found) => {
        if (options.dryRun) return false;
        if (options.yes) return true;
        return confirmed(
          `Drop ${found.code}, ${printable(found.key ?? '(no key)')}? ${printable(found.reason)}`,
        );
      },
      signal,
    ),
  );
  if (options.json) return print({ letter, dropped });
  const name = `${letter.id} (${letter.code}, ${printable(letter.key ?? 'no key')})`;
  if (dropped)
    console.log(`Dropped ${name}. Its raw object stays: put it into raw again to convert it after all.`);
  else console.log(options.dryRun ? `Would drop ${name}.` : `Kept ${name}.`);
}

interface AtWork {
  readonly deployed: Deployed;
  readonly deadLetters: DeadLetters;
  readonly signal: AbortSignal;
}

/** Connects, and gives everything back when stopped. */
async function atWork<T>(target: Target, work: (atWork: AtWork) => Promise<T>): Promise<T> {
  const deployed = await connect(target);
  try {
    const deadLetters = new DeadLetters(deployed.sqs, deployed.outputs.DeadLetterQueueUrl);
    return await interruptible((signal) => work({ deployed, deadLetters, signal }));
  } finally {
    await deployed.close();
  }
}

function show(letters: readonly DeadLetter[]): void {
  const now = new Date();
  for (const { id, code, reason, key, sentAt, timesReceived } of letters) {
    const received = `received ${timesReceived} ${timesReceived === 1 ? 'time' : 'times'}`;
    console.log(
      [
        `${styleText('bold', printable(code))}  ${key === null ? '(names no object)' : printable(key)}`,
        `  ${printable(reason)}`,
        `  ${ago(sentAt, now)} old, ${received}, id ${id}`,
      ].join('\n'),
    );
  }
}

/** "2 not-json, 1 empty" */
function codesOf(letters: readonly DeadLetter[]): string {
  const byCode = Object.entries(Object.groupBy(letters, ({ code }) => code));
  return byCode.map(([code, those = []]) => `${those.length} ${printable(code)}`).join(', ');
}

function count({ length }: readonly unknown[]): string {
  return `${length} dead ${length === 1 ? 'letter' : 'letters'}`;
}

function print(result: unknown): void {
  console.log(JSON.stringify(result, null, 2));
}

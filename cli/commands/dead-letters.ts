import { Command } from 'commander';
import { type DeadLetter, DeadLetters } from '../../operations/dead-letters/dead-letters.ts';
import { takeBack } from '../../operations/dead-letters/given-up.ts';
import { type Outcome, outcomeOf } from '../../operations/dead-letters/local-outcome.ts';
import {
  type Dropped,
  drop,
  type Redriven,
  redrive,
  type Selection,
} from '../../operations/dead-letters/redrive.ts';
import { connect, type Deployed, type Target } from '../../operations/deployed.ts';
import { givenUpPrefix } from '../../shared/keys.ts';
import { next, targetOptions } from '../target-options.ts';
import { ago } from '../terminal/ago.ts';
import { canAsk, confirmed } from '../terminal/confirmation.ts';
import { interruptible } from '../terminal/interruption.ts';
import { failed as failure, print, printError, printJson } from '../terminal/output.ts';
import { printable } from '../terminal/printable.ts';
import { quoted } from '../terminal/quoted.ts';

interface Options extends Target {
  readonly json?: true;
}

type RedriveOptions = Options & Selection & { readonly dryRun?: true };
type DropOptions = Options & { readonly yes?: true; readonly dryRun?: true };

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
  npx tdf dead-letters redrive
  npx tdf dead-letters redrive --code not-json --dry-run
  npx tdf dead-letters drop 01234567-89ab-cdef-0123-456789abcdef
  npx tdf dead-letters take-back weatherapi/current/response.json`,
    );
  for (const option of targetOptions) command.addOption(option);

  // Commander lets the command above parse its options wherever they stand.
  command
    .command('list', { isDefault: true })
    .description('show them, with reasons (the default)')
    .action((_: unknown, self: Command) => list(self.optsWithGlobals()));
  command
    .command('redrive')
    .description('send them to the queue again, once what was wrong is fixed')
    .option('--code <code>', 'only those with this reason code')
    .option('--id <id>', 'only this one')
    .option('--dry-run', 'say which would be sent, and send none')
    .action((_: unknown, self: Command) => redriveSelected(self.optsWithGlobals()));
  command
    .command('drop')
    .argument('<id>', 'as the list shows it')
    .description(`give one up: its raw object moves to ${givenUpPrefix}, where nothing looks`)
    .option('--yes', 'do not ask')
    .option('--dry-run', 'say what would be dropped')
    .action((id: string, _: unknown, self: Command) => dropOne(id, self.optsWithGlobals()));
  command
    .command('take-back')
    .argument('<keys...>', 'of raw objects that were given up')
    .description('move raw objects back to where they were, which converts them')
    .action((keys: string[], _: unknown, self: Command) => takeBackAll(keys, self.optsWithGlobals()));
  return command;
}

async function list(options: Options): Promise<void> {
  const letters = await atWork(options, ({ deadLetters, signal }) => deadLetters.list(signal));
  if (options.json) return printJson(letters);
  if (letters.length === 0) return print('There are no dead letters.');
  show(letters);
  print(
    [
      '',
      `${count(letters)}: ${codesOf(letters)}`,
      'Fix what the reasons say: the raw object, its place, or the code. Then send them again:',
      `  ${next('dead-letters redrive [--code CODE | --id ID]', options)}`,
      `To give one up: ${next('dead-letters drop ID', options)}`,
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
  if (options.json) return printJson({ redriven, left, failed, dryRun: dryRun ?? false, ...outcome });

  if (redriven.length === 0 && left.length > 0 && failed.length === 0 && !stopped) {
    return print(`None of the dead letters is meant; there are: ${codesOf(left)}`);
  }
  if (dryRun) show(redriven);
  print(`${dryRun ? 'Would send' : 'Sent'} ${count(redriven)} again; ${left.length} left.`);
  for (const { letter, reason } of failed) {
    printError(failure, `${letter.id}: ${reason}`);
  }
  if (!dryRun && redriven.length > 0) showOutcome(outcome, options);
}

/** What became of messages: here it is known; on AWS it will be. */
function showOutcome(outcome: Outcome | undefined, target: Target): void {
  if (outcome) {
    print(`Converted ${outcome.converted.length}; dead again ${outcome.deadAgain.length}.`);
    show(outcome.deadAgain);
  } else print(`See what became of them: ${next('status', target)}; ${next('dead-letters', target)}`);
}

async function dropOne(id: string, options: DropOptions): Promise<void> {
  if (!options.yes && !options.dryRun && !canAsk()) {
    throw new Error('Nobody is there to be asked whether to drop it: say --yes.');
  }
  const { letter, dropped, objects } = await atWork(options, async ({ deployed, deadLetters, signal }) => {
    const { s3, outputs, runtime } = deployed;
    const result = await drop(
      deadLetters,
      { s3, bucket: outputs.RawBucketName },
      id,
      async (found) =>
        !options.dryRun && (options.yes || confirmed(`Drop ${nameOf(found)}? ${found.reason}`)),
      signal,
    );
    await runtime?.settled({ signal });
    return result;
  });
  if (options.json) return printJson({ letter, dropped, objects });
  if (!dropped) return print(`${options.dryRun ? 'Would drop' : 'Kept'} ${letter.id}: ${nameOf(letter)}.`);
  print(`Dropped ${letter.id}: ${nameOf(letter)}.`);
  for (const { key, outcome } of objects) {
    if (outcome === 'given-up') {
      print(`Its raw object is now ${givenUpPrefix}${printable(key)}, where nothing looks. To take it back:`);
      print(`  ${next(`dead-letters take-back ${quoted(key)}`, options)}`);
    } else print(outcomes[outcome]);
  }
}

const outcomes: Readonly<Record<Exclude<Dropped['objects'][number]['outcome'], 'given-up'>, string>> = {
  replaced: 'Its raw object was replaced since then, and stays.',
  gone: 'Its raw object was gone already.',
};

function nameOf({ code, key }: DeadLetter): string {
  return printable(`${code}, ${key ?? 'names no object'}`);
}

async function takeBackAll(keys: readonly string[], options: Options): Promise<void> {
  const takenBack: string[] = [];
  const failed: { key: string; reason: string }[] = [];
  const outcome = await atWork(options, async ({ deployed, deadLetters, signal }) => {
    const { s3, outputs, runtime } = deployed;
    const move = async () => {
      const before = runtime ? await deadLetters.list(signal) : [];
      for (const typed of keys) {
        const key = typed.startsWith(givenUpPrefix) ? typed.slice(givenUpPrefix.length) : typed;
        try {
          await takeBack({ s3, bucket: outputs.RawBucketName }, key);
          takenBack.push(key);
        } catch (error) {
          failed.push({ key, reason: error instanceof Error ? error.message : String(error) });
        }
      }
      return before;
    };
    return runtime ? outcomeOf(runtime, outputs, deadLetters, move, signal) : void (await move());
  });
  if (failed.length > 0 || (outcome && outcome.deadAgain.length > 0)) process.exitCode = 1;
  if (options.json) return printJson({ takenBack, failed, ...outcome });
  for (const { key, reason } of failed) printError(failure, printable(`${key}: ${reason}`));
  for (const key of takenBack) print(`Took back ${printable(key)}.`);
  if (takenBack.length > 0) showOutcome(outcome, options);
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
    print({ style: 'bold', text: printable(code) }, ` ${printable(key ?? '(names no object)')}`);
    print(`  ${printable(reason)}`);
    print(`  ${ago(sentAt, now)} old, ${received}, id ${id}`);
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

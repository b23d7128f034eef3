import { Command, CommanderError, type Option } from 'commander';
import { NeverRanError, UnreconciledStateError } from '../operations/local-assembly.ts';
import { isNpmScript, swallowedOptions } from './npm.ts';
import { next, nextStart } from './target-options.ts';
import { commandOutput, failed, printError } from './terminal/output.ts';
import { quoted } from './terminal/quoted.ts';

/** Loaded when asked for: each brings clients along that the others do without. */
export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  dev: async () => (await import('./commands/dev.ts')).devCommand(),
  'set-key': async () => (await import('./commands/set-key.ts')).setKeyCommand(),
  status: async () => (await import('./commands/status.ts')).statusCommand(),
  logs: async () => (await import('./commands/logs.ts')).logsCommand(),
  explain: async () => (await import('./commands/explain.ts')).explainCommand(),
  backfill: async () => (await import('./commands/backfill.ts')).backfillCommand(),
  drop: async () => (await import('./commands/drop.ts')).dropCommand(),
  replay: async () => (await import('./commands/replay.ts')).replayCommand(),
  'dead-letters': async () => (await import('./commands/dead-letters.ts')).deadLettersCommand(),
  reconcile: async () => (await import('./commands/reconcile.ts')).reconcileCommand(),
  query: async () => (await import('./commands/query.ts')).queryCommand(),
  drift: async () => (await import('./commands/drift.ts')).driftCommand(),
  destroy: async () => (await import('./commands/destroy.ts')).destroyCommand(),
};

/** The command that is about nothing but this computer. */
const alwaysLocal = 'dev';

/** Runs what somebody typed behind `npx tdf`. What fails is told, and sets the exit code. */
export async function runProgram(args: readonly string[]): Promise<void> {
  const program = new Command('npx tdf')
    .description('Operates the weather pipeline, on AWS (--stage) or on this computer (--local).')
    .addHelpText('after', help);
  const asked = args[0] ?? '';
  const needed = Object.entries(commands).filter(
    ([name]) => name === asked || !Object.hasOwn(commands, asked),
  );
  try {
    for (const [, load] of needed) program.addCommand(await load());
    for (const command of [program, ...program.commands, ...program.commands.flatMap((c) => c.commands)]) {
      command.configureOutput(commandOutput).exitOverride();
      refuseSwallowed(command.options, args);
    }
    program.hook('preAction', (_, command) => requireTarget(command, args));
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    // Commander has said what it has to say.
    if (!(error instanceof CommanderError)) printError(failed, describe(error));
    process.exitCode = error instanceof CommanderError ? error.exitCode : 1;
  }
}

function refuseSwallowed(options: readonly Option[], args: readonly string[]): void {
  const swallowed = swallowedOptions(options, args);
  if (swallowed.length === 0) return;
  throw new Error(
    `npm took ${swallowed.map(({ long }) => long).join(', ')} for itself. Type: ${suggested([...args.map(quoted), ...swallowed.map(({ flags }) => flags)])}`,
  );
}

/** Nobody looks at AWS, or changes it, because they forgot `--local`, or npm dropped it. */
function requireTarget(command: Command, args: readonly string[]): void {
  if (command.name() === alwaysLocal) return;
  const { local, dryRun } = command.optsWithGlobals<{ local?: true; dryRun?: true }>();
  const isTyped = (option: string) => command.getOptionValueSourceWithGlobals(option) === 'cli';
  const isStated = isTyped('stage');
  if (local && isStated) throw new Error('--stage is a deployment on AWS: say either it or --local.');
  if (!local && isTyped('state'))
    throw new Error(
      `--state is of the pipeline on this computer. Add --local: npx tdf ${[...args, '--local'].map(quoted).join(' ')}`,
    );
  if (!isNpmScript || local || dryRun || isStated) return;
  throw new Error(
    `npm may have dropped --local, so say which deployment you mean: ${suggested(args.map(quoted))}`,
  );
}

/** What to type instead: for either target, unless one was named. */
function suggested(args: readonly string[]): string {
  const isNamed = args[0] === alwaysLocal || args.some((arg) => /^--(local|stage)\b/.test(arg));
  const typed = ['npx tdf', ...args].join(' ');
  return isNamed ? typed : `${typed} --local or ${typed} --stage dev`;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof NeverRanError)
    return `${error.message} Run one there: ${nextStart(error.state)}; or name another: --state DIR`;
  if (error instanceof UnreconciledStateError) {
    const target = { local: true, stage: '', state: error.state } as const;
    return `${error.message} Bring the state up to date: ${next('reconcile --grace 0', target)}`;
  }
  const withoutAccess = error.name === 'CredentialsProviderError' || error.message === 'Region is missing';
  return withoutAccess
    ? `${error.message}. To reach AWS, set AWS_PROFILE and AWS_REGION (or run: aws configure); for the pipeline on this computer, add --local.`
    : error.message;
}

const help = `
Lines are as wide as the terminal; COLUMNS=80 sets the width of piped output.

Examples:
  npm start                            # runs the pipeline once on this computer
  npm run dev                          # keeps it up, and shows it on a page
  npx tdf status                       # what failed, rings or waits, and why
  npx tdf explain 2026-11-22T05:00Z
  npx tdf dead-letters --help`;

import { Command, CommanderError } from 'commander';
import { commandOutput, failed, printError } from './terminal/output.ts';

/** Loaded when asked for: each brings clients along that the others do without. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  'set-key': async () => (await import('./commands/set-key.ts')).setKeyCommand(),
  status: async () => (await import('./commands/status.ts')).statusCommand(),
  logs: async () => (await import('./commands/logs.ts')).logsCommand(),
  explain: async () => (await import('./commands/explain.ts')).explainCommand(),
  drop: async () => (await import('./commands/drop.ts')).dropCommand(),
  replay: async () => (await import('./commands/replay.ts')).replayCommand(),
  'dead-letters': async () => (await import('./commands/dead-letters.ts')).deadLettersCommand(),
  reconcile: async () => (await import('./commands/reconcile.ts')).reconcileCommand(),
  query: async () => (await import('./commands/query.ts')).queryCommand(),
  destroy: async () => (await import('./commands/destroy.ts')).destroyCommand(),
};

/** Runs what somebody typed behind `npm run tdf --`. What fails is told, and sets the exit code. */
export async function runProgram(args: readonly string[]): Promise<void> {
  const program = new Command('tdf').description(
    'Operates the weather pipeline, on AWS (--stage) or on this computer (--local).',
  );
  const asked = args[0] ?? '';
  const needed = Object.entries(commands).filter(
    ([name]) => name === asked || !Object.hasOwn(commands, asked),
  );
  try {
    for (const [, load] of needed) program.addCommand(await load());
    for (const command of [program, ...program.commands, ...program.commands.flatMap((c) => c.commands)])
      command.configureOutput(commandOutput).exitOverride();
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    // Commander has said what it has to say.
    if (!(error instanceof CommanderError)) printError(failed, describe(error));
    process.exitCode = error instanceof CommanderError ? error.exitCode : 1;
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const withoutAccess = error.name === 'CredentialsProviderError' || error.message === 'Region is missing';
  return withoutAccess
    ? `${error.message}. To reach AWS, set AWS_PROFILE and AWS_REGION (or run: aws configure); for the pipeline on this computer, add --local.`
    : error.message;
}

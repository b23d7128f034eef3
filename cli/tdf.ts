import { styleText } from 'node:util';
import { Command } from 'commander';

/** Loaded when asked for: each brings clients along that the others do without. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  'set-key': async () => (await import('./commands/set-key.ts')).setKeyCommand(),
  status: async () => (await import('./commands/status.ts')).statusCommand(),
  replay: async () => (await import('./commands/replay.ts')).replayCommand(),
  'dead-letters': async () => (await import('./commands/dead-letters.ts')).deadLettersCommand(),
  reconcile: async () => (await import('./commands/reconcile.ts')).reconcileCommand(),
  query: async () => (await import('./commands/query.ts')).queryCommand(),
  destroy: async () => (await import('./commands/destroy.ts')).destroyCommand(),
};

const program = new Command('tdf').description(
  'Operates the weather pipeline, on AWS (--stage) or on this computer (--local).',
);
const asked = process.argv[2] ?? '';
const needed = Object.entries(commands).filter(([name]) => name === asked || !Object.hasOwn(commands, asked));

try {
  for (const [, load] of needed) program.addCommand(await load());
  await program.parseAsync();
} catch (error) {
  console.error(`${styleText('red', 'Failed', { stream: process.stderr })} ${describe(error)}`);
  process.exitCode = 1;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const withoutAccess = error.name === 'CredentialsProviderError' || error.message === 'Region is missing';
  return withoutAccess
    ? `${error.message}. To reach AWS, set AWS_PROFILE and AWS_REGION (or run: aws configure); for the pipeline on this computer, add --local.`
    : error.message;
}

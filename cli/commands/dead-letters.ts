import { Command, InvalidArgumentError } from 'commander';
import { givenUpPrefix } from '../../shared/keys.ts';
import { targetOptions } from '../target-options.ts';
import { dropLetters } from './dead-letters/drop-letters.ts';
import { listLetters } from './dead-letters/list-letters.ts';
import { redriveLetters } from './dead-letters/redrive-letters.ts';
import { takeBackObjects } from './dead-letters/take-back-objects.ts';

export function deadLettersCommand(): Command {
  const command = new Command('dead-letters')
    .description('Shows what could not be converted or compacted, sends it again, or gives it up.')
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
    .action((_: unknown, self: Command) => listLetters(self.optsWithGlobals()));
  selecting(command.command('redrive'))
    .description('send them to the queue again, once what was wrong is fixed')
    .option('--all', 'all of them, as without any selection')
    .option('--no-wait', 'do not wait until it is known what became of them')
    .option('--dry-run', 'say which would be sent, and send none')
    .addHelpText(
      'after',
      `
Examples:
  npx tdf dead-letters redrive
  npx tdf dead-letters redrive 01234567 89abcdef
  npx tdf dead-letters redrive --code not-json --dry-run`,
    )
    .action((ids: string[], _: unknown, self: Command) => redriveLetters(ids, self.optsWithGlobals()));
  selecting(command.command('drop'))
    .description(
      `give them up: raw objects move to ${givenUpPrefix}, which the pipeline ignores; of a day, only the letter goes`,
    )
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
    .action((ids: string[], _: unknown, self: Command) => dropLetters(ids, self.optsWithGlobals()));
  command
    .command('take-back')
    .argument('<keys...>', 'of raw objects that were given up')
    .description('move raw objects back to where they were, which converts them')
    .option('--no-wait', 'do not wait until it is known what became of them')
    .option('--dry-run', 'say what would be taken back, and move nothing')
    .addHelpText(
      'after',
      `
Example:
  npx tdf dead-letters take-back weatherapi/current/response.json`,
    )
    .action((keys: string[], _: unknown, self: Command) => takeBackObjects(keys, self.optsWithGlobals()));
  return command;
}

function selecting(command: Command): Command {
  return command
    .argument('[id...]', 'as the list shows them; the beginning is enough')
    .option('--code <code>', 'only those with this reason code')
    .option('--key <prefix>', 'only those whose raw key or day begins with this', parseKey);
}

/** An empty text, as of a variable that is not set, would be the beginning of every key. */
function parseKey(text: string): string {
  if (text.trim() === '')
    throw new InvalidArgumentError('Expected the beginning of a key, got an empty text.');
  return text;
}

import { Command, Option } from 'commander';
import { connect, findDeployed, type Target } from '../../operations/deployed.ts';
import {
  cdkDestroyArguments,
  destroyStack,
  type RunCdk,
  recoveryDays,
  runCdk,
  type SecretOutcome,
} from '../../operations/destroy/destroy-stack.ts';
import { findStateDirectory, removeStateDirectory } from '../../operations/destroy/state-directory.ts';
import { targetOptions } from '../target-options.ts';
import { canAsk, confirmed } from '../terminal/confirmation.ts';
import { print, printJson } from '../terminal/output.ts';

interface Options extends Target {
  readonly yes?: true;
  readonly keepSecret?: true;
  readonly deleteSecret?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

export function destroyCommand(cdk: RunCdk = runCdk): Command {
  const command = new Command('destroy')
    .description('Removes the stack with everything in its buckets; with --local, the state directory.')
    .option('--yes', 'do not ask')
    .option('--keep-secret', "keep the secret that holds WeatherAPI's key")
    .addOption(
      new Option('--delete-secret', `delete it; recoverable for ${recoveryDays} days`).conflicts(
        'keepSecret',
      ),
    )
    .option('--dry-run', 'say what would happen')
    .option('--json', 'print nothing but the result, as JSON')
    .addHelpText(
      'after',
      `
Examples:
  npx tdf destroy --dry-run
  npx tdf destroy --stage dev
  npx tdf destroy --stage dev --yes --delete-secret    # in a script
  npx tdf destroy --local`,
    );
  for (const option of targetOptions) command.addOption(option);
  return command.action(async (options: Options) => {
    if (!options.yes && !options.dryRun && !canAsk()) {
      throw new Error('This is not a terminal, so no one can confirm. To destroy it, say --yes.');
    }
    await (options.local ? destroyLocal(options) : destroyOnAws(options, cdk));
  });
}

async function destroyLocal({ state, yes, dryRun, json }: Options): Promise<void> {
  const path = findStateDirectory(state);
  const remove =
    path !== undefined &&
    !dryRun &&
    (yes || (await confirmed(`Remove ${path} with all objects, dead letters and logs in it?`)));
  if (remove) await removeStateDirectory(path);
  if (json) return printJson({ stateDirectory: path ?? null, removed: remove, dryRun: dryRun ?? false });
  if (path === undefined) print(`There is nothing to remove: ${state} does not exist.`);
  else if (remove) print(`Removed ${path}.`);
  else print(dryRun ? `Would remove ${path} with everything in it.` : `Kept ${path}.`);
}

async function destroyOnAws(options: Options, cdk: RunCdk): Promise<void> {
  const { stage, yes = false, dryRun, json } = options;
  const deployed = await connect(options);
  try {
    const {
      RawBucketName,
      CuratedBucketName,
      CompactedBucketName,
      ApiKeySecretName: secretName,
    } = deployed.outputs;
    const buckets = [RawBucketName, CuratedBucketName, CompactedBucketName];
    const stack = `TdfWeather-${stage}`;
    if (dryRun) {
      const args = cdkDestroyArguments(stage, yes);
      const secret = plannedSecret(options);
      if (json)
        return printJson({
          stack,
          buckets,
          cdk: args,
          secretName,
          secret,
          dryRun,
        });
      return print(
        [
          `Would run: npx cdk ${args.join(' ')}`,
          `It removes the stack ${stack} and, unless it was deployed with retainData, everything in`,
          ...buckets.map((name) => `  ${name}`),
          `The secret ${secretName}: ${secret === 'ask' ? 'you would be asked' : `would be ${secret}`}.`,
        ].join('\n'),
      );
    }
    const outcome = await destroyStack(
      { stage, force: yes, secretName, deleteSecret: () => wantsSecretDeleted(options, secretName) },
      { cdk, stackExists: () => stackExists(options), secrets: deployed.secrets },
    );
    if (json)
      return printJson({ stack, destroyed: outcome !== undefined, secretName, secret: outcome ?? 'kept' });
    if (!outcome) return print(`Kept the stack ${stack}, and the secret ${secretName}.`);
    print(`Destroyed the stack ${stack}.\n${said[outcome](secretName)}`);
  } finally {
    await deployed.close();
  }
}

const said: Readonly<Record<SecretOutcome, (name: string) => string>> = {
  kept: (name) => `Kept the secret ${name}.`,
  deleted: (name) =>
    `Deleted the secret ${name}. It is recoverable for ${recoveryDays} days: aws secretsmanager restore-secret --secret-id ${name}`,
  absent: (name) => `There was no secret ${name}.`,
};

/** Nobody loses a secret by saying yes to something else. */
function plannedSecret({ keepSecret, deleteSecret, yes }: Options): 'deleted' | 'kept' | 'ask' {
  if (deleteSecret) return 'deleted';
  return keepSecret || yes || !canAsk() ? 'kept' : 'ask';
}

async function wantsSecretDeleted(options: Options, name: string): Promise<boolean> {
  const planned = plannedSecret(options);
  return planned === 'ask'
    ? confirmed(`Delete the secret ${name} as well? Other stages may use it.`)
    : planned === 'deleted';
}

async function stackExists(target: Target): Promise<boolean> {
  const found = await findDeployed(target);
  await found?.close();
  return found !== undefined;
}

import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Command, Option } from 'commander';
import { foreseeStored, parseApiKey, type Stored, storeApiKey } from '../../operations/api-key.ts';
import { findDeployed, type Target } from '../../operations/deployed.ts';
import { defaultApiKeySecret } from '../../shared/api-key-secret.ts';
import { targetOptions } from '../target-options.ts';
import { print, printJson } from '../terminal/output.ts';
import { readSecret } from '../terminal/secret-input.ts';

interface Options extends Target {
  readonly secret?: string;
  readonly json?: true;
  readonly dryRun?: true;
}

export function setKeyCommand(): Command {
  const command = new Command('set-key')
    .description("Puts WeatherAPI's key into Secrets Manager: asked for, or read from standard input.")
    // Commander's own errors repeat what they refuse, and that could be the key.
    .allowExcessArguments()
    .allowUnknownOption()
    .usage('[options]')
    .addOption(
      new Option(
        '--secret <name>',
        `name of the secret, used before the stack exists (default: "${defaultApiKeySecret}")`,
      ),
    )
    .option('--dry-run', 'say what would be written, and ask for no key')
    .option('--json', 'print nothing but the result, as JSON')
    .addHelpText(
      'after',
      `
Examples:
  npx tdf set-key
  npx tdf set-key --stage prod < key.txt
  npx tdf set-key --secret team/weatherapi-key    # before the first deployment`,
    );
  for (const option of targetOptions) command.addOption(option);
  return command.action(async (options: Options) => {
    if (command.args.length > 0) {
      command.error(
        'error: set-key takes no arguments, and only the options that --help names. The key is asked for, or read ' +
          'from standard input.\nIf that was the key, it is in the history of your shell now: better have a new one made.',
      );
    }
    await setKey(options);
  });
}

async function setKey(options: Options): Promise<void> {
  const deployed = await findDeployed(options, { create: !options.dryRun });
  const secrets = deployed?.secrets ?? new SecretsManagerClient();
  try {
    const name = deployed?.outputs.ApiKeySecretName ?? options.secret ?? defaultApiKeySecret;
    if (options.secret !== undefined && options.secret !== name) {
      throw new Error(`The stack reads its key from the secret ${name}, not from ${options.secret}.`);
    }
    if (options.dryRun) {
      const stored = await foreseeStored(secrets, name);
      if (options.json) printJson({ secret: name, stored, dryRun: true });
      else print(planned[stored](name));
      return;
    }
    const key = parseApiKey(await readSecret("WeatherAPI's key"));
    const stored = await storeApiKey(secrets, name, key);
    if (options.json) printJson({ secret: name, stored, kept: !options.local });
    else print([said[stored](name), whatNext(options, deployed !== undefined)].join('\n'));
  } finally {
    secrets.destroy();
    await deployed?.close();
  }
}

const planned: Readonly<Record<Stored, (name: string) => string>> = {
  created: (name) => `Would create the secret ${name}.`,
  replaced: (name) => `Would replace the value of the secret ${name}.`,
  restored: (name) => `Would take the secret ${name} back from deletion, and replace its value.`,
};

const said: Readonly<Record<Stored, (name: string) => string>> = {
  created: (name) => `Created the secret ${name}.`,
  replaced: (name) => `Replaced the value of the secret ${name}.`,
  restored: (name) => `Took the secret ${name} back from deletion, and replaced its value.`,
};

function whatNext({ local, stage }: Target, deployed: boolean): string {
  if (local) {
    return 'On this computer secrets are kept in memory only, so this one is gone already. Use the key by way of the environment: set WEATHERAPI_KEY, then npm start.';
  }
  return deployed
    ? 'fetch reads it when it starts next, and when the API refuses the one it holds.'
    : `There is no stack yet: npx cdk deploy -c stage=${stage}. If cdk.json names another secretName, give that one with --secret.`;
}

import {
  CreateSecretCommand,
  DescribeSecretCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  RestoreSecretCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';

/** `restored`: it was waiting to be deleted, as `tdf destroy` leaves it for some days. */
export type Stored = 'created' | 'replaced' | 'restored';

/**
 * The key in what somebody typed or piped.
 * @throws {Error} when that cannot be a key; what it was is not repeated
 */
export function parseApiKey(text: string): string {
  const key = text.trim();
  if (key === '') throw new Error('The key is empty. Nothing was changed.');
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new Error(
      'The key has white space or other unusual characters in it; expected one word. Nothing was changed.',
    );
  }
  return key;
}

/**
 * Makes the key the secret's value, whether or not there is such a secret yet.
 * @throws {Error} that does not repeat the key, whatever the service answered
 */
export async function storeApiKey(
  secrets: Pick<SecretsManagerClient, 'send'>,
  name: string,
  key: string,
): Promise<Stored> {
  try {
    return await store(secrets, name, key);
  } catch (error) {
    // No `cause`: it would bring along what the service said, word for word.
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new Error(`The secret ${name} could not be written: ${text.replaceAll(key, '***')}`);
  }
}

async function store(
  secrets: Pick<SecretsManagerClient, 'send'>,
  name: string,
  key: string,
): Promise<Stored> {
  const stored = await foreseeStored(secrets, name);
  if (stored === 'created') {
    const Description = "WeatherAPI.com's key, for the weather pipeline.";
    await secrets.send(new CreateSecretCommand({ Name: name, Description, SecretString: key }));
    return stored;
  }
  if (stored === 'restored') await secrets.send(new RestoreSecretCommand({ SecretId: name }));
  await secrets.send(new PutSecretValueCommand({ SecretId: name, SecretString: key }));
  return stored;
}

/** What storing a key comes to. */
export async function foreseeStored(
  secrets: Pick<SecretsManagerClient, 'send'>,
  name: string,
): Promise<Stored> {
  try {
    const { DeletedDate } = await secrets.send(new DescribeSecretCommand({ SecretId: name }));
    return DeletedDate === undefined ? 'replaced' : 'restored';
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return 'created';
    throw error;
  }
}

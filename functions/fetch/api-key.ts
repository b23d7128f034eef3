import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ConfigurationError } from '../../shared/errors.ts';

/** WeatherAPI's key, held in memory while the execution environment is warm and never written anywhere. */
export class ApiKey {
  readonly #client: Pick<SecretsManagerClient, 'send'>;
  readonly #secretId: string;
  #value: Promise<string> | undefined;

  constructor(client: Pick<SecretsManagerClient, 'send'>, secretId: string) {
    this.#client = client;
    this.#secretId = secretId;
  }

  get(): Promise<string> {
    this.#value ??= this.#read().catch((error: unknown) => {
      this.#value = undefined; // Do not keep a failure: the next run asks again.
      throw error;
    });
    return this.#value;
  }

  /** The key after `refused` was refused. Concurrent callers with the same key share one read of the secret. */
  async renew(refused: string): Promise<string> {
    const held = this.#value;
    if ((await held) === refused && this.#value === held) this.#value = undefined; // Otherwise another call has renewed it.
    return this.get();
  }

  async #read(): Promise<string> {
    const { SecretString } = await this.#client.send(new GetSecretValueCommand({ SecretId: this.#secretId }));
    const key = SecretString?.trim();
    if (!key) {
      throw new ConfigurationError(
        `The secret "${this.#secretId}" is empty. Put WeatherAPI's key into it: npx tdf set-key`,
      );
    }
    return key;
  }
}

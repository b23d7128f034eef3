import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ConfigurationError } from '../../shared/errors.ts';

/** WeatherAPI's key, held in memory for as long as the execution environment is warm. Never written anywhere. */
export class ApiKey {
  readonly #client: Pick<SecretsManagerClient, 'send'>;
  readonly #secretId: string;
  #value: Promise<string> | undefined;

  constructor(client: Pick<SecretsManagerClient, 'send'>, secretId: string) {
    this.#client = client;
    this.#secretId = secretId;
  }

  /** The key; read from Secrets Manager once, also when many ask at the same time. */
  get(): Promise<string> {
    this.#value ??= this.#read().catch((error: unknown) => {
      this.#value = undefined; // The next run asks again, instead of keeping a failure warm.
      throw error;
    });
    return this.#value;
  }

  /** The key after `refused` was turned down: read anew, once for all who hold the same one. */
  async renew(refused: string): Promise<string> {
    const held = this.#value;
    if ((await held) === refused && this.#value === held) this.#value = undefined; // Else another call renewed it.
    return this.get();
  }

  async #read(): Promise<string> {
    const { SecretString } = await this.#client.send(new GetSecretValueCommand({ SecretId: this.#secretId }));
    const key = SecretString?.trim();
    if (!key) {
      throw new ConfigurationError(
        `The secret "${this.#secretId}" is empty. Put WeatherAPI's key into it, as plain text.`,
      );
    }
    return key;
  }
}

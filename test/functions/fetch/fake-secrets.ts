import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** Secrets Manager in memory, as far as fetch uses it. */
export class FakeSecrets {
  /** What a read of the secret answers; undefined for a secret without a value. */
  secret: string | undefined;
  /** Reads that were asked for, the failed ones too. */
  reads = 0;
  /** Thrown by every call as long as it is set. */
  failure: Error | undefined;

  constructor(secret?: string) {
    this.secret = secret;
  }

  get client(): Pick<SecretsManagerClient, 'send'> {
    return { send: (command: unknown) => this.#answer(command) } as never;
  }

  async #answer(command: unknown): Promise<unknown> {
    if (!(command instanceof GetSecretValueCommand)) throw new Error('There is no such call in this fake.');
    this.reads += 1;
    if (this.failure) throw this.failure;
    return { SecretString: this.secret };
  }
}

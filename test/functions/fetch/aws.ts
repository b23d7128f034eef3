import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

export interface StoredObject {
  readonly body: string;
  readonly contentType: string | undefined;
  readonly metadata: Record<string, string>;
}

/** S3 and Secrets Manager in memory, as far as fetch uses them: one `send` answers for both. */
export class FakeAws {
  /** What a read of the secret answers; undefined for a secret without a value. */
  secret: string | undefined;
  /** Reads that were asked for, the failed ones too. */
  secretReads = 0;
  /** Thrown by every call as long as it is set. */
  failure: Error | undefined;
  /** "bucket/key" -> what was put there. */
  readonly objects = new Map<string, StoredObject>();

  constructor(secret?: string) {
    this.secret = secret;
  }

  get client(): Pick<S3Client, 'send'> & Pick<SecretsManagerClient, 'send'> {
    return { send: (command: unknown) => this.#answer(command) } as never;
  }

  async #answer(command: unknown): Promise<unknown> {
    if (command instanceof GetSecretValueCommand) this.secretReads += 1;
    if (this.failure) throw this.failure;
    if (command instanceof GetSecretValueCommand) return { SecretString: this.secret };
    if (command instanceof PutObjectCommand) return this.#put(command);
    throw new Error('There is no such call in this fake.');
  }

  #put({ input }: PutObjectCommand): unknown {
    const name = `${input.Bucket}/${input.Key}`;
    if (input.IfNoneMatch === '*' && this.objects.has(name)) {
      throw Object.assign(new Error('At least one of the pre-conditions you specified did not hold'), {
        name: 'PreconditionFailed',
      });
    }
    this.objects.set(name, {
      body: String(input.Body),
      contentType: input.ContentType,
      metadata: input.Metadata ?? {},
    });
    return {};
  }
}

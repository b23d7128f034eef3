import { createHash, randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { accountId } from '../account.ts';
import { apiCallOf, refuse } from './api-call.ts';

/** What the supported calls take. */
interface Input {
  readonly Name?: string;
  readonly SecretId?: string;
  readonly SecretString?: string;
}

/** JSON.parse quotes its input in its errors, and the input may hold a secret: what is not JSON is no input. */
function inputOf({ body }: FastifyRequest): Input {
  try {
    return JSON.parse(String(body)) ?? {};
  } catch {
    return {};
  }
}

/** The name or ARN that a request asks for. */
export function secretAskedFor(request: FastifyRequest): string {
  const { SecretId, Name } = inputOf(request);
  return String(SecretId ?? Name);
}

/** The message names the secret, never its value. */
class SecretsError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Secrets, in memory only: what a function needs to read its own, and a person to change it. */
export class SecretStore {
  /** Name -> value, live: what is set here is what the next GetSecretValue answers. */
  readonly values = new Map<string, string>();
  readonly #versions = new Map<string, { value: string; id: string }>();
  readonly #region: string;

  constructor(region: string) {
    this.#region = region;
  }

  /**
   * AWS ends ARNs in six random characters: here the same ones at every start. While there is no such secret, AWS looks
   * in policies for the ARN without them.
   */
  arnOf(asked: string): string {
    const name = this.#nameOf(asked);
    if (name !== undefined) return this.#arn(name);
    return asked.startsWith('arn:') ? asked : this.#arnWithoutSuffix(asked);
  }

  /** @throws {SecretsError} as AWS refuses it */
  call(action: string, { Name, SecretId, SecretString }: Input): object {
    switch (action) {
      case 'GetSecretValue': {
        const name = this.#find(SecretId);
        return {
          ...this.#describe(name),
          SecretString: this.values.get(name),
          VersionStages: ['AWSCURRENT'],
        };
      }
      case 'CreateSecret': {
        const name = required(Name, 'Name');
        if (this.values.has(name)) {
          throw new SecretsError('ResourceExistsException', `The secret ${name} already exists.`);
        }
        this.values.set(name, required(SecretString, 'SecretString'));
        return this.#describe(name);
      }
      case 'PutSecretValue': {
        const name = this.#find(SecretId);
        this.values.set(name, required(SecretString, 'SecretString'));
        return { ...this.#describe(name), VersionStages: ['AWSCURRENT'] };
      }
      case 'DescribeSecret': {
        const { VersionId, ...rest } = this.#describe(this.#find(SecretId));
        return { ...rest, VersionIdsToStages: { [VersionId]: ['AWSCURRENT'] } };
      }
      case 'DeleteSecret': {
        const { ARN, Name: name } = this.#describe(this.#find(SecretId));
        this.values.delete(name);
        return { ARN, Name: name, DeletionDate: Date.now() / 1000 };
      }
      default:
        throw new SecretsError('UnknownOperationException', `${action} is not emulated.`);
    }
  }

  #find(asked = ''): string {
    const name = this.#nameOf(asked);
    if (name !== undefined) return name;
    throw new SecretsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }

  #nameOf(asked: string): string | undefined {
    return [...this.values.keys()].find((name) => name === asked || this.#arn(name) === asked);
  }

  #describe(name: string) {
    const value = this.values.get(name) ?? '';
    const known = this.#versions.get(name);
    const version = known?.value === value ? known : { value, id: randomUUID() };
    this.#versions.set(name, version);
    return { ARN: this.#arn(name), Name: name, VersionId: version.id };
  }

  #arn(name: string): string {
    return `${this.#arnWithoutSuffix(name)}-${createHash('sha256').update(name).digest('hex').slice(0, 6)}`;
  }

  #arnWithoutSuffix(name: string): string {
    return `arn:aws:secretsmanager:${this.#region}:${accountId}:secret:${name}`;
  }
}

function required(value: string | undefined, parameter: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new SecretsError('InvalidParameterException', `${parameter} must be a string that is not empty.`);
}

/** Answers the requests to Secrets Manager, of which fauxqs knows nothing. */
export function addSecrets(app: FastifyInstance, store: SecretStore): void {
  app.addHook('preHandler', (request, reply, done) => {
    const call = apiCallOf(request);
    if (call?.service !== 'secretsmanager') return done();
    try {
      const answer = store.call(call.action, inputOf(request));
      reply.header('content-type', 'application/x-amz-json-1.1').send(answer);
    } catch (error) {
      if (!(error instanceof SecretsError)) throw error;
      refuse(reply, call, { status: 400, code: error.code }, error.message);
    }
  });
}

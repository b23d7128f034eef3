import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { accountId } from '../account.ts';
import { apiCallOf, refuse } from './api-call.ts';

/** What the supported calls take. */
interface Input {
  readonly Name?: string;
  readonly SecretId?: string;
  readonly SecretString?: string;
}

/** Without an error for what is not JSON: it would quote the body, which may hold a secret. */
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

/** What a function needs to read its secret, and a person to change it. */
export class SecretStore {
  /** Name -> value, live, and in memory only: what is set here is what the next GetSecretValue answers. */
  readonly values = new Map<string, string>();
  readonly #arnPrefix: string;

  constructor(region: string) {
    this.#arnPrefix = `arn:aws:secretsmanager:${region}:${accountId}:secret:`;
  }

  /** As AWS looks for it in policies: while there is no such secret, its ARN lacks the six random characters. */
  arnOf(asked: string): string {
    const name = this.#nameOf(asked);
    if (name !== undefined) return this.#arn(name);
    return asked.startsWith('arn:') ? asked : this.#arnPrefix + asked;
  }

  /** @throws {SecretsError} as AWS refuses it */
  call(action: string, { Name, SecretId = '', SecretString }: Input): object {
    if (action === 'CreateSecret') {
      const name = required(Name, 'Name');
      if (this.values.has(name)) {
        throw new SecretsError('ResourceExistsException', `The secret ${name} already exists.`);
      }
      this.values.set(name, required(SecretString, 'SecretString'));
      return { ARN: this.#arn(name), Name: name };
    }
    const calls: Record<string, (name: string) => object> = {
      GetSecretValue: (name) => ({ SecretString: this.values.get(name) }),
      PutSecretValue: (name) => {
        this.values.set(name, required(SecretString, 'SecretString'));
        return {};
      },
      DescribeSecret: () => ({}),
      DeleteSecret: (name) => ({ DeletionDate: this.values.delete(name) && Date.now() / 1000 }),
    };
    const call = Object.hasOwn(calls, action) ? calls[action] : undefined;
    if (!call) throw new SecretsError('UnknownOperationException', `${action} is not emulated.`);
    const name = this.#nameOf(SecretId);
    if (name === undefined) {
      throw new SecretsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    }
    return { ...call(name), ARN: this.#arn(name), Name: name };
  }

  #nameOf(asked: string): string | undefined {
    return [...this.values.keys()].find((name) => name === asked || this.#arn(name) === asked);
  }

  /** AWS ends ARNs in six random characters: here the same ones at every start. */
  #arn(name: string): string {
    return `${this.#arnPrefix}${name}-${createHash('sha256').update(name).digest('hex').slice(0, 6)}`;
  }
}

function required(value: string | undefined, parameter: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new SecretsError('InvalidParameterException', `${parameter} must be a string that is not empty.`);
}

/** Answers the requests to Secrets Manager, which fauxqs does not know. */
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

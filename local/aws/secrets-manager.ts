import { createHash, randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import { accountId } from '../account.ts';
import { type Authorize, accessKeyOf, denialMessage } from '../iam/access.ts';
import type { ServiceError } from './api-call.ts';

export interface SecretsManagerOptions {
  /** Name -> value. In memory only. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly region: string;
  /** Decides on each request. @default everyone is allowed to do anything */
  readonly authorize?: Authorize;
  /** Answered in the service's place: `{ status: 500, code: 'InternalServiceError' }`. */
  readonly fault?: (action: string) => ServiceError | undefined;
}

export interface SecretsManager {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  /** Name -> value, live: what is set here is what the next GetSecretValue answers. */
  readonly secrets: Map<string, string>;
  close(): Promise<void>;
}

/** Answered with its HTTP status and `__type`. The message names the secret, never its value. */
class SecretsError extends Error {
  readonly type: string;
  readonly status: number;

  constructor(type: string, message: string, status = 400) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

/** What the supported calls take. */
interface Input {
  readonly Name?: string;
  readonly SecretId?: string;
  readonly SecretString?: string;
}

/** Secrets Manager for this machine only: what a function needs to read its secret, and a person to change it. */
export async function startSecretsManager(options: SecretsManagerOptions): Promise<SecretsManager> {
  const secrets = new Map(Object.entries(options.secrets));
  const actions = secretActions(secrets, options.region);
  const authorize = (caller: string | undefined, action: string, { SecretId, Name }: Input) => {
    const asked = String(SecretId ?? Name);
    const known = [...secrets.keys()].find((name) => [name, secretArn(name, options.region)].includes(asked));
    const resource =
      known === undefined ? arnWithoutSuffix(asked, options.region) : secretArn(known, options.region);
    const denial = options.authorize?.(caller, [{ action: `secretsmanager:${action}`, resource }]);
    if (!denial) return;
    const message = denialMessage(denial, { action: denial.action, resource: asked });
    throw new SecretsError('AccessDeniedException', message);
  };
  const app = Fastify({ logger: false, forceCloseConnections: true });
  app.addContentTypeParser('application/x-amz-json-1.1', { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  );
  app.post('/', (request, reply) => {
    const action = String(request.headers['x-amz-target']).replace('secretsmanager.', '');
    reply.header('content-type', 'application/x-amz-json-1.1');
    try {
      const fault = options.fault?.(action);
      if (fault) throw new SecretsError(fault.code, 'Injected by this emulator.', fault.status);
      const handle = Object.hasOwn(actions, action) ? actions[action] : undefined;
      if (!handle) throw new SecretsError('UnknownOperationException', `${action} is not emulated.`);
      const input = parse(request.body);
      authorize(accessKeyOf(request.headers), action, input);
      reply.send(JSON.stringify(handle(input)));
    } catch (error) {
      if (!(error instanceof SecretsError)) throw error;
      reply.header('x-amzn-errortype', error.type);
      reply.status(error.status).send(JSON.stringify({ __type: error.type, message: error.message }));
    }
  });
  const endpoint = await app.listen({ host: '127.0.0.1', port: 0 });
  return { endpoint, secrets, close: () => app.close() };
}

/** AWS ends ARNs in six random characters: here the same ones at every start. */
function secretArn(name: string, region: string): string {
  const suffix = createHash('sha256').update(name).digest('hex').slice(0, 6);
  return `${arnWithoutSuffix(name, region)}-${suffix}`;
}

/** What AWS looks for in policies while there is no such secret. */
function arnWithoutSuffix(name: string, region: string): string {
  return name.startsWith('arn:') ? name : `arn:aws:secretsmanager:${region}:${accountId}:secret:${name}`;
}

/** JSON.parse quotes its input in its errors, and the input may hold a secret. */
function parse(body: unknown): Input {
  try {
    return JSON.parse(String(body));
  } catch {
    throw new SecretsError('SerializationException', 'The body is not JSON.');
  }
}

function secretActions(
  secrets: Map<string, string>,
  region: string,
): Readonly<Record<string, (input: Input) => object>> {
  const versions = new Map<string, { value: string; id: string }>();

  function find(id: string | undefined): string {
    for (const name of secrets.keys()) if (name === id || secretArn(name, region) === id) return name;
    throw new SecretsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }
  function required(value: string | undefined, parameter: string): string {
    if (typeof value === 'string' && value !== '') return value;
    throw new SecretsError('InvalidParameterException', `${parameter} must be a string that is not empty.`);
  }
  function described(name: string) {
    const value = secrets.get(name) ?? '';
    const known = versions.get(name);
    const version = known?.value === value ? known : { value, id: randomUUID() };
    versions.set(name, version);
    return { ARN: secretArn(name, region), Name: name, VersionId: version.id };
  }

  return {
    GetSecretValue({ SecretId }) {
      const name = find(SecretId);
      return { ...described(name), SecretString: secrets.get(name), VersionStages: ['AWSCURRENT'] };
    },
    CreateSecret({ Name, SecretString }) {
      const name = required(Name, 'Name');
      if (secrets.has(name)) {
        throw new SecretsError('ResourceExistsException', `The secret ${name} already exists.`);
      }
      secrets.set(name, required(SecretString, 'SecretString'));
      return described(name);
    },
    PutSecretValue({ SecretId, SecretString }) {
      const name = find(SecretId);
      secrets.set(name, required(SecretString, 'SecretString'));
      return { ...described(name), VersionStages: ['AWSCURRENT'] };
    },
    DescribeSecret({ SecretId }) {
      const { VersionId, ...rest } = described(find(SecretId));
      return { ...rest, VersionIdsToStages: { [VersionId]: ['AWSCURRENT'] } };
    },
    DeleteSecret({ SecretId }) {
      const { ARN, Name } = described(find(SecretId));
      secrets.delete(Name);
      return { ARN, Name, DeletionDate: Date.now() / 1000 };
    },
  };
}

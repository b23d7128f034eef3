import { createHash, randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { type Authorize, accessKeyOf, denialMessage } from '../iam/access.ts';
import { ACCOUNT_ID } from './emulator.ts';

const LOOPBACK = '127.0.0.1';

export interface SecretsManagerOptions {
  /** Name -> value. In memory only. */
  secrets: Record<string, string>;
  region: string;
  /** Decides on each request; left out, everybody may everything. */
  authorize?: Authorize;
  /** Answered in the service's place: `{ status: 500, code: 'InternalServiceError' }`. */
  fault?: ((action: string) => { readonly status: number; readonly code: string } | undefined) | undefined;
}

export interface SecretsManager {
  /** `http://127.0.0.1:<port>` */
  endpoint: string;
  /** Name -> value, live: what is set here is what the next GetSecretValue answers. */
  secrets: Map<string, string>;
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
  Name?: string;
  SecretId?: string;
  SecretString?: string;
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
      const handle = actions.get(action);
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
  await app.listen({ host: LOOPBACK, port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return {
    endpoint: `http://${LOOPBACK}:${port}`,
    secrets,
    close: async () => {
      await app.close();
    },
  };
}

/** AWS ends ARNs in six random characters: here the same ones at every start. */
function secretArn(name: string, region: string): string {
  const suffix = createHash('sha256').update(name).digest('hex').slice(0, 6);
  return `${arnWithoutSuffix(name, region)}-${suffix}`;
}

/** What AWS looks for in policies while there is no such secret. */
function arnWithoutSuffix(name: string, region: string): string {
  return name.startsWith('arn:') ? name : `arn:aws:secretsmanager:${region}:${ACCOUNT_ID}:secret:${name}`;
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
): Map<string, (input: Input) => Record<string, unknown>> {
  const versions = new Map<string, { value: string; id: string }>();

  const arnOf = (name: string) => secretArn(name, region);
  function find(id: string | undefined): { name: string; value: string } {
    for (const [name, value] of secrets) {
      if (name === id || arnOf(name) === id) return { name, value };
    }
    throw new SecretsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }
  function required(value: string | undefined, parameter: string): string {
    if (typeof value === 'string' && value !== '') return value;
    throw new SecretsError('InvalidParameterException', `${parameter} must be a string that is not empty.`);
  }
  function versionOf(name: string, value: string): string {
    const known = versions.get(name);
    const version = known?.value === value ? known : { value, id: randomUUID() };
    versions.set(name, version);
    return version.id;
  }
  function put(name: string, value: string): Record<string, unknown> {
    secrets.set(name, value);
    return { ARN: arnOf(name), Name: name, VersionId: versionOf(name, value) };
  }

  return new Map<string, (input: Input) => Record<string, unknown>>([
    [
      'GetSecretValue',
      ({ SecretId }) => {
        const { name, value } = find(SecretId);
        return {
          ARN: arnOf(name),
          Name: name,
          SecretString: value,
          VersionId: versionOf(name, value),
          VersionStages: ['AWSCURRENT'],
        };
      },
    ],
    [
      'CreateSecret',
      ({ Name, SecretString }) => {
        const name = required(Name, 'Name');
        if (secrets.has(name)) {
          throw new SecretsError('ResourceExistsException', `The secret ${name} already exists.`);
        }
        return put(name, required(SecretString, 'SecretString'));
      },
    ],
    [
      'PutSecretValue',
      ({ SecretId, SecretString }) => ({
        ...put(find(SecretId).name, required(SecretString, 'SecretString')),
        VersionStages: ['AWSCURRENT'],
      }),
    ],
    [
      'DescribeSecret',
      ({ SecretId }) => {
        const { name, value } = find(SecretId);
        return {
          ARN: arnOf(name),
          Name: name,
          VersionIdsToStages: { [versionOf(name, value)]: ['AWSCURRENT'] },
        };
      },
    ],
    [
      'DeleteSecret',
      ({ SecretId }) => {
        const { name } = find(SecretId);
        secrets.delete(name);
        return { ARN: arnOf(name), Name: name, DeletionDate: Date.now() / 1000 };
      },
    ],
  ]);
}

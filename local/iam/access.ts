import type { IncomingHttpHeaders } from 'node:http';
import { accountId, arnOf, nameIn } from '../account.ts';
import { covers, type Permission, type Requirement } from './policy.ts';

/** What everybody in the stack is allowed to do by the template's policies, and what they did of it. */
export class Access {
  readonly #operatorKey: string;
  /** Access key id -> who signs with it, and by which role. */
  readonly #principals = new Map<string, { arn: string; role: string }>();
  readonly #permissions: Permission[] = [];
  readonly #suspended = new Set<Permission>();
  readonly #uses = new Map<Permission, number>();
  readonly #denials: Denial[] = [];

  /** @param operatorKey the access key id of whoever runs this, who is allowed to do anything */
  constructor(operatorKey: string) {
    this.#operatorKey = operatorKey;
  }

  /** All of them, suspended ones too. */
  get permissions(): readonly Permission[] {
    return this.#permissions;
  }

  /** Oldest first. */
  get denials(): readonly Denial[] {
    return this.#denials;
  }

  /** How many requests it allowed, alone or with others. */
  usesOf(permission: Permission): number {
    return this.#uses.get(permission) ?? 0;
  }

  grant(permissions: readonly Permission[]): void {
    this.#permissions.push(...permissions);
  }

  /** Lets requests that are signed with the access key do what the role allows. */
  assumeRole(accessKeyId: string, roleArn: string, session: string): void {
    const role = nameIn(roleArn);
    const arn = `arn:aws:sts::${accountId}:assumed-role/${role}/${session}`;
    this.#principals.set(accessKeyId, { arn, role });
  }

  /** Decides on a request by the key that it is signed with. Signatures themselves are not looked at. */
  authorize(accessKeyId: string | undefined, requirements: readonly Requirement[]): Denial | undefined {
    if (accessKeyId === this.#operatorKey) return undefined;
    const principal = this.#principals.get(accessKeyId ?? '');
    const unnamed = accessKeyId === undefined ? 'anonymous' : `unknown access key ${accessKeyId}`;
    return this.#decide(
      principal?.arn ?? unnamed,
      requirements,
      ({ holder, service }) => service === undefined && holder === principal?.role,
    );
  }

  /** Lambda writes what a function prints with the function's role: a stream, then lines. */
  mayLog(functionName: string, logGroup: string): boolean {
    const resource = arnOf('logs', `log-group:${logGroup}:log-stream:local`);
    const actions = ['logs:CreateLogStream', 'logs:PutLogEvents'];
    return (
      this.authorize(
        functionName,
        actions.map((action) => ({ action, resource })),
      ) === undefined
    );
  }

  /** S3 sends with no role: the queue's own policy has to let it. Inside AWS everything comes by TLS. */
  maySend(queueArn: string, bucketArn: string): boolean {
    const s3 = 's3.amazonaws.com';
    const of = { 'aws:SourceArn': bucketArn, 'aws:SourceAccount': accountId, 'aws:SecureTransport': 'true' };
    const requirement = { action: 'sqs:SendMessage', resource: queueArn, context: of };
    const applies = ({ holder, service = '' }: Permission) =>
      holder === nameIn(queueArn) && ['*', s3].includes(service);
    return this.#decide(s3, [requirement], applies) === undefined;
  }

  /** Scheduler starts a function with the schedule's role. @returns why it is not allowed to, if so */
  authorizeSchedule(roleArn: string, functionArn: string): Denial | undefined {
    const accessKeyId = `scheduler with ${roleArn}`;
    this.assumeRole(accessKeyId, roleArn, 'scheduler');
    return this.authorize(accessKeyId, [{ action: 'lambda:InvokeFunction', resource: functionArn }]);
  }

  /** Takes a permission away while something is done. */
  async without<T>(permission: Permission, work: () => Promise<T>): Promise<T> {
    this.#suspended.add(permission);
    try {
      return await work();
    } finally {
      this.#suspended.delete(permission);
    }
  }

  #decide(
    principal: string,
    requirements: readonly Requirement[],
    applies: (permission: Permission) => boolean,
  ): Denial | undefined {
    const applicable = this.#permissions.filter(
      (permission) => !this.#suspended.has(permission) && applies(permission),
    );
    for (const requirement of requirements) {
      const covering = requirement.unknown
        ? []
        : applicable.filter((permission) => covers(permission, requirement));
      const explicit = covering.some(({ effect }) => effect === 'Deny');
      if (explicit || covering.length === 0) {
        const denial = { ...requirement, principal, explicit };
        this.#denials.push(denial);
        return denial;
      }
      for (const permission of covering) this.#uses.set(permission, this.usesOf(permission) + 1);
    }
    return undefined;
  }
}

/** A requirement that no policy allowed, or that one denied. */
export interface Denial extends Requirement {
  /** Who asked: an ARN, or a service. */
  readonly principal: string;
  /** A statement denies it, rather than none allowing it. */
  readonly explicit: boolean;
}

/** Undefined when the caller is allowed to. */
export type Authorize = Access['authorize'];

/** What AWS says of a denial, each service in its own spelling of action and resource. */
export function denialMessage(
  { principal, explicit, unknown, ...requirement }: Denial,
  { action, resource }: { action: string; resource: string } = requirement,
): string {
  const subject = `User: ${principal} is not authorized to perform: ${action} on resource: ${resource}`;
  if (unknown !== undefined) return `${subject}: the local runtime does not know this request (${unknown})`;
  return explicit
    ? `${subject} with an explicit deny in an identity-based policy`
    : `${subject} because no identity-based policy allows the ${action} action`;
}

/**
 * The access key id that a request is signed with; undefined for a request that is not signed.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html
 */
export function accessKeyOf({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  return /^AWS4-HMAC-SHA256\s.*?Credential=([^/,\s]+)\//.exec(authorization)?.[1];
}

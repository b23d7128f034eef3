import type { IncomingHttpHeaders } from 'node:http';
import type { RequestContext } from './policy.ts';
import { covers, type Permission } from './policy.ts';

/** Enough to see why something failed; a run of days forgets the rest. */
const kept = 10_000;

/** Who asks, and whose policy says whether they may. */
interface Principal {
  readonly arn: string;
  readonly role: string;
}

/** What everybody in the stack may do, by the template's policies, and what they did of it. */
export class Access {
  readonly #operatorKey: string;
  readonly #principals = new Map<string, Principal>();
  readonly #permissions: Permission[] = [];
  readonly #suspended = new Set<Permission>();
  readonly #uses = new Map<Permission, number>();
  readonly #denials: Denial[] = [];

  /** @param operatorKey the access key id of whoever runs this: may everything */
  constructor(operatorKey: string) {
    this.#operatorKey = operatorKey;
  }

  /** All of them, suspended ones too. */
  get permissions(): readonly Permission[] {
    return this.#permissions;
  }

  /** The latest 10 000 at most, oldest first. */
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

  /** Lets whoever has the access key do what the role may. */
  assume(accessKeyId: string, principal: Principal): void {
    this.#principals.set(accessKeyId, principal);
  }

  /** Decides on a request by the key that it is signed with. Signatures themselves are not looked at. */
  authorize(accessKeyId: string | undefined, needs: readonly Need[]): Denial | undefined {
    if (accessKeyId === this.#operatorKey) return undefined;
    const principal = this.#principals.get(accessKeyId ?? '');
    const unnamed = accessKeyId === undefined ? 'anonymous' : `unknown access key ${accessKeyId}`;
    return this.#decide(
      principal?.arn ?? unnamed,
      needs,
      ({ holder, service }) => service === undefined && holder === principal?.role,
    );
  }

  /** Decides on what an AWS service does to a resource of the stack, by the resource's own policy. */
  authorizeService(service: string, holder: string, need: Need): Denial | undefined {
    return this.#decide(
      service,
      [need],
      (permission) => permission.holder === holder && ['*', service].includes(permission.service ?? ''),
    );
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
    needs: readonly Need[],
    applies: (permission: Permission) => boolean,
  ): Denial | undefined {
    const applicable = this.#permissions.filter(
      (permission) => !this.#suspended.has(permission) && applies(permission),
    );
    for (const need of needs) {
      const covering = applicable.filter((permission) => !need.unknown && covers(permission, need));
      const explicit = covering.some(({ effect }) => effect === 'Deny');
      if (explicit || covering.length === 0) {
        const denial = { ...need, principal, explicit };
        this.#denials.push(denial);
        if (this.#denials.length > kept) this.#denials.shift();
        return denial;
      }
      for (const permission of covering) this.#uses.set(permission, this.usesOf(permission) + 1);
    }
    return undefined;
  }
}

/** One thing that a request has to be allowed. */
export interface Need {
  /** IAM's name, such as `s3:GetObject`. */
  readonly action: string;
  /** An ARN. */
  readonly resource: string;
  readonly context?: RequestContext;
  /** Nobody knows here what the request takes: no policy allows it. Says where that would be added. */
  readonly unknown?: string;
}

/** A need that no policy allowed. */
export interface Denial extends Need {
  /** Who asked: an ARN, or a service. */
  readonly principal: string;
  /** A statement denies it, rather than none allowing it. */
  readonly explicit: boolean;
}

/** Undefined when the caller may. The operator may everything. */
export type Authorize = (accessKeyId: string | undefined, needs: readonly Need[]) => Denial | undefined;

/** What AWS says of a denial, each service in its own spelling of action and resource. */
export function denialMessage(
  { principal, explicit, unknown, ...need }: Denial,
  { action, resource }: { action: string; resource: string } = need,
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

import type { RequestContext } from './condition.ts';

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

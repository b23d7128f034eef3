import type { Message } from '@aws-sdk/client-sqs';
import type { ApiCall } from '../aws/api-call.ts';
import type { ObjectEvent } from '../aws/emulator.ts';
import type { RequestFault } from '../aws/request-faults.ts';
import type { InvocationFault } from '../lambda/sandbox.ts';

/**
 * What goes wrong while the stack runs on this computer, asked at each point where something can. Give it to
 * `startRuntime({ faults })`; `seededFaults` makes one from a number. Where a member is missing, nothing goes wrong.
 * A function's name is that of local/deployment-plan.ts, such as `convert-function`.
 */
export interface Faults {
  /** Asked before each request to S3, SQS and Secrets Manager, whoever sends it. */
  request?(call: ApiCall, actions: FaultActions): RequestFault | undefined;
  /** After how many milliseconds S3's event of an object is sent, once for each number: `[]` loses it, `[0]` is usual. */
  event?(event: ObjectEvent): readonly number[];
  /** Asked for each message that is about to be worked on. */
  delivery?(message: Message): Redelivery | undefined;
  /** Asked before each invocation of a function. */
  invocation?(functionName: string, event: unknown, actions: FaultActions): InvocationFault | undefined;
  /** Milliseconds by which a function's clock is ahead; negative, behind. Asked once, when the runtime starts. */
  clockAhead?(functionName: string): number;
}

/**
 * How SQS delivers a message once more although nothing failed:
 * - `while-working`: it is visible again at once, as if its visibility time-out were over, so that two work on it
 * - `afterwards`: it was worked on and deleted, and comes all the same
 */
export type Redelivery = 'while-working' | 'afterwards';

/** What a fault can do to the runtime. */
export interface FaultActions {
  /** Kills a function's sandboxes that are at work. */
  crash(functionName: string): Promise<void>;
  /** Closes the connections that clients keep open for their next request. */
  closeIdleConnections(): void;
}

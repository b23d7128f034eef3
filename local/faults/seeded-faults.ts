import { setTimeout as delay } from 'node:timers/promises';
import { credentials } from '../account.ts';
import type { ApiCall } from '../aws/api-call.ts';
import type { RequestFault } from '../aws/request-faults.ts';
import type { InvocationFault } from '../lambda/sandbox.ts';
import type { FaultActions, Faults } from './faults.ts';
import { pick, random } from './random.ts';

/** Everything that a seed can make go wrong. */
export const faultKinds = [
  'S3: 500',
  'S3: 503 SlowDown',
  'S3: access denied',
  'S3: access denied, more often than a message is tried',
  'S3: 409 on a conditional write',
  'S3: connection cut in a request',
  'S3: connection cut in an answer',
  'S3: slow answer',
  'S3: event before the object is visible',
  'S3: event lost',
  'S3: event twice',
  'S3: event late',
  'SQS: dead letter not taken',
  'SQS: delivered again while a worker works on it',
  'SQS: delivered again after it was deleted',
  'Lambda: killed before a request is handled',
  'Lambda: killed after a request is handled',
  'Lambda: killed at any moment',
  'Lambda: timed out',
  'Lambda: stands still for a moment',
  'Lambda: frozen, and thawed with stale connections',
  'Secrets Manager: 500',
] as const;

export type FaultKind = (typeof faultKinds)[number];

export interface SeededFaultsOptions {
  /** Kinds that do not happen. */
  readonly without?: ReadonlySet<FaultKind>;
  /** Told of each fault as it happens, with what it hits. */
  readonly onFault?: (kind: FaultKind, where: string) => void;
}

/** Faults end, so that everything settles: none hits the same request of an object more often than this. */
const timesAtMost = 6;
/** More often than a message is tried, which is five times. The SDK does not send a denied request again. */
const timesOfStorm = 7;
/** Few, since each costs a message one of its five tries. */
const killsAtMost = 2;

/** What a worker does with an object. Its listings are of a day. */
const stormy = ['GetObject', 'PutObject', 'HeadObject'];

type Weighted = readonly (readonly [weight: number, kind: FaultKind | undefined])[];

const ofRequests: Weighted = [
  [76, undefined],
  [4, 'S3: 500'],
  [1, 'S3: 503 SlowDown'],
  [2, 'S3: access denied'],
  [4, 'S3: connection cut in a request'],
  [4, 'S3: connection cut in an answer'],
  [5, 'S3: slow answer'],
  [2, 'Lambda: killed before a request is handled'],
  [2, 'Lambda: killed after a request is handled'],
];
const ofEvents: Weighted = [
  [60, undefined],
  [12, 'S3: event twice'],
  [20, 'S3: event late'],
  [8, 'S3: event lost'],
];
const ofDeliveries: Weighted = [
  [80, undefined],
  [10, 'SQS: delivered again while a worker works on it'],
  [10, 'SQS: delivered again after it was deleted'],
];
const ofInvocations: Weighted = [
  [72, undefined],
  [5, 'Lambda: killed at any moment'],
  [5, 'Lambda: timed out'],
  [8, 'Lambda: stands still for a moment'],
  [10, 'Lambda: frozen, and thawed with stale connections'],
];

/**
 * Faults as a seed says: it chooses which request, event, delivery and invocation is hit by what. The same seed hits
 * the same ones in each run, as far as they come: how the requests of two functions interleave is not in its hands.
 *
 *     startRuntime({ …, faults: seededFaults(42) })
 */
export function seededFaults(
  seed: number,
  { without = new Set(), onFault = () => {} }: SeededFaultsOptions = {},
): Required<Omit<Faults, 'clockAhead'>> {
  const counts = new Map<string, number>();
  /** Objects whose event was sent before they can be read. */
  const invisible = new Set<string>();
  /** How often something may still be killed. */
  let lives = Math.floor(random(seed, 'kills') * (killsAtMost + 1));

  /** How often it was asked for these names, this time included. */
  const nth = (...names: string[]): number => {
    const name = names.join('\n');
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count;
  };
  const happens = (kind: FaultKind | undefined, where: string): FaultKind | undefined => {
    if (kind === undefined || without.has(kind)) return undefined;
    if (kind.startsWith('Lambda: killed') || kind === 'Lambda: timed out') {
      if (lives === 0) return undefined;
      lives -= 1;
    }
    onFault(kind, where);
    return kind;
  };
  const draw = (weighted: Weighted, ...names: (string | number)[]): FaultKind | undefined =>
    happens(pick(weighted, random(seed, ...names)), names.join(' '));

  /** A few objects have one kind of request denied until the message is given up. */
  const isStorm = (action: string, name: string): boolean =>
    random(seed, 'storm', name) < 0.06 &&
    ['ListObjectsV2', stormy[Math.floor(random(seed, 'stormy', name) * 3)]].includes(action);

  const kindOf = (call: ApiCall): FaultKind | undefined => {
    const { action, bucket = '', prefix = '', key = prefix, caller = '' } = call;
    if (call.service === 'secretsmanager') {
      return random(seed, action, nth(action)) < 0.3 ? happens('Secrets Manager: 500', action) : undefined;
    }
    if (action === 'SendMessage') {
      const time = nth(action, caller);
      return time <= 20 && random(seed, 'letter', caller, time) < 0.25
        ? happens('SQS: dead letter not taken', `SendMessage of ${caller} ${time}`)
        : undefined;
    }
    if (key === '') return undefined;
    const time = nth(action, bucket, key);
    const where = `${action} ${key} ${time}`;
    if (
      ['PutObject', 'DeleteObject'].includes(action) &&
      time === 1 &&
      random(seed, 'conflict', key) < 0.15
    ) {
      return happens('S3: 409 on a conditional write', where);
    }
    const isLanding = bucket === 'raw' && action === 'PutObject';
    if (!isLanding && time <= timesOfStorm && isStorm(action, key)) {
      return happens('S3: access denied, more often than a message is tried', where);
    }
    if (action === 'GetObject' && invisible.delete(key)) {
      return happens('S3: event before the object is visible', where);
    }
    return time <= timesAtMost ? draw(ofRequests, action, key, time) : undefined;
  };

  return {
    request(call, actions) {
      const { caller = '', action, prefix = '', key = prefix } = call;
      // Whoever looks on, or drops files, is not part of the stack.
      const kind = caller === credentials.accessKeyId ? undefined : kindOf(call);
      if (kind === undefined) return undefined;
      return requestFault(kind, 5 + random(seed, 'slow', key, action) * 60, () => actions.crash(caller));
    },
    event({ key }) {
      const time = nth('event', key);
      const kind = draw(ofEvents, 'event', key, time);
      const late = 5 + random(seed, 'late', key, time) * 150;
      if (kind === 'S3: event lost') return [];
      if (time === 1 && random(seed, 'early', key) < 0.06) invisible.add(key);
      if (kind === 'S3: event late') return [late];
      return kind === 'S3: event twice' ? [0, late] : [0];
    },
    delivery({ MessageId: id = '', Body: body = '' }) {
      // Ids differ in each run; twice is enough for one message.
      const time = nth('delivery', id);
      const kind = time <= 2 ? draw(ofDeliveries, 'delivery', keyIn(body), time) : undefined;
      if (kind === undefined) return undefined;
      return kind === 'SQS: delivered again after it was deleted' ? 'afterwards' : 'while-working';
    },
    invocation(functionName, _event, actions) {
      const time = nth('invocation', functionName);
      const kind = draw(ofInvocations, 'invocation', functionName, time);
      return kind && invocationFault(kind, random(seed, 'moment', functionName, time), actions);
    },
  };
}

/** Those that are answered in the service's place. */
const answers: Partial<Record<FaultKind, RequestFault>> = {
  'S3: 500': { status: 500, code: 'InternalError' },
  'S3: 503 SlowDown': { status: 503, code: 'SlowDown' },
  'S3: access denied': { status: 403, code: 'AccessDenied' },
  'S3: access denied, more often than a message is tried': { status: 403, code: 'AccessDenied' },
  'S3: 409 on a conditional write': { status: 409, code: 'ConditionalRequestConflict' },
  'S3: event before the object is visible': { status: 404, code: 'NoSuchKey' },
  'SQS: dead letter not taken': { status: 500, code: 'InternalFailure' },
  'Secrets Manager: 500': { status: 500, code: 'InternalServiceError' },
};

function requestFault(kind: FaultKind, slow: number, kill: () => Promise<void>): RequestFault | undefined {
  switch (kind) {
    case 'S3: connection cut in a request':
      return { cut: 'request' };
    case 'S3: connection cut in an answer':
      return { cut: 'answer' };
    case 'S3: slow answer':
      return { after: () => delay(slow) };
    case 'Lambda: killed before a request is handled':
      return { before: kill, cut: 'request' };
    case 'Lambda: killed after a request is handled':
      return { after: kill, cut: 'answer' };
    default:
      return answers[kind];
  }
}

/** @param moment from 0 up to 1: how far into a short invocation it happens */
function invocationFault(kind: FaultKind, moment: number, actions: FaultActions): InvocationFault {
  const milliseconds = 1 + moment * 60;
  switch (kind) {
    case 'Lambda: timed out':
      // Shorter than a cold start at times: then it is one that takes too long.
      return { timeout: milliseconds };
    case 'Lambda: stands still for a moment':
      return {
        during: async (sandbox) => {
          await delay(milliseconds / 2);
          sandbox.freeze();
          await delay(milliseconds * 3);
          sandbox.thaw();
        },
      };
    case 'Lambda: frozen, and thawed with stale connections':
      return {
        before: (sandbox) => {
          sandbox.freeze();
          actions.closeIdleConnections();
          sandbox.thaw();
        },
      };
    default:
      return { during: (sandbox) => delay(milliseconds).then(() => sandbox.kill()) };
  }
}

/** The object that a message is about, as its event spells it. */
function keyIn(body: string): string {
  return /"key":"([^"]*)"/.exec(body)?.[1] ?? body;
}

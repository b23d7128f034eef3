import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import { credentials, functionCredentials, nameIn, region } from './account.ts';
import type { AlarmReport } from './alarms/evaluate.ts';
import { AlarmWatch } from './alarms/watch.ts';
import { type Emulator, startEmulator } from './aws/emulator.ts';
import { type StateError, withStateFile } from './aws/state-error.ts';
import type { StateLock } from './aws/state-lock.ts';
import { closeable } from './closeable.ts';
import { planDeployment } from './deployment-plan.ts';
import type { EventSource, EventSourceSettings } from './event-source.ts';
import type { FaultActions, Faults } from './faults/faults.ts';
import { Access, type Authorize, denialMessage } from './iam/access.ts';
import type { FunctionRuntime } from './lambda/function-runtime.ts';
import type { Invocation } from './lambda/sandbox.ts';
import { type NotificationProperties, notify } from './notification.ts';
import { References } from './references.ts';
import {
  connectEventSources,
  createBuckets,
  createFunctions,
  createQueues,
  grantPolicies,
  nameResources,
  sampleQueues,
  scheduleBy,
} from './resources.ts';
import { scheduledEvent } from './schedule.ts';
import type { Template } from './template.ts';

export interface RuntimeOptions {
  readonly template: Template;
  /** Where objects, queues and logs are kept, between runs too. */
  readonly stateDir: string;
  /** Of that directory, when the caller holds it already; released at the end. */
  readonly lock?: StateLock;
  /** Other values for variables that functions declare, such as the base URL of an API on this computer. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Seconds until a failed message is tried again. @default its visibility time-out, as on AWS */
  readonly retryDelay?: number;
  /**
   * Whether messages of a queue with a delay wait: not for so many seconds, but until the functions of the other queues have
   * nothing to do. So a burst of rows is in the table at once, and one row within a second. @default true
   */
  readonly delays?: boolean;
  /** Told of each message that a function failed on. */
  readonly onFailure?: EventSourceSettings['onFailure'];
  /** Told of each line that a function prints, as it comes. */
  readonly onLog?: (line: string) => void;
  /** What goes wrong. */
  readonly faults?: Faults;
}

/** The stack, running on this computer. Names are those of local/deployment-plan.ts, such as `convert-queue`. */
export interface Runtime {
  readonly emulator: Emulator;
  /** Where the SDK's clients find this runtime. */
  readonly clientConfig: { endpoint: string; region: string; credentials: typeof credentials };
  /** What the stack's policies allow, and what was denied. */
  readonly access: Access;
  /** The stack's outputs, such as the names of its buckets. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Invokes a function by name. */
  invoke(functionName: string, event: unknown): Promise<Invocation>;
  /** Kills a function at its work, as a failure of the machine would. */
  crash(functionName: string): Promise<void>;
  /** The event that a schedule sends, as the template has it; its scheduled time is a placeholder. */
  scheduleInput(scheduleName: string): Readonly<Record<string, unknown>>;
  /** Starts a schedule for an instant; `edit` may change the event. */
  runSchedule(
    scheduleName: string,
    scheduledTime: Date,
    edit?: (event: Record<string, unknown>) => Record<string, unknown>,
  ): Promise<Invocation>;
  /**
   * Resolves when every queue that feeds a function is empty and no function is at work.
   * @throws {Error} after `timeout` milliseconds, saying what is still waiting; or the signal's reason
   * @throws {StateError} when a file of the state directory cannot be used any more
   */
  settled(options?: { timeout?: number; signal?: AbortSignal }): Promise<void>;
  /** What the template's alarms say now, of everything since the start. */
  alarms(): Promise<AlarmReport[]>;
  /** Stops everything; no process is left. May be called again. */
  close(): Promise<void>;
}

/**
 * Deploys a template on this computer: buckets, queues, functions and what joins them, as it says.
 * @throws {Error} when it holds what the local runtime does not know, or the state directory is in use
 */
export function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  return closeable((opened) => start(options, opened));
}

async function start(options: RuntimeOptions, opened: AsyncDisposableStack): Promise<Omit<Runtime, 'close'>> {
  const {
    template,
    lock,
    environment = {},
    retryDelay,
    delays = true,
    onFailure,
    onLog,
    faults = {},
  } = options;
  const plan = planDeployment(template);
  const stateDir = resolve(options.stateDir);
  const access = new Access(credentials.accessKeyId);
  const authorize: Authorize = (accessKeyId, requirements) => access.authorize(accessKeyId, requirements);
  const actions: FaultActions = {
    crash: (functionName) => functionBy(functionName).crash(),
    closeIdleConnections: () => emulator.closeIdleConnections(),
  };
  let trouble: StateError | undefined;
  const emulator = await startEmulator({
    stateDir,
    lock,
    onTrouble: (first) => {
      trouble ??= first;
    },
    region,
    authorize,
    faults: (call) => faults.request?.(call, actions),
  });
  opened.defer(() => emulator.close());
  const clientConfig = { endpoint: emulator.endpoint, region, credentials };
  const sqs = (functionName?: string) => {
    const signed = functionName === undefined ? {} : { credentials: functionCredentials(functionName) };
    return opened.adopt(new SQSClient({ ...clientConfig, ...signed }), (client) => client.destroy());
  };

  const logs = join(stateDir, 'logs');
  const isFirst = !existsSync(logs);
  withStateFile(logs, () => mkdirSync(logs, { recursive: true }));
  /** Called where nobody could catch what it throws. */
  const keepLine = (functionName: string, line: string) => {
    const file = join(logs, `${functionName}.log`);
    try {
      withStateFile(file, () => appendFileSync(file, `${line}\n`));
    } catch (error) {
      trouble ??= error as StateError;
    }
  };

  const references = new References();
  const deploying = { plan, references, emulator, access };
  createBuckets(deploying);
  const queueUrls = createQueues(deploying);
  nameResources(deploying);
  const functions = createFunctions(deploying, {
    endpoint: emulator.endpoint,
    overrides: environment,
    onLog: (name, line) => {
      keepLine(name, line);
      watch.onLog(line);
      onLog?.(line);
    },
    onInvocation: (name, ok) => watch.onInvocation(name, ok),
    faults,
    faultActions: actions,
  });
  grantPolicies(deploying);
  // After the functions, whose names the alarms refer to; they say nothing before they are invoked.
  const watch = new AlarmWatch(plan.alarms, references, { record: keepLine });
  const functionBy = (reference: string): FunctionRuntime => {
    const found = functions.get(nameIn(reference));
    if (found) return found;
    throw new Error(`There is no function "${reference}"; there are: ${[...functions.keys()].join(', ')}`);
  };
  const isBurst = () =>
    eventSources.some(
      ({ busy, settings: { queueArn, holds } }) =>
        !holds && (busy || emulator.queueDepth(queueArn).visible > 0),
    );
  const eventSources: readonly EventSource[] = connectEventSources(deploying, {
    sqs,
    queueUrls,
    functionBy,
    retryDelay,
    onFailure: (failure) => onFailure?.(failure),
    redelivery: (message) => faults.delivery?.(message),
    holds: delays ? isBurst : undefined,
  });
  opened.defer(async () => {
    // Polling stops first, so that nothing new begins; then functions are killed at their work, which ends their batches.
    const polling = eventSources.map((source) => source.close());
    await Promise.all([...functions.values()].map((runtime) => runtime.close()));
    await Promise.all(polling);
  });
  const late = new Set<NodeJS.Timeout>();
  opened.defer(() => {
    for (const timer of late) clearTimeout(timer);
  });
  for (const properties of plan.notifications) {
    notify(emulator, references.resolve<NotificationProperties>(properties), {
      region,
      maySend: (queueArn, bucketArn) => access.maySend(queueArn, bucketArn),
      delays: (created) => faults.event?.(created),
      late,
      isFirst,
    });
  }

  const waiting = () => [
    ...(late.size > 0 ? [`${late.size} events are late`] : []),
    ...eventSources.flatMap(({ settings: { queueArn }, trouble, busy }) => {
      const { visible, inFlight, delayed } = emulator.queueDepth(queueArn);
      const count = visible + inFlight + delayed;
      if (count === 0 && !busy) return [];
      const why = trouble ? ` and cannot be polled (${trouble})` : '';
      return [`${nameIn(queueArn)} has ${count} ${count === 1 ? 'message' : 'messages'}${why}`];
    }),
  ];

  return {
    emulator,
    access,
    clientConfig,
    outputs: references.resolve<Record<string, string>>(template.outputs),
    invoke: async (functionName, event) => functionBy(functionName).invoke(event),
    crash: actions.crash,
    scheduleInput: (scheduleName) => JSON.parse(scheduleBy(scheduleName, deploying).Input ?? '{}'),
    async runSchedule(scheduleName, scheduledTime, edit = (event) => event) {
      const schedule = scheduleBy(scheduleName, deploying);
      const target = functionBy(schedule.Arn);
      const denial = access.authorizeSchedule(schedule.RoleArn, schedule.Arn);
      if (denial) {
        return { ok: false, error: { type: 'AccessDeniedException', message: denialMessage(denial) } };
      }
      const invocation = await target.invoke(edit(scheduledEvent(schedule, scheduledTime)));
      if (trouble) throw trouble;
      // Lambda would try it again; here the first try is the last.
      if (!invocation.ok) watch.onDropped(target.settings.name);
      return invocation;
    },
    async alarms() {
      // A function's last lines may have come with its answer, and not have been read.
      await nextTurn();
      return watch.evaluate(sampleQueues(emulator, queueUrls.keys()));
    },
    async settled({ timeout = 60_000, signal } = {}) {
      const until = Date.now() + timeout;
      while (waiting().length > 0) {
        if (Date.now() > until)
          throw new Error(`Not settled after ${timeout / 1000} s: ${waiting().join(', ')}`);
        signal?.throwIfAborted();
        if (trouble) throw trouble;
        await delay(10);
      }
      if (trouble) throw trouble;
    },
  };
}

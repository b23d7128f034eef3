import { resolve } from 'node:path';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { AlarmReport } from './alarms/evaluate.ts';
import { createAlarmWatch } from './alarms/watch.ts';
import { type Emulator, type EmulatorOptions, startEmulator } from './aws/emulator.ts';
import { type SecretsManager, startSecretsManager } from './aws/secrets-manager.ts';
import type { StateError } from './aws/state-error.ts';
import {
  appendLog,
  connectEventSources,
  credentials,
  definePseudoParameters,
  deployBuckets,
  deployFunctions,
  deployQueues,
  functionCredentials,
  queueSamples,
  region,
} from './deploy.ts';
import { type Deployment, planDeployment } from './deployment.ts';
import type { EventSourceSettings } from './event-source.ts';
import type { FaultActions, Faults } from './faults/faults.ts';
import { LateEvents } from './faults/late-events.ts';
import { Access, type Authorize, denialMessage } from './iam/access.ts';
import { assumeRole, deployPolicies, deployRoles, mayInvoke, mayLog, maySend } from './iam/roles.ts';
import type { FunctionRuntime } from './lambda/function-runtime.ts';
import type { Invocation } from './lambda/invocation.ts';
import { type NotificationProperties, notify } from './notification.ts';
import { References } from './references.ts';
import { type ScheduleTarget, scheduledEvent } from './schedule.ts';
import type { Template } from './template.ts';

export interface RuntimeOptions {
  readonly template: Template;
  /** Where objects, queues and logs are kept, between runs too. */
  readonly stateDir: string;
  /** Other values for variables that functions declare, such as the base URL of an API on this computer. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Seconds until a failed message is tried again; left out, its visibility time-out has to pass, as on AWS. */
  readonly retryDelay?: number;
  /** Told of each message that a function failed on. */
  readonly onFailure?: EventSourceSettings['onFailure'];
  /** Told of each line that a function prints, as it comes. */
  readonly onLog?: (line: string) => void;
  readonly intercept?: EmulatorOptions['intercept'];
  /** What goes wrong; see local/faults/. */
  readonly faults?: Faults;
}

/** The stack, running on this computer. Names are those of `local/deployment.ts`, such as `convert-queue`. */
export interface Runtime {
  readonly emulator: Emulator;
  /** Secrets are kept in memory only, and none are there at first. */
  readonly secrets: SecretsManager;
  /** Where the SDK's clients find this runtime. */
  readonly clientConfig: { endpoint: string; region: string; credentials: typeof credentials };
  /** What the stack's policies allow, and what was denied; see local/iam/. */
  readonly access: Access;
  /** The stack's outputs, such as the names of its buckets. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Invokes a function by name. */
  invoke(functionName: string, event: unknown): Promise<Invocation>;
  /** Kills a function at its work, as a failure of the machine would. */
  crash(functionName: string): Promise<void>;
  /** Starts the schedule of a function for an instant; `edit` may change the event. */
  runSchedule(
    functionName: string,
    scheduledTime: Date,
    edit?: (event: Record<string, unknown>) => Record<string, unknown>,
  ): Promise<Invocation>;
  /**
   * Resolves when every queue that feeds a function is empty and nothing is in work.
   * @throws {Error} after `timeout` milliseconds, saying what is still waiting; or the signal's reason
   * @throws {StateError} when a file of the state directory cannot be used any more
   */
  settled(options?: { timeout?: number; signal?: AbortSignal }): Promise<void>;
  /** What the template's alarms say now, of everything since the start; see local/alarms/. */
  alarms(): Promise<AlarmReport[]>;
  /** Stops everything; no process is left. May be called again. */
  close(): Promise<void>;
}

/**
 * Deploys a template on this computer: buckets, queues, functions and what joins them, as it says.
 * @throws {Error} when it holds what the local runtime does not know, or the state directory is in use
 */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const plan = planDeployment(options.template);
  const opened: (() => unknown)[] = [];
  let closing: Promise<void> | undefined;
  const closeAll = async () => {
    for (const close of opened.reverse()) await close();
  };
  const close = () => {
    closing ??= closeAll();
    return closing;
  };
  try {
    return { ...(await start(plan, options, opened)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Adds what must be closed to `opened`, the first to be opened first. */
async function start(
  plan: Deployment,
  {
    template,
    stateDir: directory,
    environment = {},
    retryDelay,
    onFailure = () => {},
    onLog = () => {},
    intercept,
    faults = {},
  }: RuntimeOptions,
  opened: (() => unknown)[],
): Promise<Omit<Runtime, 'close'>> {
  const stateDir = resolve(directory);
  const access = new Access(credentials.accessKeyId);
  const authorize: Authorize = (accessKeyId, needs) => access.authorize(accessKeyId, needs);
  const actions: FaultActions = {
    crash: (functionName) => functionBy(functionName).crash(),
    closeIdleConnections: () => emulator.closeIdleConnections(),
  };
  let trouble: StateError | undefined;
  const emulator = await startEmulator({
    stateDir,
    region,
    onTrouble: (first) => {
      trouble ??= first;
    },
    authorize,
    ...(intercept ? { intercept } : {}),
    ...(faults.request ? { fault: (call) => faults.request?.(call, actions) } : {}),
  });
  opened.push(() => emulator.close());
  const secrets = await startSecretsManager({
    secrets: {},
    region,
    authorize,
    fault: (action) => faults.secret?.(action),
  });
  opened.push(() => secrets.close());
  const clientConfig = { endpoint: emulator.endpoint, region, credentials };
  const sqs = (functionName?: string) => {
    const client = new SQSClient({
      ...clientConfig,
      ...(functionName === undefined ? {} : { credentials: functionCredentials(functionName) }),
    });
    opened.push(() => client.destroy());
    return client;
  };

  const references = new References();
  definePseudoParameters(references);
  deployBuckets(plan, emulator, references);
  const queueUrls = deployQueues(plan, emulator, references);
  deployRoles(plan, references);
  /** Called where nobody could catch what it throws. */
  const keepLine = (functionName: string, line: string) => {
    try {
      appendLog(stateDir, functionName, line);
    } catch (error) {
      trouble ??= error as StateError;
    }
  };
  const functions = deployFunctions(plan, references, {
    onRole: (name, roleArn) => assumeRole(access, { accessKeyId: name, roleArn, session: name }),
    mayLog: (name, logGroup) => mayLog(access, name, logGroup),
    onLog: (name, line) => {
      keepLine(name, line);
      watch.onLog(line);
      onLog(line);
    },
    onInvocation: (name, ok) => watch.onInvocation(name, ok),
    stateDir,
    endpoint: emulator.endpoint,
    secretsEndpoint: secrets.endpoint,
    overrides: environment,
    faults,
    faultActions: actions,
  });
  deployPolicies(plan, references, access);
  // After the functions, whose names the alarms refer to; they say nothing before they are invoked.
  const watch = createAlarmWatch({
    alarms: plan.alarms,
    resolve: (value) => references.resolve(value),
    queues: () => queueSamples(emulator, queueUrls),
    record: keepLine,
  });
  const functionBy = (reference: string): FunctionRuntime => {
    const found = functions.get(reference.split(':').at(-1) ?? '');
    if (!found)
      throw new Error(`There is no function "${reference}"; there are: ${[...functions.keys()].join(', ')}`);
    return found;
  };
  const eventSources = connectEventSources(plan, references, {
    sqs,
    queueUrls,
    functionBy,
    retryDelay,
    onFailure,
    redelivery: (message) => faults.delivery?.(message),
  });
  opened.push(async () => {
    // Polling stops first, so that nothing is begun any more; functions are killed at their work; so their batches end.
    const polling = eventSources.map(({ source }) => source.close());
    await Promise.all([...functions.values()].map((runtime) => runtime.close()));
    await Promise.all(polling);
  });
  const lateEvents = new LateEvents(faults);
  opened.push(() => lateEvents.close());
  for (const properties of plan.notifications) {
    const resolved = references.resolve<NotificationProperties>(properties);
    notify(emulator, resolved, region, (queue, bucket) => maySend(access, queue, bucket), lateEvents);
  }

  const waiting = () => [
    ...(lateEvents.pending > 0 ? [`${lateEvents.pending} events are late`] : []),
    ...eventSources.flatMap(({ queueArn, source }) => {
      const { visible, inFlight, delayed } = emulator.queueDepth(queueArn);
      const count = visible + inFlight + delayed;
      const trouble = source.trouble ? ` and cannot be polled (${source.trouble})` : '';
      return count > 0 || source.busy
        ? [`${queueArn.split(':').at(-1)} has ${count} messages${trouble}`]
        : [];
    }),
  ];

  return {
    emulator,
    secrets,
    access,
    clientConfig,
    outputs: references.resolve<Record<string, string>>(template.outputs),
    invoke: async (functionName, event) => functionBy(functionName).invoke(event),
    crash: actions.crash,
    async runSchedule(functionName, scheduledTime, edit = (event) => event) {
      const target = functionBy(functionName);
      // A schedule's retries are between Scheduler and Lambda; here a run starts at once.
      const schedule = plan.schedules
        .map(({ Target }) => Target as ScheduleTarget)
        .map(({ Arn, Input, RoleArn }) => references.resolve<ScheduleTarget>({ Arn, Input, RoleArn }))
        .find(({ Arn }) => functionBy(Arn) === target);
      if (!schedule) throw new Error(`There is no schedule for the function "${functionName}".`);
      const denial = mayInvoke(access, schedule.RoleArn, schedule.Arn);
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
      return watch.evaluate();
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

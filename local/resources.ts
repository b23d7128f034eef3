import { devNull } from 'node:os';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { accountId, arnOf, functionCredentials, nameIn, region } from './account.ts';
import type { QueueSample } from './alarms/watch.ts';
import type { Emulator } from './aws/emulator.ts';
import type { DeploymentPlan } from './deployment-plan.ts';
import { EventSource, type EventSourceSettings } from './event-source.ts';
import type { FaultActions, Faults } from './faults/faults.ts';
import type { Access } from './iam/access.ts';
import { permissionsOf } from './iam/policy.ts';
import { FunctionRuntime } from './lambda/function-runtime.ts';
import type { References } from './references.ts';
import type { ScheduleTarget } from './schedule.ts';

/** What is deployed, and where to. */
export interface Deploying {
  readonly plan: DeploymentPlan;
  /** Each resource defines what refers to it. */
  readonly references: References;
  readonly emulator: Emulator;
  readonly access: Access;
}

export function createBuckets({ plan, emulator, references }: Omit<Deploying, 'access'>): void {
  for (const { logicalId, name } of plan.buckets) {
    emulator.createBucket(name);
    references.define(logicalId, { Ref: name, Arn: `arn:aws:s3:::${name}` });
  }
}

/** @returns the queues' URLs by ARN */
export function createQueues({
  plan,
  emulator,
  references,
}: Omit<Deploying, 'access'>): ReadonlyMap<string, string> {
  // A queue names its dead-letter queue by ARN, in whatever order they stand.
  for (const { logicalId, name } of plan.queues) {
    references.define(logicalId, { Arn: arnOf('sqs', name), QueueName: name });
  }
  return new Map(
    plan.queues.map(({ logicalId, name, properties }) => {
      // Here a message is visible at once, and may wait for its function: see `RuntimeOptions.delays`.
      const {
        QueueName: _,
        DelaySeconds: __,
        ...attributes
      } = references.resolve<Record<string, unknown>>(properties);
      const texts = Object.entries(attributes).map(([attribute, value]) => [
        attribute,
        typeof value === 'object' ? JSON.stringify(value) : String(value),
      ]);
      const { url, arn } = emulator.createQueue(name, Object.fromEntries(texts));
      references.define(logicalId, { Ref: url });
      return [arn, url];
    }),
  );
}

/** Functions, schedules, roles without their policies, and log groups: what other resources refer to. */
export function nameResources({ plan, references }: Pick<Deploying, 'plan' | 'references'>): void {
  for (const { logicalId, name } of plan.functions) {
    references.define(logicalId, { Ref: name, Arn: arnOf('lambda', `function:${name}`) });
  }
  for (const { logicalId, name } of plan.schedules) {
    references.define(logicalId, { Ref: name, Arn: arnOf('scheduler', `schedule/default/${name}`) });
  }
  for (const { logicalId, name } of plan.managedPolicies) {
    references.define(logicalId, { Ref: `arn:aws:iam::${accountId}:policy/${name}` });
  }
  for (const { logicalId, name } of plan.roles) {
    references.define(logicalId, { Ref: name, Arn: `arn:aws:iam::${accountId}:role/${name}` });
  }
  for (const { logicalId, name } of plan.logGroups) {
    // CloudFormation's ARN of a log group stands for its streams, too.
    references.define(logicalId, { Ref: name, Arn: arnOf('logs', `log-group:${name}:*`) });
  }
}

/** After everything that policies refer to. */
export function grantPolicies({ plan, references, access }: Deploying): void {
  for (const { name, documents } of plan.roles) {
    for (const document of references.resolve<unknown[]>(documents)) {
      access.grant(permissionsOf(document, { holder: name, kind: 'role' }));
    }
  }
  for (const policy of plan.queuePolicies) {
    const { PolicyDocument, Queues } = references.resolve<{ PolicyDocument: unknown; Queues: string[] }>(
      policy,
    );
    for (const url of Queues) {
      access.grant(permissionsOf(PolicyDocument, { holder: nameIn(url), kind: 'resource' }));
    }
  }
}

/** What a schedule starts. @throws {Error} when there is none of this name */
export function scheduleBy(
  name: string,
  { plan, references }: Pick<Deploying, 'plan' | 'references'>,
): ScheduleTarget {
  const found = plan.schedules.find((schedule) => schedule.name === name);
  if (!found) {
    const names = plan.schedules.map((schedule) => schedule.name).join(', ');
    throw new Error(`There is no schedule "${name}"; there are: ${names}`);
  }
  // Without retries, which Scheduler and Lambda would do: here a run starts at once.
  const { Arn, Input, RoleArn } = found.properties.Target as ScheduleTarget;
  return references.resolve<ScheduleTarget>({ Arn, Input, RoleArn });
}

/** The queues as they are now, for the alarms. */
export function sampleQueues(emulator: Emulator, queueArns: Iterable<string>): QueueSample[] {
  return Array.from(queueArns, (arn) => ({
    name: nameIn(arn),
    visible: emulator.queueDepth(arn).visible,
    oldest: emulator.messages(arn)[0]?.sentAt,
  }));
}

export interface FunctionSurroundings {
  /** Where the SDK finds its services. */
  readonly endpoint: string;
  /** Other values for declared variables. */
  readonly overrides: Readonly<Record<string, string>>;
  /** Gets each line that a function prints, and is allowed to log. */
  readonly onLog: (functionName: string, line: string) => void;
  /** Told how each invocation ended. */
  readonly onInvocation: (functionName: string, ok: boolean) => void;
  readonly faults: Faults;
  readonly faultActions: FaultActions;
}

/** As CloudFormation has it. */
interface FunctionProperties {
  readonly Handler: string;
  /** ARN */
  readonly Role?: string;
  readonly LoggingConfig?: { readonly LogGroup?: string };
  /** Seconds */
  readonly Timeout?: number;
  /** MiB */
  readonly MemorySize?: number;
  readonly Environment?: { readonly Variables?: Readonly<Record<string, string>> };
}

/**
 * @returns the functions by name
 * @throws {Error} when no function declares a variable to override
 */
export function createFunctions(
  { plan, references, access }: Deploying,
  { endpoint, overrides, onLog, onInvocation, faults, faultActions }: FunctionSurroundings,
): ReadonlyMap<string, FunctionRuntime> {
  const declared = new Set<string>();
  const functions = plan.functions.map(({ logicalId, name, bundle, properties }) => {
    const {
      Handler,
      Role,
      LoggingConfig: { LogGroup: logGroup = `/aws/lambda/${name}` } = {},
      Timeout = 3,
      MemorySize = 128,
      Environment: { Variables = {} } = {},
    } = references.resolve<FunctionProperties>(properties);
    if (Role === undefined) throw new Error(`${logicalId}: a function needs a Role.`);
    access.assumeRole(name, Role, name);
    for (const variable of Object.keys(Variables)) declared.add(variable);
    const { accessKeyId, secretAccessKey } = functionCredentials(name);
    const runtime = new FunctionRuntime({
      name,
      directory: bundle,
      handler: Handler,
      memory: MemorySize,
      timeout: Timeout * 1000,
      environment: {
        ...Variables,
        ...Object.fromEntries(Object.entries(overrides).filter(([variable]) => variable in Variables)),
        // What Lambda itself adds.
        AWS_REGION: region,
        AWS_DEFAULT_REGION: region,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_LAMBDA_FUNCTION_NAME: name,
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MemorySize),
        TZ: ':UTC',
        AWS_ENDPOINT_URL: endpoint,
        // Otherwise the SDK would read the settings of whoever runs this.
        AWS_CONFIG_FILE: devNull,
        AWS_SHARED_CREDENTIALS_FILE: devNull,
      },
      onLog: (line) => {
        // As on AWS, what it prints is lost when its role does not let it log.
        if (access.mayLog(name, logGroup)) onLog(name, line);
      },
      onInvocation: (ok) => onInvocation(name, ok),
      fault: (event) => faults.invocation?.(name, event, faultActions),
      clockAhead: faults.clockAhead?.(name) ?? 0,
    });
    return [name, runtime] as const;
  });
  const unused = Object.keys(overrides).filter((variable) => !declared.has(variable));
  if (unused.length > 0) throw new Error(`No function declares ${unused.join(', ')}.`);
  return new Map(functions);
}

/** As CloudFormation has it. */
interface EventSourceProperties {
  readonly EventSourceArn: string;
  readonly FunctionName: string;
  readonly BatchSize?: number;
  readonly FunctionResponseTypes?: readonly string[];
  readonly ScalingConfig?: { readonly MaximumConcurrency?: number };
}

/** Starts polling, unless one of the sources is wrong. Defaults are Lambda's. */
export function connectEventSources(
  { plan, references }: Pick<Deploying, 'plan' | 'references'>,
  connections: Pick<EventSourceSettings, 'retryDelay' | 'onFailure' | 'redelivery'> & {
    /** A client with the operator's credentials, or with a function's. */
    readonly sqs: (functionName?: string) => SQSClient;
    readonly queueUrls: ReadonlyMap<string, string>;
    readonly functionBy: (reference: string) => FunctionRuntime;
    /** Whether messages of a queue with a delay wait. */
    readonly holds?: EventSourceSettings['holds'];
  },
): EventSource[] {
  const { sqs, queueUrls, functionBy, holds, ...others } = connections;
  const delayed = plan.queues.filter(({ properties }) => properties.DelaySeconds).map(({ name }) => name);
  const sources = plan.eventSources.map((properties) => {
    const mapping = references.resolve<EventSourceProperties>(properties);
    const queueArn = mapping.EventSourceArn;
    const queueUrl = queueUrls.get(queueArn);
    if (mapping.BatchSize !== 1) throw new Error('The local runtime expects one message per invocation.');
    if (!queueUrl) throw new Error(`The local runtime polls queues of the stack only, not ${queueArn}.`);
    const settings: EventSourceSettings = {
      queueArn,
      queueUrl,
      region,
      maximumConcurrency: mapping.ScalingConfig?.MaximumConcurrency ?? 1000,
      reportsFailures: mapping.FunctionResponseTypes?.includes('ReportBatchItemFailures') ?? false,
      holds: delayed.includes(nameIn(queueArn)) ? holds : undefined,
      ...others,
    };
    return { settings, target: functionBy(mapping.FunctionName) };
  });
  return sources.map(
    ({ settings, target }) => new EventSource(settings, sqs(target.settings.name), target, sqs()),
  );
}

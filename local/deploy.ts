import { appendFileSync, mkdirSync } from 'node:fs';
import { devNull } from 'node:os';
import { join } from 'node:path';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { QueueSample } from './alarms/watch.ts';
import { ACCOUNT_ID, type Emulator } from './aws/emulator.ts';
import { withStateFile } from './aws/state-error.ts';
import type { Deployment } from './deployment.ts';
import { EventSource, type EventSourceSettings } from './event-source.ts';
import type { FaultActions, Faults } from './faults/faults.ts';
import { FunctionRuntime } from './lambda/function-runtime.ts';
import type { References } from './references.ts';

/** Where everything is: the one region and account of this computer. */
export const region = 'us-east-1';
/** Of whoever runs this: may everything. Only the access key id counts: nothing here checks a signature. */
export const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
/** What a function signs its requests with, and Lambda its polling for it: what its role allows. */
export const functionCredentials = (name: string) => ({ accessKeyId: name, secretAccessKey: 'local' });

export const arnOf = (service: string, resource: string) =>
  `arn:aws:${service}:${region}:${ACCOUNT_ID}:${resource}`;

export function definePseudoParameters(references: References): void {
  references.define('AWS::Region', { Ref: region });
  references.define('AWS::AccountId', { Ref: ACCOUNT_ID });
  references.define('AWS::Partition', { Ref: 'aws' });
  references.define('AWS::URLSuffix', { Ref: 'amazonaws.com' });
}

export function deployBuckets({ buckets }: Deployment, emulator: Emulator, references: References): void {
  for (const { logicalId, name } of buckets) {
    emulator.createBucket(name);
    references.define(logicalId, { Ref: name, Arn: `arn:aws:s3:::${name}` });
  }
}

/** @returns the queues' URLs by ARN */
export function deployQueues(
  { queues }: Deployment,
  emulator: Emulator,
  references: References,
): ReadonlyMap<string, string> {
  // A queue names its dead-letter queue by ARN, in whatever order they stand.
  for (const { logicalId, name } of queues) {
    references.define(logicalId, { Arn: arnOf('sqs', name), QueueName: name });
  }
  return new Map(
    queues.map(({ logicalId, name, properties }) => {
      const { QueueName: _, ...attributes } = references.resolve<Record<string, unknown>>(properties);
      const text = Object.entries(attributes).map(([attribute, value]) => [
        attribute,
        typeof value === 'object' ? JSON.stringify(value) : String(value),
      ]);
      const { url, arn } = emulator.createQueue(name, Object.fromEntries(text));
      references.define(logicalId, { Ref: url });
      return [arn, url];
    }),
  );
}

export interface FunctionSurroundings {
  readonly stateDir: string;
  readonly endpoint: string;
  readonly secretsEndpoint: string;
  /** Other values for declared variables. */
  readonly overrides: Readonly<Record<string, string>>;
  /** Gets each line that a function prints, and may log. */
  readonly onLog: (functionName: string, line: string) => void;
  /** Told how each invocation ended. */
  readonly onInvocation: (functionName: string, ok: boolean) => void;
  /** Lets the function do what the role may. */
  readonly onRole: (functionName: string, roleArn: string) => void;
  /** Whether the function may write to the log group. What it prints is lost otherwise. */
  readonly mayLog: (functionName: string, logGroup: string) => boolean;
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

export function nameFunctions({ functions }: Pick<Deployment, 'functions'>, references: References): void {
  for (const { logicalId, name } of functions)
    references.define(logicalId, { Ref: name, Arn: arnOf('lambda', `function:${name}`) });
}

/** Adds a line to a function's log. */
export function appendLog(stateDir: string, functionName: string, line: string): void {
  const file = join(stateDir, 'logs', `${functionName}.log`);
  withStateFile(file, () => appendFileSync(file, `${line}\n`));
}

/** The queues as they are now, by their ARN and URL. */
export function queueSamples(emulator: Emulator, queueUrls: ReadonlyMap<string, string>): QueueSample[] {
  return [...queueUrls].map(([arn, url]) => ({
    name: arn.split(':').at(-1) ?? '',
    visible: emulator.queueDepth(url).visible,
    oldest: emulator.messages(url)[0]?.sentAt,
  }));
}

/**
 * @returns the functions by name
 * @throws {Error} when a variable to override is declared by no function
 */
export function deployFunctions(
  { functions }: Deployment,
  references: References,
  surroundings: FunctionSurroundings,
): ReadonlyMap<string, FunctionRuntime> {
  const { stateDir, endpoint, secretsEndpoint, overrides, onLog, onInvocation, onRole, mayLog } =
    surroundings;
  const { faults, faultActions } = surroundings;
  const logs = join(stateDir, 'logs');
  withStateFile(logs, () => mkdirSync(logs, { recursive: true }));
  const unused = new Set(Object.keys(overrides));
  nameFunctions({ functions }, references);
  const deployed = new Map(
    functions.map(({ logicalId, name, directory, properties }) => {
      const {
        Handler,
        Role,
        LoggingConfig: { LogGroup: logGroup = `/aws/lambda/${name}` } = {},
        Timeout = 3,
        MemorySize = 128,
        Environment,
      } = references.resolve<FunctionProperties>(properties);
      if (Role === undefined) throw new Error(`${logicalId}: a function needs a Role.`);
      onRole(name, Role);
      const { accessKeyId, secretAccessKey } = functionCredentials(name);
      const declared = { ...Environment?.Variables };
      for (const [variable, value] of Object.entries(overrides)) {
        if (!(variable in declared)) continue;
        declared[variable] = value;
        unused.delete(variable);
      }
      const runtime = new FunctionRuntime({
        name,
        directory,
        handler: Handler,
        memory: MemorySize,
        timeout: Timeout * 1000,
        environment: {
          ...declared,
          // What Lambda itself adds, and where the SDK finds its services here.
          AWS_REGION: region,
          AWS_DEFAULT_REGION: region,
          AWS_ACCESS_KEY_ID: accessKeyId,
          AWS_SECRET_ACCESS_KEY: secretAccessKey,
          AWS_LAMBDA_FUNCTION_NAME: name,
          AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
          AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MemorySize),
          TZ: ':UTC',
          // The SDK would read the settings of whoever runs this.
          AWS_CONFIG_FILE: devNull,
          AWS_SHARED_CREDENTIALS_FILE: devNull,
          AWS_ENDPOINT_URL: endpoint,
          AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsEndpoint,
        },
        onLog: (line) => {
          if (!mayLog(name, logGroup)) return;
          onLog(name, line);
        },
        onInvocation: (ok) => onInvocation(name, ok),
        fault: (event) => faults.invocation?.(name, event, faultActions),
        clockAhead: faults.clockAhead?.(name) ?? 0,
      });
      return [name, runtime] as const;
    }),
  );
  if (unused.size > 0) throw new Error(`No function declares ${[...unused].join(', ')}.`);
  return deployed;
}

/** As CloudFormation has it. */
interface EventSourceProperties {
  readonly EventSourceArn: string;
  readonly FunctionName: string;
  readonly BatchSize?: number;
  /** Seconds */
  readonly MaximumBatchingWindowInSeconds?: number;
  readonly FunctionResponseTypes?: readonly string[];
  readonly ScalingConfig?: { readonly MaximumConcurrency?: number };
}

export interface DeployedEventSource {
  readonly queueArn: string;
  readonly source: EventSource;
}

/** Starts polling, unless one of the sources is wrong. Defaults are Lambda's. */
export function connectEventSources(
  { eventSources }: Deployment,
  references: References,
  connections: {
    /** A client with the operator's credentials, or with a function's. */
    readonly sqs: (functionName?: string) => SQSClient;
    readonly queueUrls: ReadonlyMap<string, string>;
    readonly functionBy: (reference: string) => FunctionRuntime;
    readonly retryDelay: number | undefined;
    readonly onFailure: EventSourceSettings['onFailure'];
    readonly redelivery?: EventSourceSettings['redelivery'];
  },
): DeployedEventSource[] {
  const { sqs, queueUrls, functionBy, retryDelay, onFailure, redelivery } = connections;
  const resolved = eventSources.map((properties) => {
    const mapping = references.resolve<EventSourceProperties>(properties);
    const queueArn = mapping.EventSourceArn;
    const queueUrl = queueUrls.get(queueArn);
    if (!queueUrl) throw new Error(`The local runtime polls queues of the stack only, not ${queueArn}.`);
    const settings: EventSourceSettings = {
      queueArn,
      queueUrl,
      region,
      batchSize: mapping.BatchSize ?? 10,
      batchingWindow: (mapping.MaximumBatchingWindowInSeconds ?? 0) * 1000,
      maximumConcurrency: mapping.ScalingConfig?.MaximumConcurrency ?? 1000,
      partialFailures: mapping.FunctionResponseTypes?.includes('ReportBatchItemFailures') ?? false,
      retryDelay,
      onFailure,
      redelivery,
    };
    return { settings, target: functionBy(mapping.FunctionName) };
  });
  return resolved.map(({ settings, target }) => ({
    queueArn: settings.queueArn,
    source: new EventSource(settings, sqs(target.settings.name), target, sqs()),
  }));
}

import { resolve } from 'node:path';
import { AthenaClient } from '@aws-sdk/client-athena';
import { CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';
import type { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { RunEventInput } from '../functions/fetch/run-event.ts';
import type { Runtime } from '../local/runtime.ts';
import type { Outputs } from '../shared/outputs.ts';
import { s3Client } from '../shared/s3-client.ts';
import { assemblyIn } from './local-assembly.ts';
import { scheduleInput } from './schedule-input.ts';
import { NoStackError, stackOutputs } from './stack-outputs.ts';

/** Which deployment a command is about. */
export interface Target {
  readonly stage: string;
  /** The one on this computer, instead of AWS. */
  readonly local?: true;
  /** State directory of the local one. */
  readonly state: string;
}

/** A deployment, on AWS or on this computer: the same clients, only their endpoint differs. */
export interface Deployed {
  readonly outputs: Outputs;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly secrets: SecretsManagerClient;
  readonly athena: AthenaClient;
  /** What a schedule sends to fetch, by its name; the scheduled time is a placeholder. */
  scheduleInput(name: string): Promise<RunEventInput>;
  /** The local runtime, which converts what is enqueued for as long as the command runs; undefined on AWS. */
  readonly runtime: Runtime | undefined;
  close(): Promise<void>;
}

/** The parts of a deployment that are there whether a command works on it or only looks. */
export type Reached = Pick<Deployed, 'outputs' | 's3' | 'sqs' | 'runtime'>;
/** The same for a command that asks what schedules send. */
export type Scheduled = Reached & Pick<Deployed, 'scheduleInput'>;

export interface ConnectOptions {
  /** Told of what takes long, in words such as "synthesizing the stack". */
  readonly onProgress?: (doing: string) => void;
  readonly signal?: AbortSignal;
  /** A pipeline on this computer that never ran is made. */
  readonly create?: boolean;
  /** What fetch calls on this computer: WeatherAPI.com with this key, or else the stand-in. */
  readonly api?: { readonly key: string | undefined };
}

/** @throws {Error} that says what to type, when there is no such deployment, or it is not whole; see `stackOutputs` */
export async function connect(target: Target, options: ConnectOptions = {}): Promise<Deployed> {
  return target.local ? connectLocally(target.state, options) : connectToAws(target.stage);
}

/** The deployment; undefined when there is no such stack, or it never came up. */
export async function findDeployed(
  target: Target,
  options: ConnectOptions = {},
): Promise<Deployed | undefined> {
  try {
    return await connect(target, options);
  } catch (error) {
    if (error instanceof NoStackError) return undefined;
    throw error;
  }
}

async function connectToAws(stage: string): Promise<Deployed> {
  return deployed(stackOutputs(stage, await describeStack(`TdfWeather-${stage}`)), {}, undefined);
}

export async function describeStack(StackName: string): Promise<Stack | undefined> {
  const cloudFormation = new CloudFormationClient();
  try {
    const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
    return Stacks?.[0];
  } catch (error) {
    if (error instanceof Error && error.message.includes('does not exist')) return undefined;
    throw error;
  } finally {
    cloudFormation.destroy();
  }
}

async function connectLocally(
  stateDir: string,
  { onProgress, signal, create = false, api }: ConnectOptions,
): Promise<Deployed> {
  const assembly = create ? resolve(stateDir, 'cdk.out') : await assemblyIn(stateDir);
  // Loaded only here: a command on AWS does without the whole emulator.
  const [{ startRuntime }, { lockState }, { synthesize }, { readTemplate }, weather] = await Promise.all([
    import('../local/runtime.ts'),
    import('../local/aws/state-lock.ts'),
    import('../local/synthesize.ts'),
    import('../local/template.ts'),
    import('../local/weatherapi/server.ts'),
  ]);
  const lock = lockState(stateDir);
  let standIn: Awaited<ReturnType<typeof weather.startWeatherApi>> | undefined;
  try {
    await synthesize(assembly, signal, onProgress);
    const template = await readTemplate(assembly);
    if (api && !api.key)
      standIn = await weather.startWeatherApi({ key: weather.standInKey, now: () => new Date() });
    const environment = standIn ? { WEATHERAPI_URL: standIn.url } : {};
    const runtime = await startRuntime({ template, stateDir, lock, environment, retryDelay: 1 });
    const local = deployedLocally(runtime);
    if (api) runtime.emulator.secrets.set(local.outputs.ApiKeySecretName, api.key ?? weather.standInKey);
    const close = () => local.close().finally(() => standIn?.close());
    return { ...local, close };
  } catch (error) {
    await standIn?.close();
    lock.release();
    throw error;
  }
}

/** The deployment that a local runtime is. */
export function deployedLocally(runtime: Runtime): Deployed {
  return deployed(runtime.outputs as unknown as Outputs, runtime.clientConfig, runtime);
}

function deployed(
  outputs: Outputs,
  config: Partial<Runtime['clientConfig']>,
  runtime: Runtime | undefined,
): Deployed {
  const clients = {
    s3: s3Client(config),
    sqs: new SQSClient(config),
    secrets: new SecretsManagerClient(config),
    athena: new AthenaClient(config),
  };
  return {
    outputs,
    ...clients,
    scheduleInput: runtime ? async (name) => runtime.scheduleInput(name) as RunEventInput : scheduleInput,
    runtime,
    async close() {
      for (const client of Object.values(clients)) client.destroy();
      await runtime?.close();
    },
  };
}

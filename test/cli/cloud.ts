import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { CommanderError } from 'commander';
import { startCommand } from '../../cli/commands/start.ts';
import { runProgram } from '../../cli/program.ts';
import { type Emulator, startEmulator } from '../../local/aws/emulator.ts';
import { compactedKey, dayPrefix, type TableDay, tableDayOf } from '../../shared/keys.ts';
import { objectMetadata } from '../../shared/object-metadata.ts';
import type { Outputs } from '../../shared/outputs.ts';
import { listParts, partsDigest, versions } from '../../shared/parts.ts';
import { objectEvent } from '../../shared/s3-event.ts';
import { cloudRuns } from './cloud-runs.ts';
import './cloud-watch.ts';

const region = 'eu-central-1';
const credentials = { accessKeyId: 'operator', secretAccessKey: 'operator' };

const { send } = SQSClient.prototype;
// The emulator is one server: it need not be asked for a second whether a queue is empty.
SQSClient.prototype.send = function (this: SQSClient, ...sent: Parameters<typeof send>) {
  const [{ input }] = sent as unknown as [ReceiveMessageCommand];
  if (input.WaitTimeSeconds === 1) input.WaitTimeSeconds = 0;
  return send.apply(this, sent);
} as typeof send;

export interface TdfOptions {
  /** Standard input. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Ctrl-C, once this resolves. */
  readonly interrupt?: Promise<unknown>;
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the commands need of AWS, on loopback: a stack without its functions, and CloudFormation to find it by. */
export interface Cloud {
  readonly emulator: Emulator;
  readonly outputs: Outputs;
  readonly clients: {
    readonly s3: S3Client;
    readonly sqs: SQSClient;
    readonly secrets: SecretsManagerClient;
  };
  /** Stages that have a stack. */
  readonly stages: Set<string>;
  /** What CloudFormation says of them. */
  readonly stack: { status: string; outputs: Partial<Outputs>; createdAt: Date };
  /** Compacts a day, as compact would: the object tells what it was made of. */
  compact(of: TableDay): Promise<void>;
  /** Compacts a day from now on whenever one of its parts is written. */
  startCompact(): void;
  /** Sends a dead letter about a day, as compact would. */
  buryDay(of: TableDay, code: string, reason: string): Promise<void>;
  /** Types a command, as an operator does whose environment points here instead of to AWS. In this process. */
  tdf(...args: readonly string[]): Promise<Ended>;
  /** The same in a process of its own, which reads its input, and can be interrupted. */
  process(args: readonly string[], options?: TdfOptions): Promise<Ended>;
  close(): Promise<void>;
}

export async function startCloud(): Promise<Cloud> {
  const stateDir = await mkdtemp(join(tmpdir(), 'cloud-'));
  const emulator = await startEmulator({ stateDir, region });
  for (const bucket of ['raw', 'curated', 'compacted']) emulator.createBucket(bucket);
  const urlOf = (queue: string) => emulator.createQueue(queue, {}).url;
  const outputs: Outputs = {
    RawBucketName: 'raw',
    CuratedBucketName: 'curated',
    CompactedBucketName: 'compacted',
    QueueUrl: urlOf('queue'),
    DeadLetterQueueUrl: urlOf('dead-letters'),
    CompactQueueUrl: urlOf('compact-queue'),
    CompactDeadLetterQueueUrl: urlOf('compact-dead-letters'),
    ApiKeySecretName: 'team/weatherapi-key',
    Database: 'weather',
    Workgroup: 'weather',
    FetchFunctionName: 'fetch',
    Schedules: JSON.stringify({
      'weatherapi/current': {
        name: 'current',
        expression: 'cron(0 * * * ? *)',
        placesList: 'of-the-configured',
      },
      'weatherapi/history': { name: 'history', expression: 'cron(0 14 * * ? *)', placesList: '' },
    }),
    Versions: JSON.stringify(versions),
    FetchLogGroup: 'fetch-logs',
    ConvertLogGroup: 'convert-logs',
    CompactLogGroup: 'compact-logs',
    ReconcileLogGroup: 'reconcile-logs',
  };
  cloudRuns.inputs = {
    current: { locations: ['Oslo', 'Bergen'] },
    history: { locations: ['Oslo', 'Bergen'] },
  };
  const stages = new Set(['dev']);
  const stack = { status: 'CREATE_COMPLETE', outputs, createdAt: new Date('2026-01-01') };
  const cloudFormation = await startCloudFormation(stages, stack);
  const config = { region, credentials, endpoint: emulator.endpoint };
  const clients = {
    s3: new S3Client(config),
    sqs: new SQSClient(config),
    secrets: new SecretsManagerClient(config),
  };
  const environment = {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL: emulator.endpoint,
    AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.endpoint,
  };
  /** One at a time: the last one sees all parts. */
  let compacting = Promise.resolve();
  const compact = (of: TableDay) => {
    compacting = compacting.then(() => writeCompacted(of));
    return compacting;
  };
  const writeCompacted = async (of: TableDay) => {
    const digest = partsDigest(of, await listParts(clients.s3, 'curated', of));
    const object = { Bucket: 'compacted', Key: compactedKey(of), Body: 'PAR1' };
    const Metadata = { [objectMetadata.partsDigest]: digest };
    await clients.s3.send(new PutObjectCommand({ ...object, Metadata }));
  };
  return {
    emulator,
    outputs,
    clients,
    stages,
    stack,
    compact,
    startCompact: () =>
      emulator.onObjectCreated(({ bucket, key }) => {
        if (bucket === 'curated') void compact(tableDayOf(key));
      }),
    async buryDay(of, code, reason) {
      const attributes = { code, reason, tries: '1', table: of.table.name, day: of.day };
      await clients.sqs.send(
        new SendMessageCommand({
          QueueUrl: outputs.CompactDeadLetterQueueUrl,
          MessageBody: objectEvent({ bucket: 'curated', key: dayPrefix(of), size: 0 }),
          MessageAttributes: Object.fromEntries(
            Object.entries(attributes).map(([name, StringValue]) => [
              name,
              { DataType: 'String', StringValue },
            ]),
          ),
        }),
      );
    },
    tdf: (...args) => tdf(args, environment),
    process: (args, { env, ...options } = {}) =>
      runTdf(args, { ...options, env: { ...environment, ...env } }),
    async close() {
      await compacting;
      for (const client of Object.values(clients)) client.destroy();
      await Promise.all([emulator.close(), cloudFormation.close()]);
      await rm(stateDir, { recursive: true });
    },
  };
}

/** Runs a command in this process, with nobody at the terminal. */
export function tdf(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return captured(() => runProgram(args), environment);
}

/** The same of `npm start --`. */
export function start(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const command = startCommand().exitOverride();
  return captured(async () => {
    await command.parseAsync(args, { from: 'user' }).catch((error: unknown) => {
      if (!(error instanceof CommanderError)) throw error;
      process.exitCode = error.exitCode;
    });
  }, environment);
}

async function captured(
  work: () => Promise<void>,
  environment: Readonly<Record<string, string>>,
): Promise<Ended> {
  const printed = { stdout: '', stderr: '' };
  const { log, error } = console;
  const { env } = process;
  console.log = (text = '') => {
    printed.stdout += `${text}\n`;
  };
  console.error = (text = '') => {
    printed.stderr += `${text}\n`;
  };
  const { write } = process.stdout;
  process.stdout.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    printed.stdout += String(chunk);
    const done = rest.at(-1);
    if (typeof done === 'function') done();
    return true;
  }) as typeof write;
  for (const stream of [process.stdin, process.stderr]) stream.isTTY = false;
  process.env = { ...env, NO_COLOR: '1', COLUMNS: '', ...environment };
  try {
    process.exitCode = 0;
    await work();
    return { code: Number(process.exitCode), ...printed };
  } finally {
    process.exitCode = 0;
    process.env = env;
    process.stdout.write = write;
    Object.assign(console, { log, error });
  }
}

/** Runs a command in a process of its own, so that all it prints is seen. */
export function runTdf(
  args: readonly string[],
  { input = '', env = {}, interrupt }: TdfOptions = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      ['cli/tdf.ts', ...args],
      { env: { ...process.env, NO_COLOR: '1', ...env } },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
    child.stdin?.on('error', () => {}); // A command that reads nothing may have ended by now.
    child.stdin?.end(input);
    interrupt?.then(() => child.kill('SIGINT'), reject);
  });
}

/** DescribeStacks, as the SDK speaks it. */
async function startCloudFormation(stages: ReadonlySet<string>, stack: Cloud['stack']) {
  const server = createServer(async (request, response) => {
    const body = new URLSearchParams(String(Buffer.concat(await Array.fromAsync(request))));
    const name = body.get('StackName') ?? '';
    const found = stages.has(name.replace('TdfWeather-', ''));
    response.writeHead(found ? 200 : 400, { 'content-type': 'text/xml' });
    response.end(found ? stackXml(name, stack) : missingXml(name));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

function stackXml(name: string, { status, outputs, createdAt }: Cloud['stack']): string {
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  return `<DescribeStacksResponse><DescribeStacksResult><Stacks><member>
    <StackName>${name}</StackName><StackStatus>${status}</StackStatus>
    <CreationTime>${createdAt.toISOString()}</CreationTime><Outputs>${members.join('')}</Outputs>
  </member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
}

function missingXml(name: string): string {
  return `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>
    <Message>Stack with id ${name} does not exist</Message></Error></ErrorResponse>`;
}

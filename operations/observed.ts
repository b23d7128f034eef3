import { CloudWatchClient, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ListBucketsCommand, type S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { RunEventInput } from '../functions/fetch/run-event.ts';
import { alarmPrefix } from '../shared/alarm-name.ts';
import type { Outputs } from '../shared/outputs.ts';
import { s3Client } from '../shared/s3-client.ts';
import { describeStack, type Target } from './deployed.ts';
import { templateIn } from './local-assembly.ts';
import { cloudWatchLogs, type Logs, logFiles } from './logs.ts';
import { scheduleInput } from './schedule-input.ts';
import { stackOutputs } from './stack-outputs.ts';

export interface AlarmStatus {
  readonly name: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  /** What it means, and what to type next. */
  readonly description: string;
  /** Which values it has seen. */
  readonly reason: string;
}

/** A deployment for whoever only looks: nothing runs and nothing is locked, on AWS and on this computer. */
export interface Observed {
  readonly outputs: Outputs;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly logs: Logs;
  /** When the first deployment was. */
  readonly deployedAt: Date;
  alarms(): Promise<readonly AlarmStatus[]>;
  /** What a schedule sends to fetch, by its name; the scheduled time is a placeholder. */
  scheduleInput(name: string): Promise<RunEventInput>;
}

type Closeable = Observed & { close(): Promise<void> };

/**
 * Looks at a deployment for as long as something is done with it.
 * @throws {Error} that says what to type, when there is no such deployment, or it is not whole
 */
export async function observing<T>(target: Target, work: (observed: Observed) => Promise<T>): Promise<T> {
  const observed = await (target.local ? observeState(target.state) : observeStack(target.stage));
  try {
    return await work(observed);
  } finally {
    await observed.close();
  }
}

async function observeStack(stage: string): Promise<Closeable> {
  const stack = await describeStack(`TdfWeather-${stage}`);
  const outputs = stackOutputs(stage, stack);
  const clients = {
    s3: s3Client(),
    sqs: new SQSClient(),
    cloudWatch: new CloudWatchClient(),
    cloudWatchLogs: new CloudWatchLogsClient(),
  };
  return {
    outputs,
    ...clients,
    logs: cloudWatchLogs(clients.cloudWatchLogs, {
      fetch: outputs.FetchLogGroup,
      convert: outputs.ConvertLogGroup,
      compact: outputs.CompactLogGroup,
      reconcile: outputs.ReconcileLogGroup,
    }),
    deployedAt: stack?.CreationTime ?? new Date(0),
    alarms: () => describeAlarms(clients.cloudWatch, stage),
    scheduleInput,
    async close() {
      for (const client of Object.values(clients)) client.destroy();
    },
  };
}

async function describeAlarms(client: CloudWatchClient, stage: string): Promise<AlarmStatus[]> {
  const alarms: AlarmStatus[] = [];
  const AlarmNamePrefix = alarmPrefix(stage);
  for await (const { MetricAlarms = [] } of paginateDescribeAlarms({ client }, { AlarmNamePrefix })) {
    for (const { AlarmName = '', StateValue, AlarmDescription = '', StateReason = '' } of MetricAlarms) {
      // The stage `dev` is not to show what rings in `dev-2`.
      if (AlarmName.slice(AlarmNamePrefix.length).includes('-')) continue;
      alarms.push({
        name: AlarmName,
        state: StateValue ?? 'INSUFFICIENT_DATA',
        description: AlarmDescription,
        reason: StateReason,
      });
    }
  }
  return alarms;
}

async function observeState(state: string): Promise<Closeable> {
  const template = await templateIn(state);
  // Loaded only here: a command on AWS does without the whole emulator.
  const { takeSnapshot } = await import('../local/snapshot.ts');
  const snapshot = await takeSnapshot(template, state);
  const outputs = snapshot.outputs as unknown as Outputs;
  const s3 = s3Client(snapshot.clientConfig);
  const sqs = new SQSClient(snapshot.clientConfig);
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const raw = Buckets.find(({ Name }) => Name === outputs.RawBucketName);
  const deployedAt = raw?.CreationDate ?? new Date(0);
  return {
    outputs,
    s3,
    sqs,
    logs: logFiles(state),
    deployedAt,
    alarms: () => snapshot.alarms(deployedAt),
    scheduleInput: async (name) => snapshot.scheduleInput(name) as RunEventInput,
    async close() {
      s3.destroy();
      sqs.destroy();
      await snapshot.close();
    },
  };
}

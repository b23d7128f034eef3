import { CloudWatchClient, type DescribeAlarmsCommand, type MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, type FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';

export interface LogEvent {
  readonly timestamp: number;
  readonly message: string;
}

/** What CloudWatch has for the commands of a test file, and what it was asked. */
export const cloudWatch = {
  alarms: [] as MetricAlarm[],
  /** By log group. The pattern of a request is not looked at. */
  events: {} as Record<string, LogEvent[]>,
  asked: [] as { readonly command: string; readonly input: object }[],
  /** Why everything is refused. */
  refusal: undefined as string | undefined,
};

/** Members of a page: few, so that there are several. */
const pageLength = 2;

function ask(command: { readonly input: object }): void {
  // The SDK uses one object for all pages.
  const input = JSON.parse(JSON.stringify(command.input)) as object;
  cloudWatch.asked.push({ command: command.constructor.name, input });
  if (cloudWatch.refusal !== undefined)
    throw Object.assign(new Error(cloudWatch.refusal), { name: 'AccessDenied' });
}

function pageOf<T>(all: readonly T[], token: string | undefined) {
  const from = Number(token ?? 0);
  const next = from + pageLength;
  return { page: all.slice(from, next), token: next < all.length ? String(next) : undefined };
}

CloudWatchClient.prototype.send = (async (command: DescribeAlarmsCommand) => {
  ask(command);
  const { AlarmNamePrefix = '', NextToken } = command.input;
  const meant = cloudWatch.alarms.filter(({ AlarmName }) => AlarmName?.startsWith(AlarmNamePrefix));
  const { page, token } = pageOf(meant, NextToken);
  return { MetricAlarms: page, NextToken: token };
}) as unknown as CloudWatchClient['send'];

CloudWatchLogsClient.prototype.send = (async (command: FilterLogEventsCommand) => {
  ask(command);
  const { logGroupName = '', startTime = 0, nextToken } = command.input;
  const events = (cloudWatch.events[logGroupName] ?? []).filter(({ timestamp }) => timestamp >= startTime);
  const { page, token } = pageOf(events, nextToken);
  return { events: page, nextToken: token };
}) as unknown as CloudWatchLogsClient['send'];

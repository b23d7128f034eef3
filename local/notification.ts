import type { Emulator } from './aws/emulator.ts';
import type { LateEvents } from './faults/late-events.ts';
import { encodeKey, s3Event, s3TestEvent } from './s3-event.ts';

/** A bucket's notification as CloudFormation has it, with its references resolved. */
export interface NotificationProperties {
  readonly BucketName: string;
  readonly NotificationConfiguration: {
    readonly QueueConfigurations?: readonly {
      readonly Events: readonly string[];
      readonly QueueArn: string;
      readonly Filter?: {
        readonly Key: { readonly FilterRules: readonly { Name: string; Value: string }[] };
      };
    }[];
  };
}

/**
 * Sends what the bucket's notification asks for to its queues, starting with S3's test event.
 * @param maySend what the queue's policy says of messages from the bucket; where it refuses, S3 loses them in silence
 * @throws {Error} when S3 could not set the notification up either
 */
export function notify(
  emulator: Emulator,
  properties: NotificationProperties,
  region: string,
  maySend: (queueArn: string, bucketArn: string) => boolean = () => true,
  lateEvents: Pick<LateEvents, 'pass'> = { pass: (_created, send) => send() },
): void {
  const { BucketName, NotificationConfiguration } = properties;
  const { QueueConfigurations = [], ...others } = NotificationConfiguration;
  if (Object.keys(others).length > 0) {
    throw new Error(`The local runtime notifies queues only, not: ${Object.keys(others).join(', ')}`);
  }
  for (const { Events, QueueArn, Filter } of QueueConfigurations) {
    const unknown = Events.filter((pattern) => !pattern.startsWith('s3:ObjectCreated:'));
    if (unknown.length > 0) {
      throw new Error(`The local runtime knows events of created objects only, not: ${unknown.join(', ')}`);
    }
    const matches = keyFilter(Filter?.Key.FilterRules ?? []);
    const allowed = () => maySend(QueueArn, `arn:aws:s3:::${BucketName}`);
    if (!allowed()) {
      throw new Error(
        `Unable to validate the destination of ${BucketName}'s notification: expected a policy of ${QueueArn} that lets s3.amazonaws.com send messages.`,
      );
    }
    emulator.send(QueueArn, s3TestEvent(BucketName));
    emulator.onObjectCreated((created) => {
      if (created.bucket !== BucketName || !matches(encodeKey(created.key))) return;
      if (!Events.some((pattern) => matchesEvent(pattern, created.eventName))) return;
      if (!allowed()) return;
      lateEvents.pass(created, () => emulator.send(QueueArn, s3Event(created, region)));
    });
  }
}

function matchesEvent(pattern: string, eventName: string): boolean {
  const name = `s3:${eventName}`;
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/**
 * For keys as they stand in events: S3 wants the filters' values encoded, `dt%3D` and not `dt=`.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
 */
function keyFilter(rules: readonly { Name: string; Value: string }[]): (key: string) => boolean {
  const checks = rules.map(({ Name, Value }) => {
    switch (Name.toLowerCase()) {
      case 'prefix':
        return (key: string) => key.startsWith(Value);
      case 'suffix':
        return (key: string) => key.endsWith(Value);
      default:
        throw new Error(`The local runtime knows filters by prefix and suffix, not by "${Name}".`);
    }
  });
  return (key) => checks.every((check) => check(key));
}

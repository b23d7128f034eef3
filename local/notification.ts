import { encodeKey } from '../shared/s3-event.ts';
import type { Emulator, ObjectCreated, ObjectEvent } from './aws/emulator.ts';

/** A bucket's notification as CloudFormation has it, with its references resolved. */
export interface NotificationProperties {
  readonly BucketName: string;
  readonly NotificationConfiguration: {
    readonly QueueConfigurations?: readonly {
      readonly Events: readonly string[];
      readonly QueueArn: string;
    }[];
  };
}

export interface NotificationOptions {
  readonly region: string;
  /** What the queue's policy says of messages from the bucket. Where it refuses, S3 loses them in silence. */
  readonly maySend?: (queueArn: string, bucketArn: string) => boolean;
  /** After how many milliseconds an event is sent, once for each number. */
  readonly delays?: (event: ObjectEvent) => readonly number[] | undefined;
  /** Events that are on their way. */
  readonly late?: Set<NodeJS.Timeout>;
  /** S3 sends its test event when the notification is set up, and not again. @default true */
  readonly isFirst?: boolean;
}

/**
 * Sends what the bucket's notification asks for to its queues, the first time after S3's test event.
 * @throws {Error} when S3 could not set the notification up either
 */
export function notify(
  emulator: Emulator,
  { BucketName, NotificationConfiguration }: NotificationProperties,
  {
    region,
    maySend = () => true,
    delays = () => undefined,
    late = new Set(),
    isFirst = true,
  }: NotificationOptions,
): void {
  const { QueueConfigurations = [], ...others } = NotificationConfiguration;
  const listens: Readonly<Record<string, (listener: (event: ObjectEvent) => void) => void>> = {
    's3:ObjectCreated:*': emulator.onObjectCreated,
    's3:ObjectRemoved:*': emulator.onObjectRemoved,
  };
  const unknown = QueueConfigurations.flatMap(({ Events, QueueArn: _, ...more }) => [
    ...Object.keys(more),
    ...Events.filter((event) => !listens[event]),
  ]);
  unknown.push(...Object.keys(others));
  if (unknown.length > 0) {
    throw new Error(
      `The local runtime tells queues of all created and all removed objects, and does not know: ${unknown}`,
    );
  }
  for (const { Events, QueueArn } of QueueConfigurations) {
    const allowed = () => maySend(QueueArn, `arn:aws:s3:::${BucketName}`);
    if (!allowed()) {
      throw new Error(
        `Unable to validate the destination of ${BucketName}'s notification: expected a policy of ${QueueArn} that lets s3.amazonaws.com send messages.`,
      );
    }
    if (isFirst) emulator.send(QueueArn, s3TestEvent(BucketName));
    const tell = (event: ObjectEvent) => {
      if (event.bucket !== BucketName || !allowed()) return;
      for (const delay of delays(event) ?? [0]) {
        const send = () => emulator.send(QueueArn, s3Event(event, region));
        if (delay === 0) {
          send();
          continue;
        }
        const timer = setTimeout(() => {
          late.delete(timer);
          send();
        }, delay);
        late.add(timer);
      }
    };
    for (const event of Events) listens[event]?.(tell);
  }
}

/** It orders the events of one key: each has a greater one, as hexadecimal digits. */
let sequence = Date.now() * 1000;

/** The message that S3 sends, in the form that AWS documents (event version 2.1). A removed object has no size and no ETag. */
export function s3Event(event: ObjectEvent | ObjectCreated, region: string): string {
  sequence += 1;
  return JSON.stringify({
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: region,
        eventTime: new Date().toISOString(),
        eventName: event.eventName,
        s3: {
          s3SchemaVersion: '1.0',
          bucket: { name: event.bucket, arn: `arn:aws:s3:::${event.bucket}` },
          object: {
            key: encodeKey(event.key),
            ...('etag' in event && { size: event.size, eTag: event.etag }),
            sequencer: sequence.toString(16).toUpperCase().padStart(18, '0'),
          },
        },
      },
    ],
  });
}

/** What S3 sends once, when a notification is set up. */
export function s3TestEvent(bucket: string): string {
  return JSON.stringify({
    Service: 'Amazon S3',
    Event: 's3:TestEvent',
    Time: new Date().toISOString(),
    Bucket: bucket,
  });
}

import type { SQSEvent } from 'aws-lambda';

/** As S3 writes a key into an event: form-encoded, with the slashes left alone. */
export function encoded(key: string): string {
  return encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/');
}

/** One of the records in S3's message: an object was created. With no size when `size` is null. */
export function created(key: string, { bucket = 'raw', size = 512 as number | null } = {}) {
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    eventName: 'ObjectCreated:Put',
    s3: { bucket: { name: bucket }, object: { key: encoded(key), ...(size === null ? {} : { size }) } },
  };
}

/** The body of S3's message. */
export function s3Message(...records: unknown[]): string {
  return JSON.stringify({ Records: records });
}

/** A batch as Lambda gets it. The message's id is its place in the batch: `message-0`, … */
export function batch(...messages: readonly (string | { body: string; receiveCount: number })[]): SQSEvent {
  return {
    Records: messages.map((message, index) => {
      const { body, receiveCount } =
        typeof message === 'string' ? { body: message, receiveCount: 1 } : message;
      return {
        messageId: `message-${index}`,
        receiptHandle: `handle-${index}`,
        body,
        attributes: {
          ApproximateReceiveCount: String(receiveCount),
          SentTimestamp: '1795323600000',
          SenderId: 'AIDAEXAMPLE',
          ApproximateFirstReceiveTimestamp: '1795323600001',
        },
        messageAttributes: {},
        md5OfBody: '',
        eventSource: 'aws:sqs',
        eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:queue',
        awsRegion: 'us-east-1',
      };
    }),
  };
}

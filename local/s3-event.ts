import type { ObjectCreated } from './aws/emulator.ts';

/** Events order those of one key: each has a greater one, as hexadecimal digits. */
let sequence = Date.now() * 1000;

/** The message that S3 sends for a created object, in the form that AWS documents (event version 2.1). */
export function s3Event(created: ObjectCreated, region: string): string {
  sequence += 1;
  return JSON.stringify({
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: region,
        eventTime: new Date().toISOString(),
        eventName: created.eventName,
        s3: {
          s3SchemaVersion: '1.0',
          bucket: { name: created.bucket, arn: `arn:aws:s3:::${created.bucket}` },
          object: {
            key: encodeKey(created.key),
            size: created.size,
            eTag: created.etag,
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

/** As S3 writes keys into events: form-encoded, as Java's URLEncoder does it, with the slashes left alone. */
export function encodeKey(key: string): string {
  return new URLSearchParams([['', key]]).toString().slice(1).replaceAll('%2F', '/');
}

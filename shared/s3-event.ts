import * as v from 'valibot';
import { PermanentError } from './errors.ts';

/** An object that S3 says was created. `record` is S3's own, to be sent on as it came. */
export interface CreatedObject {
  readonly bucket: string;
  readonly key: string;
  /** Bytes; undefined when the message does not say. */
  readonly size: number | undefined;
  readonly record: unknown;
}

/**
 * Only what is used is asked for, and `eventVersion` is not looked at: AWS adds fields and raises it.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
const notification = v.object({
  Records: v.pipe(
    v.array(
      v.object({
        eventName: v.pipe(v.string(), v.startsWith('ObjectCreated:')),
        s3: v.object({
          bucket: v.object({ name: v.string() }),
          object: v.object({ key: v.string(), size: v.optional(v.number()) }),
        }),
      }),
    ),
    v.minLength(1),
  ),
});

/** What S3 sends once, when a notification is set up. */
const testEvent = v.object({ Event: v.literal('s3:TestEvent') });

/**
 * The objects that a queue message tells of; none for S3's test event. Keys arrive URL-encoded, with `+` for a space.
 * @throws {PermanentError} `malformed-message` for anything else
 */
export function createdObjects(messageBody: string): CreatedObject[] {
  const body = parseJson(messageBody);
  if (v.is(testEvent, body)) return [];
  const parsed = v.safeParse(notification, body);
  if (!parsed.success) {
    const problems = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? 'message'}: ${issue.message}`);
    throw new PermanentError('malformed-message', `The message is no S3 event: ${problems.join('; ')}`);
  }
  const records = (body as { Records: unknown[] }).Records;
  return parsed.output.Records.map(({ s3 }, index) => ({
    bucket: s3.bucket.name,
    key: decodeKey(s3.object.key),
    size: s3.object.size,
    record: records[index],
  }));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PermanentError('malformed-message', 'The message is not JSON; expected an S3 event.', {
      cause,
    });
  }
}

function decodeKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch (cause) {
    throw new PermanentError('malformed-message', `The object key "${encoded}" is not URL-encoded.`, {
      cause,
    });
  }
}

/** A raw object, as far as its event tells of it. */
export interface RawEvent {
  readonly bucket: string;
  /** As it stands in the bucket: not URL-encoded. */
  readonly key: string;
  /** Bytes. An empty object whose key ends in a slash is a folder marker; without the size it would be taken for one. */
  readonly size: number;
}

/**
 * The message that has a raw object converted again, in the form of S3's own: whoever reads the queue needs to know
 * one form only. Its event name is the one thing that tells it from an upload.
 */
export function rawEvent({ bucket, key, size }: RawEvent): string {
  return JSON.stringify({
    Records: [
      {
        eventName: 'ObjectCreated:Replay',
        s3: { bucket: { name: bucket }, object: { key: encodeKey(key), size } },
      },
    ],
  });
}

/** As S3 writes keys into its events: form-encoded, as Java's URLEncoder does it, with the slashes left alone. */
export function encodeKey(key: string): string {
  return new URLSearchParams([['', key]]).toString().slice(1).replaceAll('%2F', '/');
}

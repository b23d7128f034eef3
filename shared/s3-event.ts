import * as v from 'valibot';
import { PermanentError } from './errors.ts';

export interface EventObject {
  readonly bucket: string;
  readonly key: string;
  /** Bytes */
  readonly size: number | undefined;
  /** S3's own record of it. */
  readonly record: { readonly eventName: string };
}

/**
 * Checks only what we use, because AWS adds fields and raises `eventVersion`.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
const notification = v.object({
  Records: v.pipe(
    v.array(
      v.object({
        eventName: v.pipe(v.string(), v.regex(/^Object(Created|Removed):/)),
        s3: v.object({
          bucket: v.object({ name: v.string() }),
          object: v.object({ key: v.string(), size: v.optional(v.number()) }),
        }),
      }),
    ),
    v.minLength(1),
  ),
});

/** S3 sends this once, when a notification is set up. */
const testEvent = v.object({ Event: v.literal('s3:TestEvent') });

/**
 * The objects that a queue message names; none for S3's test event. Keys arrive URL-encoded, with `+` for a space.
 * @throws {PermanentError} `malformed-message` for anything else
 */
export function objectsIn(messageBody: string): EventObject[] {
  const body = parseJson(messageBody);
  if (v.is(testEvent, body)) return [];
  const parsed = v.safeParse(notification, body);
  if (!parsed.success) {
    const problems = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? 'message'}: ${issue.message}`);
    throw new PermanentError('malformed-message', `The message is not an S3 event: ${problems.join('; ')}`);
  }
  const { Records: records } = body as { Records: EventObject['record'][] };
  return parsed.output.Records.map(({ s3 }, index) => ({
    bucket: s3.bucket.name,
    key: decodeKey(s3.object.key),
    size: s3.object.size,
    record: records[index] as EventObject['record'],
  }));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PermanentError('malformed-message', 'The message is not JSON. Expected an S3 event.', {
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

interface NewEvent {
  readonly bucket: string;
  /** Not URL-encoded. */
  readonly key: string;
  /** Bytes. Convert takes a key that ends in a slash for a folder unless it has a size. */
  readonly size: number;
}

/** A message to work on an object again. It looks like S3's own, except for the event name. */
export function objectEvent({ bucket, key, size }: NewEvent): string {
  return JSON.stringify({
    Records: [
      {
        eventName: 'ObjectCreated:Replay',
        s3: { bucket: { name: bucket }, object: { key: encodeKey(key), size } },
      },
    ],
  });
}

/** As in S3's events: form-encoded, as Java's URLEncoder does it, except for slashes. */
export function encodeKey(key: string): string {
  return new URLSearchParams([['', key]]).toString().slice(1).replaceAll('%2F', '/');
}

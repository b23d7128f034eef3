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

/** As S3 writes keys into its events: form-encoded, with the slashes left alone. */
function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/');
}

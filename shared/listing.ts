import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';

/** An object, as far as a listing tells of it. */
export interface ListedObject {
  readonly key: string;
  /** Bytes */
  readonly size: number;
  /** Whole seconds on AWS. Of a multipart upload, when it began. */
  readonly lastModified: Date;
  /** Without its quotes. */
  readonly etag: string;
}

/** Objects under a prefix in the order of their keys' UTF-8 bytes, which is S3's own. A request lists up to 1 000. */
export async function* listObjects(
  s3: Pick<S3Client, 'send'>,
  bucket: string,
  { prefix, startAfter }: { readonly prefix: string; readonly startAfter?: string | undefined },
): AsyncGenerator<ListedObject, void, undefined> {
  let ContinuationToken: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        StartAfter: startAfter,
        ContinuationToken,
        // A key may hold characters that XML cannot.
        EncodingType: 'url',
      }),
    );
    for (const { Key = '', Size = 0, LastModified = new Date(0), ETag = '' } of page.Contents ?? []) {
      const key = page.EncodingType === 'url' ? decodeURIComponent(Key.replaceAll('+', ' ')) : Key;
      yield { key, size: Size, lastModified: LastModified, etag: unquoted(ETag) };
    }
    ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (ContinuationToken !== undefined);
}

/** An empty object whose key ends in a slash: what the S3 console creates for a folder. */
export function isFolderMarker({ key, size }: Pick<ListedObject, 'key' | 'size'>): boolean {
  return key.endsWith('/') && size === 0;
}

/** An ETag without its quotes, which S3 puts around it in answers but not in events. */
export function unquoted(etag: string): string {
  return etag.replaceAll('"', '');
}

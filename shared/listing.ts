import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';

export interface ListedObject {
  readonly key: string;
  /** Bytes */
  readonly size: number;
  /** Whole seconds on AWS. For a multipart upload, when it began. */
  readonly lastModified: Date;
  /** Without quotes. */
  readonly etag: string;
}

/** Lists objects in S3's order, by the UTF-8 bytes of their keys. */
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
        // A key may hold characters that XML cannot hold.
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

/** S3 quotes ETags in answers, but not in events. */
export function unquoted(etag: string): string {
  return etag.replaceAll('"', '');
}

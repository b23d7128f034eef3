import { S3Error, S3Store } from './fauxqs.ts';

type Listing = ReturnType<S3Store['listObjects']>;
type ListOptions = NonNullable<Parameters<S3Store['listObjects']>[1]>;

/** fauxqs' S3 with the answers that the real one gives and fauxqs 2.4.1 does not. */
export class ObjectStore extends S3Store {
  /** The etag in its quotes; undefined when there is no such object, or no such bucket. */
  etagOf(bucket: string, key: string): string | undefined {
    try {
      return this.headObject(bucket, key).etag;
    } catch (error) {
      if (error instanceof S3Error) return undefined;
      throw error;
    }
  }

  /** The keys of multipart uploads that were neither completed nor aborted. */
  openUploads(bucket: string): string[] {
    const { multipartUploads } = this as unknown as {
      multipartUploads: ReadonlyMap<string, { readonly bucket: string; readonly key: string }>;
    };
    return [...multipartUploads.values()].filter((upload) => upload.bucket === bucket).map(({ key }) => key);
  }

  /**
   * S3 lists keys by their UTF-8 bytes. fauxqs sorts by locale and continues by code unit, so that a listing of
   * more than one page loses keys (`B` after `a`).
   */
  override listObjects(bucket: string, options: ListOptions = {}): Listing {
    const { prefix = '', delimiter, maxKeys = 1000 } = options;
    const after = options.startAfter || options.marker || '';
    const found = super.listObjects(bucket, { prefix, maxKeys: Number.POSITIVE_INFINITY }).objects;
    const objects: Listing['objects'] = [];
    const commonPrefixes = new Set<string>();
    for (const object of found.sort((a, b) => compareBytes(a.key, b.key))) {
      const end = delimiter ? object.key.indexOf(delimiter, prefix.length) : -1;
      const group = delimiter && end >= 0 ? object.key.slice(0, end + delimiter.length) : undefined;
      if (compareBytes(group ?? object.key, after) <= 0 && after !== '') continue;
      if (group !== undefined && commonPrefixes.has(group)) continue;
      if (objects.length + commonPrefixes.size >= maxKeys) {
        return { objects, commonPrefixes: [...commonPrefixes], isTruncated: true };
      }
      if (group === undefined) objects.push(object);
      else commonPrefixes.add(group);
    }
    return { objects, commonPrefixes: [...commonPrefixes], isTruncated: false };
  }
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

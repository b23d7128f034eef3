import { createHash } from 'node:crypto';
import { unquoted } from '../../shared/listing.ts';
import {
  computeCompositeChecksum,
  type MultipartPart,
  type MultipartUpload,
  S3Error,
  type S3Object,
  S3Store,
} from './fauxqs.ts';
import { SortedKeys } from './sorted-keys.ts';

type Listing = ReturnType<S3Store['listObjects']>;
type ListOptions = NonNullable<Parameters<S3Store['listObjects']>[1]>;

/** Its body is where the store persists it. */
type Part = MultipartPart & { size?: number };

interface Upload extends Omit<MultipartUpload, 'parts'> {
  readonly parts: ReadonlyMap<number, Part>;
}

/** A part as the client names it. */
interface NamedPart {
  readonly partNumber: number;
  readonly etag: string;
}

/** Least bytes of each part but the last. */
const minPartSize = 5 * 1024 * 1024;

/** fauxqs' S3 with answers that AWS gives and fauxqs 2.4.1 does not. */
export class ObjectStore extends S3Store {
  /** Whether the next object is read without its body. */
  withoutBody = false;
  /** Of the buckets that were listed. */
  readonly #keys = new Map<string, SortedKeys>();

  /** Undefined when there is no such object, or no such bucket. Its body is not in memory. */
  find(bucket = '', key = ''): S3Object | undefined {
    return this.#objects.get(bucket)?.get(key);
  }

  /** With its quotes. */
  etagOf(bucket: string, key: string): string | undefined {
    return this.find(bucket, key)?.etag;
  }

  override getObject(bucket: string, key: string): S3Object {
    return this.withoutBody ? this.headObject(bucket, key) : super.getObject(bucket, key);
  }

  /** The keys of multipart uploads that were neither completed nor aborted. */
  openUploads(bucket: string): string[] {
    return [...this.#uploads.values()].filter((upload) => upload.bucket === bucket).map(({ key }) => key);
  }

  get #uploads(): ReadonlyMap<string, Upload> {
    return (this as unknown as { multipartUploads: ReadonlyMap<string, Upload> }).multipartUploads;
  }

  /** fauxqs holds each part in memory until the upload is completed, beside what it persists. */
  override uploadPart(uploadId: string, partNumber: number, body: Buffer, checksum?: string) {
    const answer = super.uploadPart(uploadId, partNumber, body, checksum);
    const part = this.#uploads.get(uploadId)?.parts.get(partNumber);
    if (part) Object.assign(part, { body: Buffer.alloc(0), size: body.length });
    return answer;
  }

  /** As fauxqs does it, which joins the parts in memory. */
  override completeMultipartUpload(uploadId: string, named: NamedPart[]): S3Object {
    const upload = this.#uploads.get(uploadId);
    if (!upload) throw new S3Error('NoSuchUpload', 'The specified upload does not exist.', 404);
    const chosen = chosenParts(upload, named);
    let contentLength = 0;
    const parts = chosen.map(({ partNumber, size: length = 0 }) => {
      const offset = contentLength;
      contentLength += length;
      return { partNumber, offset, length };
    });
    const { bucket, uploadId: _, parts: __, initiated: ___, checksumAlgorithm, ...described } = upload;
    const partChecksums = chosen.flatMap(({ checksumValue }) => checksumValue ?? []);
    const digests = chosen.map(({ etag }) => Buffer.from(unquoted(etag), 'hex'));
    const etag = `"${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-${parts.length}"`;
    const object: S3Object = {
      ...described,
      body: Buffer.alloc(0),
      contentLength,
      etag,
      lastModified: new Date(),
      parts,
      ...(checksumAlgorithm &&
        partChecksums.length > 0 && {
          checksumAlgorithm,
          checksumValue: computeCompositeChecksum(checksumAlgorithm, partChecksums),
          checksumType: 'COMPOSITE',
          partChecksums,
        }),
    };
    this.persistence?.completeMultipartUpload(uploadId, bucket, object);
    this.restoreObject(bucket, object);
    this.abortMultipartUpload(uploadId); // Its parts are no longer needed.
    return object;
  }

  /**
   * S3 lists keys by their UTF-8 bytes. fauxqs sorts by locale and continues by code unit, so that a listing of
   * more than one page loses keys (`B` after `a`).
   */
  override listObjects(bucket: string, options: ListOptions = {}): Listing {
    // Nothing here lists with a delimiter.
    if (options.delimiter) return super.listObjects(bucket, options);
    if (!this.#objects.has(bucket)) return super.listObjects(bucket, options); // It says so.
    const { prefix = '', maxKeys = 1000 } = options;
    const found: S3Object[] = [];
    for (const object of this.objectsOf(bucket, prefix, options.startAfter || options.marker || '')) {
      if (found.length === maxKeys) return { objects: found, commonPrefixes: [], isTruncated: true };
      found.push(object);
    }
    return { objects: found, commonPrefixes: [], isTruncated: false };
  }

  override putObject(...args: Parameters<S3Store['putObject']>): S3Object {
    const object = super.putObject(...args);
    this.#keys.get(args[0])?.add(object.key);
    return object;
  }

  override restoreObject(bucket: string, object: S3Object): void {
    super.restoreObject(bucket, object);
    this.#keys.get(bucket)?.add(object.key);
  }

  override deleteObject(bucket: string, key: string): void {
    super.deleteObject(bucket, key);
    this.#keys.get(bucket)?.remove(key);
  }

  /** The objects whose keys begin with a prefix and come after a key, in S3's order; none of a bucket that is not there. */
  *objectsOf(bucket: string, prefix: string, after: string): Generator<S3Object> {
    const objects = this.#objects.get(bucket);
    if (!objects) return;
    for (const key of this.#sorted(bucket, objects).with(prefix, after)) yield objects.get(key) as S3Object;
  }

  /** Made anew when fauxqs has changed the bucket in another way. */
  #sorted(bucket: string, objects: ReadonlyMap<string, S3Object>): SortedKeys {
    const known = this.#keys.get(bucket);
    if (known?.size === objects.size) return known;
    const keys = new SortedKeys(objects.keys());
    this.#keys.set(bucket, keys);
    return keys;
  }

  get #objects(): ReadonlyMap<string, ReadonlyMap<string, S3Object>> {
    return (this as unknown as { buckets: ReadonlyMap<string, ReadonlyMap<string, S3Object>> }).buckets;
  }
}

/** @throws {S3Error} when S3 would not join them either */
function chosenParts({ parts }: Upload, named: readonly NamedPart[]): Part[] {
  if (named.length === 0) throw new S3Error('MalformedXML', 'You must specify at least one part.', 400);
  if (named.some(({ partNumber }, index) => partNumber <= (named[index - 1]?.partNumber ?? 0)))
    throw new S3Error('InvalidPartOrder', 'The list of parts was not in ascending order.', 400);
  const chosen = named.map(({ partNumber, etag }) => {
    const part = parts.get(partNumber);
    if (part && unquoted(part.etag) === unquoted(etag)) return part;
    throw new S3Error('InvalidPart', 'A part could not be found, or its etag is another one.', 400);
  });
  if (chosen.slice(0, -1).some(({ size = 0 }) => size < minPartSize))
    throw new S3Error('EntityTooSmall', 'A part other than the last one is smaller than 5 MiB.', 400);
  return chosen;
}

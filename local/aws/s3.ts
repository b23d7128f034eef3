import { createHash } from 'node:crypto';
import { createReadStream, openSync } from 'node:fs';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { unquoted } from '../../shared/listing.ts';
import { encodeKey } from '../../shared/s3-event.ts';
import { apiCallOf, copySourceOf, refuse, type ServiceError } from './api-call.ts';
import {
  computeCompositeChecksum,
  type MultipartPart,
  type MultipartUpload,
  S3Error,
  type S3Object,
  S3Store,
} from './fauxqs.ts';

type Listing = ReturnType<S3Store['listObjects']>;
type ListOptions = NonNullable<Parameters<S3Store['listObjects']>[1]>;

/** An upload whose parts' bodies are where the store persists them. */
interface Upload extends Omit<MultipartUpload, 'parts'> {
  readonly parts: ReadonlyMap<number, MultipartPart & { size?: number }>;
}

/** Bytes of each part but the last, at least. */
const minPartSize = 5 * 1024 * 1024;

/** fauxqs' S3 with answers that AWS gives and fauxqs 2.4.1 does not. */
export class ObjectStore extends S3Store {
  /** Whether the next object is read without its body. */
  withoutBody = false;

  /** Undefined when there is no such object, or no such bucket. Its body is not in memory. */
  find(bucket = '', key = ''): S3Object | undefined {
    const { buckets } = this as unknown as { buckets: ReadonlyMap<string, ReadonlyMap<string, S3Object>> };
    return buckets.get(bucket)?.get(key);
  }

  /** In its quotes. */
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
  override completeMultipartUpload(
    uploadId: string,
    specs: { readonly partNumber: number; readonly etag: string }[],
  ): S3Object {
    const upload = this.#uploads.get(uploadId);
    if (!upload) throw new S3Error('NoSuchUpload', 'The specified upload does not exist.', 404);
    if (specs.some(({ partNumber }, index) => partNumber <= (specs[index - 1]?.partNumber ?? 0)))
      throw new S3Error('InvalidPartOrder', 'The list of parts was not in ascending order.', 400);
    const chosen = specs.map(({ partNumber, etag }) => {
      const part = upload.parts.get(partNumber);
      if (part && unquoted(part.etag) === unquoted(etag)) return part;
      throw new S3Error('InvalidPart', 'A part could not be found, or its etag is another one.', 400);
    });
    let contentLength = 0;
    const parts = chosen.map(({ partNumber, size: length = 0 }) => {
      const offset = contentLength;
      contentLength += length;
      return { partNumber, offset, length };
    });
    if (parts.slice(0, -1).some(({ length }) => length < minPartSize))
      throw new S3Error(
        'EntityTooSmall',
        'Your proposed upload is smaller than the minimum allowed size',
        400,
      );

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
    this.abortMultipartUpload(uploadId); // Of which nothing is needed any more.
    return object;
  }

  /**
   * S3 lists keys by their UTF-8 bytes. fauxqs sorts by locale and continues by code unit, so that a listing of
   * more than one page loses keys (`B` after `a`).
   */
  override listObjects(bucket: string, options: ListOptions = {}): Listing {
    // Nothing here lists with a delimiter.
    if (options.delimiter) return super.listObjects(bucket, options);
    const { prefix = '', maxKeys = 1000 } = options;
    const after = options.startAfter || options.marker || '';
    const objects = super
      .listObjects(bucket, { prefix, maxKeys: Number.POSITIVE_INFINITY })
      .objects.filter(({ key }) => compareBytes(key, after) > 0)
      .sort((a, b) => compareBytes(a.key, b.key));
    const isTruncated = objects.length > maxKeys;
    return { objects: objects.slice(0, maxKeys), commonPrefixes: [], isTruncated };
  }
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const conditional = ['PutObject', 'CopyObject', 'CompleteMultipartUpload', 'DeleteObject'];

/**
 * `If-None-Match: *` and `If-Match` on whatever writes or deletes an object, and `x-amz-copy-source-if-match` on a copy:
 * fauxqs 2.4.1 ignores all of them.
 *
 * The hook calls back at once and fauxqs' handlers write before they first wait, so nothing comes between the
 * check and the write: of two puts that race, one is refused.
 */
export function addConditionalWrites(app: FastifyInstance, store: ObjectStore): void {
  app.addHook('preHandler', (request, reply, done) => {
    const call = apiCallOf(request);
    if (call?.bucket === undefined || call.key === undefined || !conditional.includes(call.action)) {
      return done();
    }
    const refusal =
      targetRefusal(request, store.etagOf(call.bucket, call.key)) ?? sourceRefusal(request, store);
    if (refusal === undefined) return done();
    refuse(reply, call, refusal, 'At least one of the pre-conditions you specified did not hold');
  });
}

const failed: ServiceError = { status: 412, code: 'PreconditionFailed' };

function targetRefusal({ headers }: FastifyRequest, etag: string | undefined): ServiceError | undefined {
  const ifMatch = headers['if-match'];
  if (headers['if-none-match'] === '*') return etag === undefined ? undefined : failed;
  if (headers['if-none-match'] !== undefined) return { status: 501, code: 'NotImplemented' };
  if (ifMatch === undefined) return undefined;
  if (etag === undefined) return { status: 404, code: 'NoSuchKey' };
  return unquoted(ifMatch) === unquoted(etag) ? undefined : failed;
}

function sourceRefusal({ headers }: FastifyRequest, store: ObjectStore): ServiceError | undefined {
  const source = copySourceOf(headers);
  const ifMatch = headers['x-amz-copy-source-if-match'];
  // fauxqs itself reports a source that is gone.
  const etag = source && store.etagOf(source.bucket, source.key);
  if (ifMatch === undefined || etag === undefined) return undefined;
  return unquoted(String(ifMatch)) === unquoted(etag) ? undefined : failed;
}

/** Bytes from which on an object leaves from its file, rather than from memory. */
const minStreamed = 1024 * 1024;

/** Whether a request is answered with the whole of a large object. */
export function isStreamed(request: FastifyRequest, store: ObjectStore): boolean {
  const call = apiCallOf(request);
  if (call?.action !== 'GetObject' || request.headers.range !== undefined) return false;
  if ('partNumber' in (request.query as object)) return false;
  return (store.find(call.bucket, call.key)?.contentLength ?? 0) >= minStreamed;
}

/**
 * Sends a large object from its file, which is opened at once: another object of the same key is another file.
 * The handler gets it without its body.
 */
export function addStreamedObjects(
  app: FastifyInstance,
  store: ObjectStore,
  pathOf: (bucket: string, key: string) => string,
): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    if (reply.statusCode !== 200 || !isStreamed(request, store)) return done(null, payload);
    // Fastify sends a second, empty answer for a handler that is done before its answer has left: that one ends here.
    if (payload === undefined) return;
    const { bucket = '', key = '' } = apiCallOf(request) ?? {};
    const file = pathOf(bucket, key);
    done(null, createReadStream(file, { fd: openSync(file, 'r') }));
  });
}

const entities = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'", '&amp;': '&' };

/**
 * `encoding-type=url` of listings, which fauxqs 2.4.1 ignores: without it a key with a carriage return or another
 * control character comes out of its XML as another key, or not at all.
 */
export function addUrlListings(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const asked = (request.query as Record<string, string> | undefined)?.['encoding-type'] === 'url';
    const listing = asked && reply.statusCode === 200 && apiCallOf(request)?.action.startsWith('ListObjects');
    if (!listing || typeof payload !== 'string') return done(null, payload);
    const encoded = payload.replaceAll(
      /<(Key|Prefix|StartAfter|Marker|NextMarker)>([^<]*)</g,
      (_all, element: string, xml: string) => {
        const text = xml.replaceAll(/&\w+;/g, (entity) => entities[entity as keyof typeof entities]);
        return `<${element}>${encodeKey(text)}<`;
      },
    );
    done(null, encoded.replace('</ListBucketResult>', '<EncodingType>url</EncodingType></ListBucketResult>'));
  });
}

/**
 * Gives each answer to HEAD a length: without one, as fauxqs 2.4.1 answers for a missing object, clients take it to end
 * with the connection, and open another.
 */
export function addHeadLengths(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    if (request.method === 'HEAD' && !reply.hasHeader('content-length')) reply.header('content-length', 0);
    done(null, payload);
  });
}

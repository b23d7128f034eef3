import type { FastifyInstance, FastifyRequest } from 'fastify';
import { unquoted } from '../../shared/listing.ts';
import { encodeKey } from '../../shared/s3-event.ts';
import { apiCallOf, copySourceOf, refuse, type ServiceError } from './api-call.ts';
import { S3Error, S3Store } from './fauxqs.ts';

type Listing = ReturnType<S3Store['listObjects']>;
type ListOptions = NonNullable<Parameters<S3Store['listObjects']>[1]>;

/** fauxqs' S3 with answers that AWS gives and fauxqs 2.4.1 does not. */
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

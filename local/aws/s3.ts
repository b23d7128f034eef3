import { createReadStream, openSync } from 'node:fs';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { unquoted } from '../../shared/listing.ts';
import { encodeKey } from '../../shared/s3-event.ts';
import { apiCallOf, copySourceOf, refuse, type ServiceError } from './api-call.ts';
import type { ObjectStore } from './object-store.ts';

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

/** An object of at least so many bytes is sent from its file, not from memory. */
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
    // Fastify would send a second, empty answer for a handler that ends before its answer has left.
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

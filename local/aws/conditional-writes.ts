import type { FastifyInstance, FastifyRequest } from 'fastify';
import { apiCallOf, copySourceOf, refuse } from './api-call.ts';
import type { ObjectStore } from './object-store.ts';

const conditional = new Set(['PutObject', 'CopyObject', 'CompleteMultipartUpload', 'DeleteObject']);

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
    if (call?.bucket === undefined || call.key === undefined || !conditional.has(call.action)) return done();
    const refusal = refusalOf(request, store.etagOf(call.bucket, call.key)) ?? sourceRefusal(request, store);
    if (refusal === undefined) return done();
    refuse(reply, call, refusal.status, refusal.code, refusal.message);
  });
}

interface Refusal {
  status: number;
  code: string;
  message: string;
}

const failed: Refusal = {
  status: 412,
  code: 'PreconditionFailed',
  message: 'At least one of the pre-conditions you specified did not hold',
};

function refusalOf({ headers }: FastifyRequest, etag: string | undefined): Refusal | undefined {
  const ifNoneMatch = headers['if-none-match'];
  const ifMatch = headers['if-match'];
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch !== '*') {
      return { status: 501, code: 'NotImplemented', message: 'On a write, If-None-Match takes only *' };
    }
    return etag === undefined ? undefined : failed;
  }
  if (ifMatch === undefined) return undefined;
  if (etag === undefined)
    return { status: 404, code: 'NoSuchKey', message: 'The specified key does not exist.' };
  return unquoted(ifMatch) === unquoted(etag) ? undefined : failed;
}

function sourceRefusal({ headers }: FastifyRequest, store: ObjectStore): Refusal | undefined {
  const source = copySourceOf(headers);
  const ifMatch = headers['x-amz-copy-source-if-match'];
  // A source that is gone, fauxqs reports itself.
  const etag = source && store.etagOf(source.bucket, source.key);
  if (ifMatch === undefined || etag === undefined) return undefined;
  return unquoted(String(ifMatch)) === unquoted(etag) ? undefined : failed;
}

function unquoted(etag: string): string {
  return etag.replaceAll('"', '');
}

import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { S3Error, SqsError } from '../../node_modules/fauxqs/dist/common/errors.js';
import { snsErrorResponse } from '../../node_modules/fauxqs/dist/common/xml.js';

/** One request as AWS names it. */
export interface ApiCall {
  service: 's3' | 'sqs' | 'sns';
  /** Of HTTP, in upper case. */
  method: string;
  /** `PutObject`, `UploadPart`, `SendMessage`, … */
  action: string;
  bucket?: string;
  /** Decoded. */
  key?: string;
}

/** Undefined for what is no AWS request, such as a health check. SNS calls have their name in the body: parse first. */
export function apiCallOf(request: FastifyRequest): ApiCall | undefined {
  const { method } = request;
  const { url } = request.routeOptions;
  if (url === '/' && method === 'POST') return queryOrJsonCall(request);
  if (url === '/') return { service: 's3', method, action: 'ListBuckets' };
  if (url !== '/:bucket' && url !== '/:bucket/*') return undefined;
  const { bucket, '*': key } = request.params as { bucket: string; '*'?: string };
  return key
    ? { service: 's3', method, action: objectAction(request), bucket, key }
    : { service: 's3', method, action: bucketAction(request), bucket };
}

/** The object that a copy is made of; undefined for what is not a copy. */
export function copySourceOf(headers: IncomingHttpHeaders): { bucket: string; key: string } | undefined {
  const source = headers['x-amz-copy-source'];
  const [, bucket, key] = /^\/?([^/]+)\/(.+)$/s.exec(decodeURIComponent(String(source ?? ''))) ?? [];
  return bucket !== undefined && key !== undefined ? { bucket, key } : undefined;
}

/** Answers as the called service reports an error, so that the SDK throws what it would throw against AWS. */
export function refuse(
  reply: FastifyReply,
  call: ApiCall,
  status: number,
  code: string,
  message: string,
): void {
  reply.status(status);
  if (call.service === 's3') {
    reply.header('content-type', 'application/xml');
    reply.send(call.method === 'HEAD' ? undefined : new S3Error(code, message, status).toXml());
  } else if (call.service === 'sqs') {
    reply.header('content-type', 'application/x-amz-json-1.0');
    reply.send(new SqsError(code, message, status).toJSON());
  } else {
    reply.header('content-type', 'text/xml');
    reply.send(snsErrorResponse(code, message, status < 500 ? 'Sender' : 'Receiver'));
  }
}

function queryOrJsonCall(request: FastifyRequest): ApiCall {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') {
    return { service: 'sqs', method: 'POST', action: target.replace('AmazonSQS.', '') };
  }
  const { Action } = (request.body ?? {}) as { Action?: string };
  return { service: 'sns', method: 'POST', action: Action ?? 'Unknown' };
}

function bucketAction({ method, query }: FastifyRequest): string {
  const on = query as Record<string, string>;
  if ('lifecycle' in on)
    return `${{ PUT: 'Put', DELETE: 'Delete' }[method] ?? 'Get'}BucketLifecycleConfiguration`;
  if (method === 'GET') return on['list-type'] === '2' ? 'ListObjectsV2' : 'ListObjects';
  return (
    { PUT: 'CreateBucket', HEAD: 'HeadBucket', DELETE: 'DeleteBucket', POST: 'DeleteObjects' }[method] ??
    'Unknown'
  );
}

function objectAction({ method, query, headers }: FastifyRequest): string {
  const on = query as Record<string, string>;
  switch (method) {
    case 'PUT': {
      const copy = headers['x-amz-copy-source'] !== undefined;
      if ('renameObject' in on) return 'RenameObject';
      if ('uploadId' in on) return copy ? 'UploadPartCopy' : 'UploadPart';
      return copy ? 'CopyObject' : 'PutObject';
    }
    case 'GET':
      return 'attributes' in on ? 'GetObjectAttributes' : 'GetObject';
    case 'HEAD':
      return 'HeadObject';
    case 'DELETE':
      return 'uploadId' in on ? 'AbortMultipartUpload' : 'DeleteObject';
    default:
      return 'uploads' in on ? 'CreateMultipartUpload' : 'CompleteMultipartUpload';
  }
}

import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { accessKeyOf } from '../iam/access.ts';
import { S3Error, SqsError } from './fauxqs.ts';

/** One request as AWS names it. */
export interface ApiCall {
  readonly service: 's3' | 'sqs' | 'secretsmanager';
  /** Of HTTP, in upper case. */
  readonly method: string;
  /** `PutObject`, `UploadPart`, `SendMessage`, … */
  readonly action: string;
  readonly bucket?: string;
  /** Decoded. */
  readonly key?: string;
  /** Of a listing, decoded. */
  readonly prefix?: string;
  /** The access key id that it is signed with, which for a function is its name. */
  readonly caller?: string;
}

/** An error as a service answers it, such as `{ status: 503, code: 'SlowDown' }`. */
export interface ServiceError {
  readonly status: number;
  readonly code: string;
}

/** Undefined for what is not an AWS request, such as a health check. */
export function apiCallOf(request: FastifyRequest): ApiCall | undefined {
  const call = unsignedCallOf(request);
  const caller = accessKeyOf(request.headers);
  return call && caller !== undefined ? { ...call, caller } : call;
}

function unsignedCallOf(request: FastifyRequest): ApiCall | undefined {
  const { method } = request;
  const { url } = request.routeOptions;
  if (url === '/' && method === 'POST') {
    const [target, action = 'Unknown'] = String(request.headers['x-amz-target']).split('.');
    return { service: target === 'secretsmanager' ? target : 'sqs', method, action };
  }
  if (url === '/') return { service: 's3', method, action: 'ListBuckets' };
  if (url !== '/:bucket' && url !== '/:bucket/*') return undefined;
  const { bucket, '*': key } = request.params as { bucket: string; '*'?: string };
  if (key) return { service: 's3', method, action: objectAction(request), bucket, key };
  const { prefix } = request.query as { prefix?: string };
  return { service: 's3', method, action: bucketAction(request), bucket, ...(prefix && { prefix }) };
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
  { service, method }: ApiCall,
  { status, code }: ServiceError,
  message: string,
): void {
  reply.status(status);
  switch (service) {
    case 's3':
      reply.header('content-type', 'application/xml');
      reply.send(method === 'HEAD' ? undefined : new S3Error(code, message, status).toXml());
      break;
    case 'sqs':
      reply.header('content-type', 'application/x-amz-json-1.0');
      reply.send(new SqsError(code, message, status).toJSON());
      break;
    case 'secretsmanager':
      reply.header('content-type', 'application/x-amz-json-1.1').header('x-amzn-errortype', code);
      reply.send({ __type: code, message });
  }
}

function bucketAction({ method, query }: FastifyRequest): string {
  if (method === 'GET')
    return (query as Record<string, string>)['list-type'] === '2' ? 'ListObjectsV2' : 'ListObjects';
  const actions = { PUT: 'CreateBucket', HEAD: 'HeadBucket', DELETE: 'DeleteBucket', POST: 'DeleteObjects' };
  return actions[method as keyof typeof actions] ?? 'Unknown';
}

function objectAction({ method, query, headers }: FastifyRequest): string {
  const ofUpload = 'uploadId' in (query as object);
  switch (method) {
    case 'PUT': {
      const copy = headers['x-amz-copy-source'] !== undefined;
      if (ofUpload) return copy ? 'UploadPartCopy' : 'UploadPart';
      return copy ? 'CopyObject' : 'PutObject';
    }
    case 'GET':
      return 'GetObject';
    case 'HEAD':
      return 'HeadObject';
    case 'DELETE':
      return ofUpload ? 'AbortMultipartUpload' : 'DeleteObject';
    default:
      return ofUpload ? 'CompleteMultipartUpload' : 'CreateMultipartUpload';
  }
}

import type { IncomingHttpHeaders } from 'node:http';
import { type ApiCall, copySourceOf } from '../aws/api-call.ts';
import type { Requirement } from './policy.ts';

/** An S3 request, as far as its permissions depend on it. */
export interface S3Request {
  readonly call: ApiCall;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** Whether the object that it reads is there. */
  readonly exists: boolean;
}

const listing = 'list-type prefix delimiter max-keys start-after continuation-token encoding-type';

/**
 * The requests that are known, with those parameters that require nothing more. `GET /key?acl` is another
 * request than `GET /key`, and requires another permission.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 */
const requests: Readonly<
  Record<string, [requirements: (request: S3Request) => Requirement[], parameters: string]>
> = {
  GetObject: [read, 'partNumber'],
  HeadObject: [read, 'partNumber'],
  PutObject: [write, ''],
  CopyObject: [copy, ''],
  CreateMultipartUpload: [write, 'uploads'],
  UploadPart: [write, 'uploadId partNumber'],
  CompleteMultipartUpload: [write, 'uploadId'],
  AbortMultipartUpload: [({ call }) => [on(call, 's3:AbortMultipartUpload')], 'uploadId'],
  DeleteObject: [({ call, headers }) => [on(call, 's3:DeleteObject'), ...comparing(call, headers)], ''],
  ListObjectsV2: [list, `${listing} fetch-owner`],
  ListObjects: [list, `${listing} marker`],
};

/** With these headers a write does more than write: each requires a permission of its own, which nothing here uses. */
const furtherReaching = /^x-amz-(acl|grant-.*|tagging|object-lock-.*)$/;

/** What a request requires. One that is not known requires what nobody has. */
export function s3Requirements(request: S3Request): Requirement[] {
  const { call, query, headers } = request;
  const [requirements, parameters = ''] = Object.hasOwn(requests, call.action)
    ? (requests[call.action] ?? [])
    : [];
  const odd = [
    ...Object.keys(query).filter((name) => name !== 'x-id' && !parameters.split(' ').includes(name)),
    ...Object.keys(headers).filter((name) => furtherReaching.test(name)),
  ];
  if (requirements && odd.length === 0) return requirements(request);
  const unknown = `${[call.action, ...odd].join(' with ')}; see local/iam/requests.ts`;
  return [{ ...on(call, `s3:${call.action}`), unknown }];
}

/** S3 tells that an object is missing only to those who may list the bucket, and answers others 403 instead of 404. */
function read({ call, exists }: S3Request): Requirement[] {
  // Without a prefix: a statement on s3:prefix does not cover it.
  const look = { action: 's3:ListBucket', resource: bucketArn(call) };
  return exists ? [on(call, 's3:GetObject')] : [on(call, 's3:GetObject'), look];
}

function write({ call, headers }: S3Request): Requirement[] {
  return [on(call, 's3:PutObject'), ...comparing(call, headers)];
}

/** A condition on the target requires a read: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html */
function comparing(call: ApiCall, headers: IncomingHttpHeaders): Requirement[] {
  return headers['if-match'] === undefined ? [] : [on(call, 's3:GetObject')];
}

/** Tags are copied along unless told otherwise, and require permissions of their own. */
function copy(request: S3Request): Requirement[] {
  const { call, headers } = request;
  const source: ApiCall = { ...call, ...copySourceOf(headers) };
  const tags = [on(source, 's3:GetObjectTagging'), on(call, 's3:PutObjectTagging')];
  return [
    ...read({ ...request, call: source }),
    ...write(request),
    ...(headers['x-amz-tagging-directive'] === 'REPLACE' ? [] : tags),
  ];
}

function list({ call, query }: S3Request): Requirement[] {
  const conditionKeys = ['prefix', 'delimiter', 'max-keys'];
  const given = Object.entries(query).filter(([name]) => conditionKeys.includes(name));
  const context = Object.fromEntries(given.map(([name, value]) => [`s3:${name}`, value]));
  return [{ ...on(call, 's3:ListBucket'), context }];
}

const bucketArn = ({ bucket }: ApiCall) => (bucket === undefined ? '*' : `arn:aws:s3:::${bucket}`);
const on = (call: ApiCall, action: string): Requirement => ({
  action,
  resource: call.key === undefined ? bucketArn(call) : `${bucketArn(call)}/${call.key}`,
});

/** A batch requires the permission for what it batches. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html */
const queueActions =
  /^(((Send|Delete)Message|ChangeMessageVisibility)(Batch)?|ReceiveMessage|GetQueueAttributes|GetQueueUrl|PurgeQueue)$/;

/**
 * What a request requires. One that is not known requires what nobody has.
 * @param arnPrefix what stands before a queue's name in its ARN
 */
export function sqsRequirements(action: string, body: unknown, arnPrefix: string): Requirement[] {
  const { QueueUrl, QueueName } = (body ?? {}) as { readonly QueueUrl?: string; readonly QueueName?: string };
  const name = QueueName ?? QueueUrl?.split('/').at(-1);
  if (name !== undefined && queueActions.test(action)) {
    return [{ action: `sqs:${action.replace(/Batch$/, '')}`, resource: arnPrefix + name }];
  }
  return [{ action: `sqs:${action}`, resource: '*', unknown: `${action}; see local/iam/requests.ts` }];
}

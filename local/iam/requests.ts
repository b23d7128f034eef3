import type { IncomingHttpHeaders } from 'node:http';
import { type ApiCall, copySourceOf } from '../aws/api-call.ts';
import type { Need } from './access.ts';

/** An S3 request, as far as its permissions depend on it. */
export interface S3Request {
  readonly call: ApiCall;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** Whether the object that it reads is there. */
  readonly exists: boolean;
}

const listing = ['list-type', 'prefix', 'delimiter', 'max-keys', 'start-after', 'continuation-token'];

/**
 * The requests that are known, with the parameters of theirs that ask for nothing more. `GET /key?acl` is another
 * request than `GET /key`, and takes another permission.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 */
const requests: Readonly<
  Record<string, { needs: (request: S3Request) => Need[]; parameters: readonly string[] }>
> = {
  GetObject: { needs: read, parameters: ['partNumber'] },
  HeadObject: { needs: read, parameters: ['partNumber'] },
  PutObject: { needs: write, parameters: [] },
  CopyObject: { needs: copy, parameters: [] },
  CreateMultipartUpload: { needs: write, parameters: ['uploads'] },
  UploadPart: { needs: write, parameters: ['uploadId', 'partNumber'] },
  CompleteMultipartUpload: { needs: write, parameters: ['uploadId'] },
  AbortMultipartUpload: {
    needs: ({ call }) => [{ action: 's3:AbortMultipartUpload', resource: objectArn(call) }],
    parameters: ['uploadId'],
  },
  DeleteObject: {
    needs: ({ call, headers }) => [
      { action: 's3:DeleteObject', resource: objectArn(call) },
      ...comparing(call, headers),
    ],
    parameters: [],
  },
  ListObjectsV2: { needs: list, parameters: [...listing, 'encoding-type', 'fetch-owner'] },
  ListObjects: { needs: list, parameters: [...listing, 'encoding-type', 'marker'] },
};

/** Headers with which a write does more than to write: each takes a permission of its own, which nothing here uses. */
const furtherReaching = /^x-amz-(acl|grant-.*|tagging|object-lock-.*)$/;

/** What a request takes. One that is not known takes what nobody has. */
export function s3Needs(request: S3Request): Need[] {
  const { call, query, headers } = request;
  const known = Object.hasOwn(requests, call.action) ? requests[call.action] : undefined;
  const odd = [
    ...Object.keys(query).filter((name) => name !== 'x-id' && !known?.parameters.includes(name)),
    ...Object.keys(headers).filter((name) => furtherReaching.test(name)),
  ];
  if (known && odd.length === 0) return known.needs(request);
  return [
    {
      action: `s3:${call.action}`,
      resource: call.key === undefined ? bucketArn(call) : objectArn(call),
      unknown: `${[call.action, ...odd].join(' with ')}; see local/iam/requests.ts`,
    },
  ];
}

/** Who may not list the bucket is not told either that an object is missing: S3 then answers 403 instead of 404. */
function read({ call, exists }: S3Request): Need[] {
  const get = { action: 's3:GetObject', resource: objectArn(call) };
  // Without a prefix: a statement on s3:prefix does not cover it.
  return exists ? [get] : [get, { action: 's3:ListBucket', resource: bucketArn(call) }];
}

function write({ call, headers }: S3Request): Need[] {
  return [{ action: 's3:PutObject', resource: objectArn(call) }, ...comparing(call, headers)];
}

/** A condition on the target takes a look: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html */
function comparing(call: ApiCall, headers: IncomingHttpHeaders): Need[] {
  return headers['if-match'] === undefined ? [] : [{ action: 's3:GetObject', resource: objectArn(call) }];
}

/** Tags are copied along unless told otherwise, and take permissions of their own. */
function copy(request: S3Request): Need[] {
  const { call, headers } = request;
  const source: ApiCall = { ...call, ...copySourceOf(headers) };
  const tags = [
    { action: 's3:GetObjectTagging', resource: objectArn(source) },
    { action: 's3:PutObjectTagging', resource: objectArn(call) },
  ];
  return [
    ...read({ ...request, call: source }),
    ...write(request),
    ...(headers['x-amz-tagging-directive'] === 'REPLACE' ? [] : tags),
  ];
}

function list({ call, query }: S3Request): Need[] {
  const context = Object.entries({
    's3:prefix': query.prefix,
    's3:delimiter': query.delimiter,
    's3:max-keys': query['max-keys'],
  }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return [{ action: 's3:ListBucket', resource: bucketArn(call), context: Object.fromEntries(context) }];
}

const bucketArn = ({ bucket }: ApiCall) => (bucket === undefined ? '*' : `arn:aws:s3:::${bucket}`);
const objectArn = (call: ApiCall) => `${bucketArn(call)}/${call.key}`;

/** Batches take the permission of what they batch. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html */
const actions: Readonly<Record<string, string>> = {
  SendMessage: 'SendMessage',
  SendMessageBatch: 'SendMessage',
  ReceiveMessage: 'ReceiveMessage',
  DeleteMessage: 'DeleteMessage',
  DeleteMessageBatch: 'DeleteMessage',
  ChangeMessageVisibility: 'ChangeMessageVisibility',
  ChangeMessageVisibilityBatch: 'ChangeMessageVisibility',
  GetQueueAttributes: 'GetQueueAttributes',
  GetQueueUrl: 'GetQueueUrl',
  PurgeQueue: 'PurgeQueue',
};

/** The parameters by which a request names its queue. */
interface Body {
  readonly QueueUrl?: string;
  readonly QueueName?: string;
  readonly SourceArn?: string;
  readonly DestinationArn?: string;
}

/**
 * What a request takes. One that is not known takes what nobody has.
 * @param arnPrefix what stands before a queue's name in its ARN
 */
export function sqsNeeds(action: string, body: unknown, arnPrefix: string): Need[] {
  const { QueueUrl, QueueName, SourceArn, DestinationArn } = (body ?? {}) as Body;
  const name = QueueName ?? QueueUrl?.split('/').at(-1);
  const on = (resource: string, ...names: string[]) =>
    names.map((each) => ({ action: `sqs:${each}`, resource }));
  if (action === 'StartMessageMoveTask' && SourceArn && DestinationArn) {
    return [
      ...on(SourceArn, action, 'ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'),
      ...on(DestinationArn, 'SendMessage'),
    ];
  }
  const permission = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (permission !== undefined && name !== undefined) return on(arnPrefix + name, permission);
  return [
    {
      action: `sqs:${action}`,
      resource: name === undefined ? '*' : arnPrefix + name,
      unknown: `${action}; see local/iam/requests.ts`,
    },
  ];
}

import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Access } from '../../local/iam/access.ts';
import { permissionsOf } from '../../local/iam/policy.ts';
import { type Aws, Bucket, clientsOf, startAws } from './aws.ts';

const queueArn = 'arn:aws:sqs:us-east-1:000000000000:work';
const secretArn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:';
const bucketArn = `arn:aws:s3:::${Bucket}`;
const principal = 'arn:aws:sts::000000000000:assumed-role/role/function';

/** With the operator's clients, whose access key is `local`. */
let aws: Aws;
let QueueUrl: string;
/** The role's permissions; each test has its own. */
let access: Access;
/** The function's clients. */
let s3: S3Client;
let sqs: SQSClient;
let secrets: SecretsManagerClient;

beforeAll(async () => {
  aws = await startAws({
    authorize: (accessKeyId, requirements) => access.authorize(accessKeyId, requirements),
  });
  aws.emulator.secrets.set('tdf/key', 'value');
  QueueUrl = aws.emulator.createQueue('work', {}).url;
  ({ s3, sqs, secrets } = clientsOf(aws.emulator, 'function'));
});
afterAll(async () => {
  for (const client of [s3, sqs, secrets]) client.destroy();
  await aws.close();
});
beforeEach(async () => {
  access = new Access('local');
  access.assumeRole('function', 'arn:aws:iam::000000000000:role/role', 'function');
  await aws.put('a/there');
});

function allow(Action: string, Resource: string, Condition = {}): void {
  const Statement = { Effect: 'Allow', Action, Resource, Condition };
  access.grant(permissionsOf({ Version: '2012-10-17', Statement }, { holder: 'role', kind: 'role' }));
}
const message = (action: string, resource: string) =>
  `User: ${principal} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;

const object = { Bucket, Key: 'a/there' };
const upload = { ...object, UploadId: '1' };
const objectArn = `${bucketArn}/a/there`;

describe('in S3,', () => {
  const part = { ...upload, PartNumber: 1, Body: 'y' };
  const MultipartUpload = { Parts: [] };
  test.each<[string, () => Promise<unknown>, action: string, resource?: string]>([
    ['GetObject', () => s3.send(new GetObjectCommand(object)), 's3:GetObject'],
    ['PutObject', () => s3.send(new PutObjectCommand({ ...object, Body: 'y' })), 's3:PutObject'],
    ['CreateMultipartUpload', () => s3.send(new CreateMultipartUploadCommand(object)), 's3:PutObject'],
    ['UploadPart', () => s3.send(new UploadPartCommand(part)), 's3:PutObject'],
    [
      'CompleteMultipartUpload',
      () => s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload })),
      's3:PutObject',
    ],
    [
      'AbortMultipartUpload',
      () => s3.send(new AbortMultipartUploadCommand(upload)),
      's3:AbortMultipartUpload',
    ],
    ['DeleteObject', () => s3.send(new DeleteObjectCommand(object)), 's3:DeleteObject'],
    [
      'ListObjectsV2',
      () => s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'a/' })),
      's3:ListBucket',
      bucketArn,
    ],
  ])(
    '%s is denied without its permission, and not with it',
    async (_name, send, action, resource = objectArn) => {
      await expect(send()).rejects.toMatchObject({
        name: 'AccessDenied',
        message: message(action, `"${resource}"`),
        $metadata: { httpStatusCode: 403 },
      });
      // What was denied has not happened.
      expect(String(await aws.bytesOf('a/there'))).toBe('x');
      allow(action, resource);
      const answer = await send().then(
        () => 'done',
        ({ name }: Error) => name,
      );
      expect(answer).not.toBe('AccessDenied');
    },
  );

  test('an object that is not there is 404 for whoever may list, and 403 for others', async () => {
    const missing = { ...object, Key: 'a/missing' };
    const get = () => s3.send(new GetObjectCommand(missing));
    const head = () => s3.send(new HeadObjectCommand(missing));
    allow('s3:GetObject', `${bucketArn}/a/*`);
    await expect(get()).rejects.toThrow(`s3:ListBucket on resource: "${bucketArn}"`);
    await expect(head()).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    // A GetObject has no prefix, so this does not help.
    allow('s3:ListBucket', bucketArn, { StringEquals: { 's3:prefix': 'a/' } });
    await expect(get()).rejects.toMatchObject({ name: 'AccessDenied' });

    allow('s3:ListBucket', bucketArn);
    await expect(get()).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(head()).rejects.toMatchObject({ name: 'NotFound' });
  });

  test('a listing is allowed by its prefix', async () => {
    allow('s3:ListBucket', bucketArn, { StringEquals: { 's3:prefix': ['a/', 'b/'] } });
    const list = (Prefix?: string) => s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
    expect((await list('a/')).KeyCount).toBe(1);
    for (const prefix of ['a/t', 'c/', undefined])
      await expect(list(prefix)).rejects.toThrow('s3:ListBucket');
  });

  test.each([
    [
      'write',
      's3:PutObject',
      () => s3.send(new PutObjectCommand({ ...object, Body: 'y', IfMatch: '"other"' })),
    ],
    ['delete', 's3:DeleteObject', () => s3.send(new DeleteObjectCommand({ ...object, IfMatch: '"other"' }))],
  ])('a %s that compares requires a read, too', async (_what, action, send) => {
    allow(action, objectArn);
    await expect(send()).rejects.toThrow('s3:GetObject');
    allow('s3:GetObject', objectArn);
    await expect(send()).rejects.toMatchObject({ name: 'PreconditionFailed' });
  });

  test('a copy requires a read of its source, and of its tags unless they are left behind', async () => {
    const target = { Bucket, Key: 'b/copy', CopySource: `${Bucket}/a/there` };
    const copy = (TaggingDirective?: 'REPLACE') =>
      s3.send(new CopyObjectCommand({ ...target, TaggingDirective }));
    const steps: [action: string, resource: string, directive?: 'REPLACE'][] = [
      ['s3:GetObject', objectArn, 'REPLACE'],
      ['s3:PutObject', `${bucketArn}/b/copy`, 'REPLACE'],
      ['s3:GetObjectTagging', objectArn],
      ['s3:PutObjectTagging', `${bucketArn}/b/copy`],
    ];
    for (const [action, resource, directive] of steps) {
      await expect(copy(directive)).rejects.toThrow(`${action} on resource: "${resource}"`);
      allow(action, resource);
    }
    await copy('REPLACE');
  });

  test.each<[string, () => Promise<unknown>]>([
    [
      'CopyObject with x-amz-acl',
      () => s3.send(new CopyObjectCommand({ ...object, CopySource: `${Bucket}/a/there`, ACL: 'private' })),
    ],
    ['ListBuckets', () => s3.send(new ListBucketsCommand())],
    ['GetObject with acl', () => s3.send(new GetObjectAclCommand(object))],
    ['GetObject with versionId', () => s3.send(new GetObjectCommand({ ...object, VersionId: '1' }))],
    [
      'PutObject with x-amz-tagging',
      () => s3.send(new PutObjectCommand({ ...object, Body: 'y', Tagging: 'a=b' })),
    ],
    ['ListQueues', () => sqs.send(new ListQueuesCommand({}))],
  ])('%s is not known, and so denied to a role that is allowed to do anything', async (name, send) => {
    allow('*', '*');
    await expect(send()).rejects.toThrow(`(${name}; see local/iam/requests.ts)`);
  });

  test.each([
    ['anonymous', {}],
    ['unknown access key stranger', { authorization: 'AWS4-HMAC-SHA256 Credential=stranger/2026/a/b/c, x' }],
  ])('a request of %s is denied', async (who, headers) => {
    allow('*', '*');
    const answer = await fetch(`${aws.emulator.endpoint}/${Bucket}/a/there`, { headers });
    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining(`User: ${who} is`)]);
  });
});

describe('in SQS,', () => {
  const Entries = [{ Id: '1', MessageBody: 'a', ReceiptHandle: 'x', VisibilityTimeout: 0 }];
  test.each<[string, () => Promise<unknown>, action?: string]>([
    ['SendMessage', () => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }))],
    ['SendMessageBatch', () => sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries })), 'SendMessage'],
    ['ReceiveMessage', () => sqs.send(new ReceiveMessageCommand({ QueueUrl }))],
    ['DeleteMessage', () => sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: 'x' }))],
    [
      'ChangeMessageVisibilityBatch',
      () => sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries })),
      'ChangeMessageVisibility',
    ],
    ['GetQueueAttributes', () => sqs.send(new GetQueueAttributesCommand({ QueueUrl }))],
    ['GetQueueUrl', () => sqs.send(new GetQueueUrlCommand({ QueueName: 'work' }))],
    ['PurgeQueue', () => sqs.send(new PurgeQueueCommand({ QueueUrl }))],
  ])('%s is denied without its permission, and not with it', async (name, send, action = name) => {
    allow(`sqs:${action}`, `${queueArn}-of-others`);
    await expect(send()).rejects.toMatchObject({
      name: 'AccessDenied',
      message: message(`sqs:${action.toLowerCase()}`, queueArn),
      $metadata: { httpStatusCode: 403 },
    });
    allow(`sqs:${action}`, queueArn);
    await expect(send()).resolves.toMatchObject({ $metadata: { httpStatusCode: 200 } });
  });
});

describe('Secrets Manager', () => {
  const get = (SecretId: string) => secrets.send(new GetSecretValueCommand({ SecretId }));

  test('allows by the ARN with its six characters, whatever name it is asked for by', async () => {
    await expect(get('tdf/key')).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: message('secretsmanager:GetSecretValue', 'tdf/key'),
    });
    allow('secretsmanager:GetSecretValue', `${secretArn}tdf/key-??????`);
    const { ARN = '', SecretString } = await get('tdf/key');
    expect(SecretString).toBe('value');
    expect(await get(ARN)).toMatchObject({ SecretString: 'value' });
    const put = new PutSecretValueCommand({ SecretId: 'tdf/key', SecretString: 'other' });
    await expect(secrets.send(put)).rejects.toThrow('secretsmanager:PutSecretValue');
    expect(aws.emulator.secrets.get('tdf/key')).toBe('value');
  });

  test('has no ARN with six characters for a secret that is not there: denied, not missing', async () => {
    allow('secretsmanager:GetSecretValue', `${secretArn}tdf/no-key-??????`);
    await expect(get('tdf/no-key')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    allow('secretsmanager:GetSecretValue', '*');
    await expect(get('tdf/no-key')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

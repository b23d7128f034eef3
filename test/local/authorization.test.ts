import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
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
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
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
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Emulator, startEmulator } from '../../local/aws/emulator.ts';
import { Access } from '../../local/iam/access.ts';
import { permissionsOf } from '../../local/iam/policy.ts';

const region = 'us-east-1';
const queueArn = `arn:aws:sqs:${region}:000000000000:work`;
const otherArn = `arn:aws:sqs:${region}:000000000000:other`;
const principal = 'arn:aws:sts::000000000000:assumed-role/role/function';

let directory: string;
let emulator: Emulator;
let queueUrl: string;
/** The role's permissions; each test has its own. */
let access: Access;
let s3: S3Client;
let sqs: SQSClient;
let secretsManager: SecretsManagerClient;
let operator: S3Client;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'authorization-'));
  const authorize: Access['authorize'] = (accessKeyId, needs) => access.authorize(accessKeyId, needs);
  emulator = await startEmulator({ stateDir: directory, region, authorize });
  emulator.secrets.set('tdf/key', 'value');
  emulator.createBucket('raw');
  queueUrl = emulator.createQueue('work', {}).url;
  const client = (accessKeyId: string) => ({
    region,
    endpoint: emulator.endpoint,
    maxAttempts: 1,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey: 'any' },
  });
  s3 = new S3Client(client('function'));
  operator = new S3Client(client('operator'));
  sqs = new SQSClient(client('function'));
  secretsManager = new SecretsManagerClient(client('function'));
});
afterAll(async () => {
  for (const client of [s3, operator, sqs, secretsManager]) client.destroy();
  await emulator.close();
  await rm(directory, { recursive: true });
});
beforeEach(async () => {
  access = new Access('operator');
  access.assumeRole('function', 'arn:aws:iam::000000000000:role/role', 'function');
  await operator.send(new PutObjectCommand({ Bucket: 'raw', Key: 'a/there', Body: 'x' }));
});

function allow(...permissions: [action: string, resource: string, condition?: object][]): void {
  const Statement = permissions.map(([Action, Resource, Condition = {}]) => ({
    Effect: 'Allow',
    Action,
    Resource,
    Condition,
  }));
  access.grant(permissionsOf({ Version: '2012-10-17', Statement }, { holder: 'role', kind: 'role' }));
}

const object = { Bucket: 'raw', Key: 'a/there' };
const upload = { ...object, UploadId: '1' };
const objectArn = 'arn:aws:s3:::raw/a/there';

describe('S3', () => {
  test.each<[string, () => Promise<unknown>, action: string, resource: string]>([
    ['GetObject', () => s3.send(new GetObjectCommand(object)), 's3:GetObject', objectArn],
    ['PutObject', () => s3.send(new PutObjectCommand({ ...object, Body: 'y' })), 's3:PutObject', objectArn],
    [
      'CreateMultipartUpload',
      () => s3.send(new CreateMultipartUploadCommand(object)),
      's3:PutObject',
      objectArn,
    ],
    [
      'UploadPart',
      () => s3.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'y' })),
      's3:PutObject',
      objectArn,
    ],
    [
      'CompleteMultipartUpload',
      () => s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: [] } })),
      's3:PutObject',
      objectArn,
    ],
    [
      'AbortMultipartUpload',
      () => s3.send(new AbortMultipartUploadCommand(upload)),
      's3:AbortMultipartUpload',
      objectArn,
    ],
    ['DeleteObject', () => s3.send(new DeleteObjectCommand(object)), 's3:DeleteObject', objectArn],
    [
      'ListObjectsV2',
      () => s3.send(new ListObjectsV2Command({ Bucket: 'raw', Prefix: 'a/' })),
      's3:ListBucket',
      'arn:aws:s3:::raw',
    ],
  ])('%s is denied without its permission, and not with it', async (_name, send, action, resource) => {
    await expect(send()).rejects.toMatchObject({
      name: 'AccessDenied',
      message: `User: ${principal} is not authorized to perform: ${action} on resource: "${resource}" because no identity-based policy allows the ${action} action`,
      $metadata: { httpStatusCode: 403 },
    });
    allow([action, resource]);
    const answer = await send().then(
      () => 'done',
      ({ name }: Error) => name,
    );
    expect(answer).not.toBe('AccessDenied');
  });

  test('what is denied has not happened', async () => {
    await expect(s3.send(new DeleteObjectCommand(object))).rejects.toThrow('not authorized');
    await expect(s3.send(new PutObjectCommand({ ...object, Body: 'y' }))).rejects.toThrow('not authorized');
    const { Body } = await operator.send(new GetObjectCommand(object));
    expect(await Body?.transformToString()).toBe('x');
  });

  test('a whole multipart upload takes s3:PutObject and nothing more', async () => {
    allow(['s3:PutObject', objectArn]);
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(object));
    const part = { ...object, UploadId, PartNumber: 1 };
    const { ETag } = await s3.send(new UploadPartCommand({ ...part, Body: 'yz' }));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await s3.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload }));
    const { Body } = await operator.send(new GetObjectCommand(object));
    expect(await Body?.transformToString()).toBe('yz');
  });

  test('an object that is not there is 404 for whoever may list, and 403 for others', async () => {
    const missing = { ...object, Key: 'a/missing' };
    allow(['s3:GetObject', 'arn:aws:s3:::raw/a/*']);
    await expect(s3.send(new GetObjectCommand(missing))).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining('s3:ListBucket on resource: "arn:aws:s3:::raw"'),
    });
    await expect(s3.send(new HeadObjectCommand(missing))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
    });
    // A GetObject has no prefix, so this does not make it one who may list.
    allow(['s3:ListBucket', 'arn:aws:s3:::raw', { StringEquals: { 's3:prefix': 'a/' } }]);
    await expect(s3.send(new GetObjectCommand(missing))).rejects.toMatchObject({ name: 'AccessDenied' });

    allow(['s3:ListBucket', 'arn:aws:s3:::raw']);
    await expect(s3.send(new GetObjectCommand(missing))).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(s3.send(new HeadObjectCommand(missing))).rejects.toMatchObject({ name: 'NotFound' });
  });

  test('a listing is allowed by its prefix', async () => {
    allow(['s3:ListBucket', 'arn:aws:s3:::raw', { StringEquals: { 's3:prefix': ['a/', 'b/'] } }]);
    const list = (Prefix?: string) => s3.send(new ListObjectsV2Command({ Bucket: 'raw', Prefix }));
    expect((await list('a/')).KeyCount).toBe(1);
    for (const prefix of ['a/t', 'c/', undefined])
      await expect(list(prefix)).rejects.toThrow('s3:ListBucket');
  });

  test('a write that compares takes a look, too', async () => {
    allow(['s3:PutObject', objectArn]);
    const write = () => s3.send(new PutObjectCommand({ ...object, Body: 'y', IfMatch: '"other"' }));
    await expect(write()).rejects.toThrow('s3:GetObject');
    allow(['s3:GetObject', objectArn]);
    await expect(write()).rejects.toMatchObject({ name: 'PreconditionFailed' });
  });

  test('a delete that compares takes a look, too', async () => {
    allow(['s3:DeleteObject', objectArn]);
    const remove = () => s3.send(new DeleteObjectCommand({ ...object, IfMatch: '"other"' }));
    await expect(remove()).rejects.toThrow('s3:GetObject');
    allow(['s3:GetObject', objectArn]);
    await expect(remove()).rejects.toMatchObject({ name: 'PreconditionFailed' });
  });

  test('a copy takes a read of its source, and of its tags unless they are left behind', async () => {
    const copy = (TaggingDirective?: 'REPLACE') =>
      s3.send(
        new CopyObjectCommand({ Bucket: 'raw', Key: 'b/copy', CopySource: 'raw/a/there', TaggingDirective }),
      );
    await expect(copy('REPLACE')).rejects.toThrow(`s3:GetObject on resource: "${objectArn}"`);
    allow(['s3:GetObject', objectArn]);
    await expect(copy('REPLACE')).rejects.toThrow('s3:PutObject on resource: "arn:aws:s3:::raw/b/copy"');
    allow(['s3:PutObject', 'arn:aws:s3:::raw/b/*']);
    await copy('REPLACE');
    await expect(copy()).rejects.toThrow(`s3:GetObjectTagging on resource: "${objectArn}"`);
    allow(['s3:GetObjectTagging', objectArn]);
    await expect(copy()).rejects.toThrow('s3:PutObjectTagging on resource: "arn:aws:s3:::raw/b/copy"');
  });

  test.each<[string, () => Promise<unknown>]>([
    [
      'CopyObject with x-amz-acl',
      () => s3.send(new CopyObjectCommand({ ...object, CopySource: 'raw/a/there', ACL: 'private' })),
    ],
    ['ListBuckets', () => s3.send(new ListBucketsCommand())],
    ['GetObject with acl', () => s3.send(new GetObjectAclCommand(object))],
    ['GetObject with versionId', () => s3.send(new GetObjectCommand({ ...object, VersionId: '1' }))],
    [
      'PutObject with x-amz-tagging',
      () => s3.send(new PutObjectCommand({ ...object, Body: 'y', Tagging: 'a=b' })),
    ],
    [
      'PutObject with x-amz-acl',
      () => s3.send(new PutObjectCommand({ ...object, Body: 'y', ACL: 'private' })),
    ],
  ])('%s is not known, and so denied to a role that may everything', async (name, send) => {
    allow(['*', '*']);
    await expect(send()).rejects.toThrow(`(${name}; see local/iam/requests.ts)`);
  });

  test.each([
    ['anonymous', {}],
    ['unknown access key stranger', { authorization: 'AWS4-HMAC-SHA256 Credential=stranger/2026/a/b/c, x' }],
  ])('a request of %s is denied', async (who, headers) => {
    allow(['*', '*']);
    const answer = await fetch(`${emulator.endpoint}/raw/a/there`, { headers });
    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining(`User: ${who} is`)]);
  });
});

describe('SQS', () => {
  const queue = () => ({ QueueUrl: queueUrl });
  const one = { Id: '1', MessageBody: 'a' };

  test.each<[string, () => Promise<unknown>, action: string]>([
    ['SendMessage', () => sqs.send(new SendMessageCommand({ ...queue(), MessageBody: 'a' })), 'SendMessage'],
    [
      'SendMessageBatch',
      () => sqs.send(new SendMessageBatchCommand({ ...queue(), Entries: [one] })),
      'SendMessage',
    ],
    ['ReceiveMessage', () => sqs.send(new ReceiveMessageCommand(queue())), 'ReceiveMessage'],
    [
      'DeleteMessage',
      () => sqs.send(new DeleteMessageCommand({ ...queue(), ReceiptHandle: 'x' })),
      'DeleteMessage',
    ],
    [
      'ChangeMessageVisibilityBatch',
      () =>
        sqs.send(
          new ChangeMessageVisibilityBatchCommand({
            ...queue(),
            Entries: [{ Id: '1', ReceiptHandle: 'x', VisibilityTimeout: 0 }],
          }),
        ),
      'ChangeMessageVisibility',
    ],
    ['GetQueueAttributes', () => sqs.send(new GetQueueAttributesCommand(queue())), 'GetQueueAttributes'],
    ['GetQueueUrl', () => sqs.send(new GetQueueUrlCommand({ QueueName: 'work' })), 'GetQueueUrl'],
    ['PurgeQueue', () => sqs.send(new PurgeQueueCommand(queue())), 'PurgeQueue'],
  ])('%s is denied without its permission, and not with it', async (_name, send, action) => {
    const shown = `sqs:${action.toLowerCase()}`;
    allow([`sqs:${action}`, otherArn]);
    await expect(send()).rejects.toMatchObject({
      name: 'AccessDenied',
      message: `User: ${principal} is not authorized to perform: ${shown} on resource: ${queueArn} because no identity-based policy allows the ${shown} action`,
      $metadata: { httpStatusCode: 403 },
    });
    allow([`sqs:${action}`, queueArn]);
    await expect(send()).resolves.toMatchObject({ $metadata: { httpStatusCode: 200 } });
  });

  test('a request that is not known is denied to a role that may everything', async () => {
    allow(['*', '*']);
    await expect(sqs.send(new ListQueuesCommand({}))).rejects.toThrow(
      '(ListQueues; see local/iam/requests.ts)',
    );
  });
});

describe('Secrets Manager', () => {
  const get = (SecretId: string) => secretsManager.send(new GetSecretValueCommand({ SecretId }));
  const allowSecret = () =>
    allow([
      'secretsmanager:GetSecretValue',
      'arn:aws:secretsmanager:us-east-1:000000000000:secret:tdf/key-??????',
    ]);

  test('allows by the ARN with its six characters, whatever name it is asked for by', async () => {
    await expect(get('tdf/key')).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `User: ${principal} is not authorized to perform: secretsmanager:GetSecretValue on resource: tdf/key because no identity-based policy allows the secretsmanager:GetSecretValue action`,
    });
    allowSecret();
    const { ARN = '', SecretString } = await get('tdf/key');
    expect(SecretString).toBe('value');
    expect(await get(ARN)).toMatchObject({ SecretString: 'value' });
    const put = new PutSecretValueCommand({ SecretId: 'tdf/key', SecretString: 'other' });
    await expect(secretsManager.send(put)).rejects.toThrow('secretsmanager:PutSecretValue');
    expect(emulator.secrets.get('tdf/key')).toBe('value');
  });

  test('has no ARN with six characters for a secret that is not there: denied, not missing', async () => {
    allow([
      'secretsmanager:GetSecretValue',
      'arn:aws:secretsmanager:us-east-1:000000000000:secret:tdf/no-key-??????',
    ]);
    await expect(get('tdf/no-key')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    allow(['secretsmanager:GetSecretValue', '*']);
    await expect(get('tdf/no-key')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

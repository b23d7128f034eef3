import {
  GetObjectAclCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { ListQueuesCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
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
const objectArn = `${bucketArn}/a/there`;

test('a request to S3 is denied without its permission, has not happened then, and is allowed with it', async () => {
  const put = () => s3.send(new PutObjectCommand({ ...object, Body: 'y' }));
  await expect(put()).rejects.toMatchObject({
    name: 'AccessDenied',
    message: message('s3:PutObject', `"${objectArn}"`),
    $metadata: { httpStatusCode: 403 },
  });
  expect(String(await aws.bytesOf('a/there'))).toBe('x');
  allow('s3:PutObject', objectArn);
  await put();
  expect(String(await aws.bytesOf('a/there'))).toBe('y');
});

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
  for (const prefix of ['a/t', 'c/', undefined]) await expect(list(prefix)).rejects.toThrow('s3:ListBucket');
});

test('a request that is not known is denied to a role that is allowed to do anything', async () => {
  allow('*', '*');
  await expect(s3.send(new GetObjectAclCommand(object))).rejects.toThrow(
    '(GetObject with acl; see local/iam',
  );
  await expect(s3.send(new ListBucketsCommand())).rejects.toThrow('(ListBuckets; see local/iam');
  await expect(sqs.send(new ListQueuesCommand({}))).rejects.toThrow('(ListQueues; see local/iam');
});

test.each([
  ['anonymous', {}],
  ['unknown access key stranger', { authorization: 'AWS4-HMAC-SHA256 Credential=stranger/2026/a/b/c, x' }],
])('a request of %s is denied', async (who, headers) => {
  allow('*', '*');
  const answer = await fetch(`${aws.emulator.endpoint}/${Bucket}/a/there`, { headers });
  expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining(`User: ${who} is`)]);
});

test('a request to SQS is denied without its permission for the queue, and allowed with it', async () => {
  const send = () => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }));
  allow('sqs:SendMessage', `${queueArn}-of-others`);
  await expect(send()).rejects.toMatchObject({
    name: 'AccessDenied',
    message: message('sqs:sendmessage', queueArn),
    $metadata: { httpStatusCode: 403 },
  });
  expect(aws.emulator.messages(queueArn)).toEqual([]);
  allow('sqs:SendMessage', queueArn);
  await send();
  expect(aws.emulator.messages(queueArn)).toHaveLength(1);
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

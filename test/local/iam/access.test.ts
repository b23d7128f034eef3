import { beforeEach, describe, expect, test } from '@jest/globals';
import { Access, denialMessage } from '../../../local/iam/access.ts';
import { permissionsOf } from '../../../local/iam/policy.ts';

const arn = 'arn:aws:sts::000000000000:assumed-role/fetch-role/fetch';
const grant = (holder: string, kind: 'role' | 'resource', ...Statement: unknown[]) =>
  access.grant(permissionsOf({ Version: '2012-10-17', Statement }, { holder, kind }));
const get = { action: 's3:GetObject', resource: 'arn:aws:s3:::raw/a' };
const put = { action: 's3:PutObject', resource: 'arn:aws:s3:::raw/a' };

let access: Access;
beforeEach(() => {
  access = new Access('operator');
  access.assumeRole('fetch', 'arn:aws:iam::000000000000:role/fetch-role', 'fetch');
});

describe('a request', () => {
  test('of the operator is allowed, whatever it is', () => {
    expect(access.authorize('operator', [{ ...get, unknown: 'x' }])).toBeUndefined();
  });

  test('is allowed when the role may do all that it needs', () => {
    grant('fetch-role', 'role', { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: '*' });
    expect(access.authorize('fetch', [get, put])).toBeUndefined();
    expect(access.permissions.map((permission) => access.usesOf(permission))).toEqual([1, 1]);
  });

  test('is denied when the role may only half of it, in AWS’s words', () => {
    grant('fetch-role', 'role', { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' });
    const denial = access.authorize('fetch', [get, put]);
    expect(denial).toEqual({ ...put, principal: arn, explicit: false });
    expect(access.denials).toEqual([denial]);
    expect(denial && denialMessage(denial)).toBe(
      `User: ${arn} is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::raw/a because no identity-based policy allows the s3:PutObject action`,
    );
  });

  test('is denied when a statement denies it, whatever another one allows', () => {
    grant(
      'fetch-role',
      'role',
      { Effect: 'Allow', Action: '*', Resource: '*' },
      { Effect: 'Deny', Action: 's3:Get*', Resource: 'arn:aws:s3:::raw/*' },
    );
    const denial = access.authorize('fetch', [get]);
    expect(denial && denialMessage(denial)).toMatch(
      /raw\/a with an explicit deny in an identity-based policy$/,
    );
    expect(access.authorize('fetch', [put])).toBeUndefined();
  });

  test('that nobody knows is denied to a role that is allowed to do anything, and says where it would be added', () => {
    grant('fetch-role', 'role', { Effect: 'Allow', Action: '*', Resource: '*' });
    const denial = access.authorize('fetch', [{ ...get, unknown: 'CopyObject; see local/iam/requests.ts' }]);
    expect(denial && denialMessage(denial)).toContain(
      'does not know this request (CopyObject; see local/iam',
    );
  });

  test.each([
    [undefined, 'anonymous'],
    ['somebody', 'unknown access key somebody'],
  ])('with the access key id %s is denied', (accessKeyId, principal) => {
    grant('fetch-role', 'role', { Effect: 'Allow', Action: '*', Resource: '*' });
    expect(access.authorize(accessKeyId, [get])).toMatchObject({ principal });
  });

  test('is not allowed by the policy of another role, nor by one of a resource', () => {
    const all = { Effect: 'Allow', Action: '*', Resource: '*' };
    grant('convert-role', 'role', all);
    grant('fetch-role', 'resource', { ...all, Principal: '*' });
    expect(access.authorize('fetch', [get])).toMatchObject({ principal: arn });
  });
});

test('S3 is allowed to send what the queue’s policy lets it, and no other service is', () => {
  const queue = 'arn:aws:sqs:us-east-1:000000000000:queue';
  const bucket = 'arn:aws:s3:::raw';
  const allow = (holder: string, Service: string) =>
    grant(holder, 'resource', {
      Effect: 'Allow',
      Principal: { Service },
      Action: 'sqs:SendMessage',
      Resource: '*',
      Condition: { ArnLike: { 'aws:SourceArn': bucket }, Bool: { 'aws:SecureTransport': 'true' } },
    });
  allow('queue', 'sns.amazonaws.com');
  allow('other', 's3.amazonaws.com');
  expect(access.maySend(queue, bucket)).toBe(false);
  allow('queue', 's3.amazonaws.com');
  expect(access.maySend(queue, bucket)).toBe(true);
  expect(access.maySend(queue, 'arn:aws:s3:::curated')).toBe(false);
});

test('a permission is missing while something is done without it, and back when that has failed', async () => {
  grant('fetch-role', 'role', { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' });
  const [permission] = access.permissions;
  if (!permission) throw new Error('no permission');
  const fails = access.without(permission, async () => {
    expect(access.authorize('fetch', [get])).toBeDefined();
    throw new Error('as expected');
  });
  await expect(fails).rejects.toThrow('as expected');
  expect(access.authorize('fetch', [get])).toBeUndefined();
});

import { describe, expect, test } from '@jest/globals';
import { covers, permissionName, permissionsOf } from '../../../local/iam/policy.ts';

const document = (...Statement: unknown[]) => ({ Version: '2012-10-17', Statement });
const role = (...statements: unknown[]) =>
  permissionsOf(document(...statements), { holder: 'fetch-role', kind: 'role' });
const resource = (...statements: unknown[]) =>
  permissionsOf(document(...statements), { holder: 'queue', kind: 'resource' });
const allow = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::raw/weatherapi/*' };

describe('a policy', () => {
  test('is taken apart into one permission for each action on each resource', () => {
    const permissions = role({
      ...allow,
      Action: ['s3:GetObject', 's3:PutObject'],
      Resource: ['*', 'arn:b'],
    });
    expect(permissions.map(permissionName)).toEqual([
      'fetch-role: s3:GetObject on *',
      'fetch-role: s3:GetObject on arn:b',
      'fetch-role: s3:PutObject on *',
      'fetch-role: s3:PutObject on arn:b',
    ]);
  });

  test('of a resource names its services, or everybody', () => {
    const services = (Principal: unknown) => resource({ ...allow, Principal }).map(({ service }) => service);
    expect(services({ Service: ['s3.amazonaws.com', 'sns.amazonaws.com'] })).toEqual([
      's3.amazonaws.com',
      'sns.amazonaws.com',
    ]);
    expect(services({ AWS: '*' })).toEqual(['*']);
    expect(services('*')).toEqual(['*']);
  });

  const variable = ['arn:', '{aws:username}'].join('$');
  test.each<[string, () => unknown, RegExp]>([
    [
      'NotAction',
      () => role({ ...allow, NotAction: 's3:*' }),
      /policy of fetch-role .*Statement\.0\.NotAction/s,
    ],
    ['NotResource', () => role(allow, { ...allow, NotResource: '*' }), /Statement\.1\.NotResource/],
    ['a principal of a role’s policy', () => role({ ...allow, Principal: '*' }), /Principal/],
    [
      'a principal that is an account',
      () => resource({ ...allow, Principal: { AWS: 'arn:aws:iam::1:root' } }),
      /Principal/,
    ],
    ['a resource’s policy with no principal', () => resource(allow), /Principal/],
    ['another effect', () => role({ ...allow, Effect: 'allow' }), /received "allow"/],
    ['no action', () => role({ ...allow, Action: undefined }), /Action/],
    ['a variable', () => role({ ...allow, Resource: variable }), /policy variable .*Resource/s],
    ['an operator', () => role({ ...allow, Condition: { StringLike: { a: 'b' } } }), /Condition\.StringLike/],
    ['a condition’s form', () => role({ ...allow, Condition: ['a'] }), /Condition/],
    [
      'an older language',
      () => permissionsOf({ Version: '2008-10-17', Statement: [] }, { holder: 'a', kind: 'role' }),
      /received "2008-10-17"/,
    ],
    ['no policy', () => permissionsOf(undefined, { holder: 'a', kind: 'role' }), /Expected Object/],
  ])('with %s that is not known is refused', (_what, parse, message) => {
    expect(parse).toThrow(message);
  });
});

describe('a permission', () => {
  const get = (resourceArn: string, action = 's3:GetObject') => ({ action, resource: resourceArn });
  const only = (statement: object) => {
    const [permission] = role({ ...allow, ...statement });
    if (!permission) throw new Error('no permission');
    return permission;
  };

  test.each([
    ['arn:aws:s3:::raw/weatherapi/*', 'arn:aws:s3:::raw/weatherapi/current/dt=2026-11-22/a:b.json', true],
    ['arn:aws:s3:::raw/weatherapi/*', 'arn:aws:s3:::raw/weatherapi', false],
    ['arn:aws:s3:::raw/weatherapi/*', 'arn:aws:s3:::raw/weatherAPI/a', false],
    ['arn:aws:s3:::raw/weatherapi/*', 'arn:aws:s3:::raws/weatherapi/a', false],
    ['arn:aws:s3:::raw', 'arn:aws:s3:::raw/a', false],
    ['arn:aws:s3:::r.w', 'arn:aws:s3:::raw', false],
    ['arn:aws:s3:::raw/(a)', 'arn:aws:s3:::raw/(a)', true],
    ['arn:aws:s3:::raw/a\nb*', 'arn:aws:s3:::raw/a\nb\nc', true],
    ['arn:aws:secretsmanager:r:1:secret:key-??????', 'arn:aws:secretsmanager:r:1:secret:key-a1b2c3', true],
    ['arn:aws:secretsmanager:r:1:secret:key-??????', 'arn:aws:secretsmanager:r:1:secret:key-a1b2', false],
    ['arn:aws:logs:r:1:log-group:fetch:*', 'arn:aws:logs:r:1:log-group:fetch:log-stream:x', true],
    ['arn:aws:sqs:*:1:queue', 'arn:aws:sqs:us-east-1:1:queue', true],
    // A wildcard does not reach into the next part.
    ['arn:aws:sqs:*:queue', 'arn:aws:sqs:us-east-1:1:queue', false],
    ['*', 'arn:aws:sqs:us-east-1:1:queue', true],
  ])('on %j covers %j: %s', (pattern, arn, covered) => {
    expect(covers(only({ Resource: pattern }), get(arn))).toBe(covered);
  });

  test.each([
    ['s3:GetObject', 's3:getobject', true],
    ['s3:Get*', 's3:GetObject', true],
    ['s3:Get*', 's3:PutObject', false],
    ['*', 'sqs:SendMessage', true],
    ['s3:GetObject', 's3:GetObjectVersion', false],
  ])('for %s covers %s: %s', (pattern, action, covered) => {
    expect(covers(only({ Action: pattern, Resource: '*' }), get('arn:a', action))).toBe(covered);
  });

  test('with conditions covers a request that has every key with one of the values', () => {
    const permission = only({
      Condition: {
        StringEquals: { 'S3:prefix': ['a/', 'b/'], 'aws:SourceAccount': '1' },
        ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::r*' },
        Bool: { 'aws:SecureTransport': true },
      },
    });
    const context = {
      's3:prefix': 'b/',
      'aws:SourceAccount': '1',
      'aws:sourcearn': 'arn:aws:s3:::raw',
      'aws:SecureTransport': 'true',
    };
    const covered = (changed: Record<string, string>) =>
      covers(permission, { ...get('arn:aws:s3:::raw/weatherapi/a'), context: { ...context, ...changed } });
    expect(covered({})).toBe(true);
    expect(covered({ 's3:prefix': 'b/c' })).toBe(false);
    expect(covered({ 'aws:SourceAccount': '2' })).toBe(false);
    expect(covered({ 'aws:sourcearn': 'arn:aws:s3:::curated' })).toBe(false);
    expect(covered({ 'aws:SecureTransport': 'false' })).toBe(false);
    expect(covers(permission, get('arn:aws:s3:::raw/weatherapi/a'))).toBe(false);
  });
});

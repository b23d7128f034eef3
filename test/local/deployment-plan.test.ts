import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { planDeployment } from '../../local/deployment-plan.ts';
import { type Resource, readTemplate } from '../../local/template.ts';

const resource = (type: string, properties = {}, others: Partial<Resource> = {}): Resource => ({
  type,
  properties,
  logicalId: 'Thing',
  path: `Weather/${others.logicalId ?? 'Thing'}/Resource`,
  ...others,
});
const plan = (...resources: Resource[]) =>
  planDeployment({ resources, outputs: {}, assets: new Map([['abc.zip', '/assets/abc']]) });

describe('what is deployed', () => {
  test.each([
    ['Weather/Convert/DeadLetters/Resource', 'convert-dead-letters'],
    ['Weather/Raw/Resource', 'raw'],
    ['Weather/Queue2/Resource', 'queue2'],
  ])('the resource at %s is named %s', (constructPath, name) => {
    const { queues } = plan(resource('AWS::SQS::Queue', {}, { path: constructPath }));
    expect(queues).toEqual([{ logicalId: 'Thing', name, properties: {} }]);
  });

  test('a name that the template gives is kept, if it is plain text', () => {
    expect(plan(resource('AWS::S3::Bucket', { BucketName: 'my-lake' })).buckets).toMatchObject([
      { logicalId: 'Thing', name: 'my-lake' },
    ]);
    expect(() => plan(resource('AWS::SQS::Queue', { QueueName: { Ref: 'Name' } }))).toThrow(
      'Thing: the local runtime expects QueueName to be plain text.',
    );
  });

  test('properties that make no difference here are left out', () => {
    const properties = { VisibilityTimeout: 60, SqsManagedSseEnabled: true, Tags: [] };
    expect(plan(resource('AWS::SQS::Queue', properties)).queues[0]?.properties).toEqual({
      VisibilityTimeout: 60,
    });
  });

  test('a function is found by its asset', () => {
    const properties = { Handler: 'index.handler', Code: { S3Bucket: 'assets', S3Key: 'abc.zip' } };
    expect(plan(resource('AWS::Lambda::Function', properties)).functions).toEqual([
      { logicalId: 'Thing', name: 'thing', bundle: '/assets/abc', properties: { Handler: 'index.handler' } },
    ]);
    for (const other of [{}, { Code: { ZipFile: 'exports.handler = 1' } }, { Code: { S3Key: 'other.zip' } }])
      expect(() => plan(resource('AWS::Lambda::Function', other))).toThrow(
        'Thing: its code is not an asset of this synthesis.',
      );
  });

  test("CloudFormation's own functions are ignored, whatever they are made of", () => {
    const handler = { ServiceToken: { 'Fn::GetAtt': ['Handler', 'Arn'] }, BucketName: 'raw' };
    const deployed = plan(
      resource('AWS::Lambda::Function', { Layers: ['x'] }, { logicalId: 'Handler' }),
      resource('Custom::S3AutoDeleteObjects', handler),
      resource('AWS::IAM::Role', { Whatever: true }),
    );
    expect(Object.values(deployed).flat()).toEqual([]);
  });

  test('all that would make data flow differently on AWS is named in one error', () => {
    const refused = () =>
      plan(
        resource('AWS::DynamoDB::Table', {}, { logicalId: 'Table' }),
        resource('AWS::SQS::Queue', { FifoQueue: true, Tags: [] }, { logicalId: 'Queue' }),
        resource('Custom::Other', { ServiceToken: 'arn:x' }, { logicalId: 'Custom' }),
        resource('AWS::Lambda::Function', { Layers: [], VpcConfig: {} }, { logicalId: 'Function' }),
      );
    const message = [
      'The template has what the local runtime does not do (see local/deployment-plan.ts):',
      'Table: resource type AWS::DynamoDB::Table',
      'Custom: resource type Custom::Other',
      'Queue: property FifoQueue of AWS::SQS::Queue',
      'Function: property Layers of AWS::Lambda::Function',
      'Function: property VpcConfig of AWS::Lambda::Function',
    ].join('\n  ');
    expect(refused).toThrow(new Error(message));
  });

  test('a property that is not known is ignored with a warning, and a resource without data flow in silence', () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockReturnValue();
    const bucket = resource('AWS::S3::Bucket', { ObjectLockEnabled: false });
    expect(plan(resource('AWS::Budgets::Budget'), bucket).buckets).toHaveLength(1);
    expect(emitWarning.mock.calls).toEqual([
      ['The local runtime ignores Thing: property ObjectLockEnabled of AWS::S3::Bucket'],
    ]);
    emitWarning.mockRestore();
  });
});

describe('a role of the stack', () => {
  const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
  const scheduled = resource('AWS::Scheduler::Schedule', { Target: { RoleArn: arnOf('Role') } });
  const role = (properties: object, logicalId = 'Role') =>
    resource('AWS::IAM::Role', properties, { logicalId });

  test('has the policies within it and those that are attached to it', () => {
    const { roles } = plan(
      scheduled,
      role({ Policies: [{ PolicyName: 'a', PolicyDocument: 'inline' }] }),
      resource('AWS::IAM::Policy', { PolicyDocument: 'attached', Roles: [{ Ref: 'Role' }] }),
      resource('AWS::IAM::Policy', { PolicyDocument: 'other', Roles: [{ Ref: 'OtherRole' }] }),
      // Nobody's.
      role({ ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] }, 'OtherRole'),
    );
    expect(roles).toEqual([{ logicalId: 'Role', name: 'role', documents: ['inline', 'attached'] }]);
  });

  test.each(['ManagedPolicyArns', 'PermissionsBoundary'])('with %s is refused', (name) => {
    expect(() => plan(scheduled, role({ [name]: ['arn:a'] }))).toThrow(
      `Role: expected policies in the template, not ${name}`,
    );
  });
});

describe('the folder of cdk synth', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'assembly-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const write = (file: string, content: unknown) =>
    writeFile(path.join(directory, file), JSON.stringify(content));
  const stack = { type: 'aws:cloudformation:stack', properties: { templateFile: 'Weather.template.json' } };

  test('is read as resources, outputs and assets', async () => {
    await write('manifest.json', { artifacts: { Tree: { type: 'cdk:tree' }, Weather: stack } });
    await write('Weather.template.json', {
      Resources: {
        Raw1: { Type: 'AWS::S3::Bucket', Metadata: { 'aws:cdk:path': 'Weather/Raw/Resource' } },
        Plain: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 1 } },
      },
      Outputs: { RawBucketName: { Value: { Ref: 'Raw1' }, Description: 'Where raw is' } },
    });
    await write('Weather.assets.json', {
      files: { abc: { source: { path: 'asset.abc' }, destinations: { here: { objectKey: 'abc.zip' } } } },
    });
    const template = await readTemplate(directory);
    const [type, properties] = ['AWS::SQS::Queue', { VisibilityTimeout: 1 }];
    expect(template).toEqual({
      resources: [
        { logicalId: 'Raw1', type: 'AWS::S3::Bucket', properties: {}, path: 'Weather/Raw/Resource' },
        { logicalId: 'Plain', type, properties, path: 'Weather/Plain' },
      ],
      outputs: { RawBucketName: { Ref: 'Raw1' } },
      assets: new Map([['abc.zip', path.join(directory, 'asset.abc')]]),
    });
    // A template without path metadata still has a name for each resource.
    expect(planDeployment(template).queues.map(({ name }) => name)).toEqual(['plain']);
  });

  test.each([
    [{}, /found 0/],
    [{ A: stack, B: stack }, /found 2: A, B/],
  ])('has to hold one stack: %j', async (artifacts, message) => {
    await write('manifest.json', { artifacts });
    await expect(readTemplate(directory)).rejects.toThrow(message);
  });
});

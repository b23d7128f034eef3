import { describe, expect, test } from '@jest/globals';
import { rolesOf } from '../../../local/iam/roles.ts';
import type { Resource } from '../../../local/template.ts';

const resource = (logicalId: string, type: string, properties: Resource['properties']): Resource => ({
  logicalId,
  type,
  properties,
  path: logicalId,
});
const roles = (...resources: Resource[]) => rolesOf(resources, ({ logicalId }) => logicalId.toLowerCase());
const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
const fetcher = resource('Fetch', 'AWS::Lambda::Function', { Role: arnOf('Role') });

describe('a function’s role', () => {
  test('has the policies within it and those that are attached to it', () => {
    expect(
      roles(
        fetcher,
        resource('Role', 'AWS::IAM::Role', { Policies: [{ PolicyName: 'a', PolicyDocument: 'inline' }] }),
        resource('Policy', 'AWS::IAM::Policy', { PolicyDocument: 'attached', Roles: [{ Ref: 'Role' }] }),
        resource('Other', 'AWS::IAM::Policy', { PolicyDocument: 'other', Roles: [{ Ref: 'OtherRole' }] }),
      ),
    ).toEqual([{ logicalId: 'Role', name: 'role', documents: ['inline', 'attached'] }]);
  });

  test('is read for a schedule, too, and not when it is nobody’s', () => {
    const schedule = resource('Schedule', 'AWS::Scheduler::Schedule', { Target: { RoleArn: arnOf('Role') } });
    const nobodys = { ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] };
    expect(
      roles(schedule, resource('Role', 'AWS::IAM::Role', {}), resource('B', 'AWS::IAM::Role', nobodys)),
    ).toEqual([{ logicalId: 'Role', name: 'role', documents: [] }]);
  });

  test.each([{ ManagedPolicyArns: ['arn:a'] }, { PermissionsBoundary: 'arn:a' }])(
    'with %j is refused',
    (properties) => {
      expect(() => roles(fetcher, resource('Role', 'AWS::IAM::Role', properties))).toThrow(
        `Role: expected policies in the template, not ${Object.keys(properties)}`,
      );
    },
  );

  test('with a policy that is for groups, too, is refused', () => {
    const Groups = ['people'];
    const policy = resource('Policy', 'AWS::IAM::Policy', { Roles: [{ Ref: 'Role' }], Groups });
    expect(() => roles(fetcher, resource('Role', 'AWS::IAM::Role', {}), policy)).toThrow(/Policy: .*Groups/);
  });
});

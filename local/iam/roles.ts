import type { Resource } from '../template.ts';

/** A policy in `AWS::IAM::Role`, or `AWS::IAM::Policy`. */
interface Policy {
  readonly PolicyDocument?: unknown;
  readonly Roles?: readonly unknown[];
}

/**
 * The roles that functions and schedules of the template have, with their policy documents, which may hold intrinsic
 * functions. Other roles belong to CloudFormation's own functions. Nothing here looks at who is allowed to assume a role.
 * @throws {Error} when something other than a policy in the template says what one of them allows
 */
export function rolesOf(resources: readonly Resource[], nameOf: (role: Resource) => string) {
  const used = resources.flatMap(({ type, properties }) => {
    if (type === 'AWS::Lambda::Function') return referred(properties.Role);
    if (type !== 'AWS::Scheduler::Schedule') return [];
    return referred((properties.Target as { RoleArn?: unknown } | undefined)?.RoleArn);
  });
  const policies = resources.filter(({ type }) => type === 'AWS::IAM::Policy');
  return resources
    .filter(({ type, logicalId }) => type === 'AWS::IAM::Role' && used.includes(logicalId))
    .map((role) => {
      const { logicalId, properties } = role;
      const elsewhere = ['ManagedPolicyArns', 'PermissionsBoundary'].filter((name) => name in properties);
      if (elsewhere.length > 0) {
        throw new Error(
          `${logicalId}: expected policies in the template, not ${elsewhere.join(', ')} (see local/iam/roles.ts).`,
        );
      }
      const inline = (properties.Policies ?? []) as readonly Policy[];
      const attached = policies
        .map((policy) => policy.properties as Policy)
        .filter(({ Roles = [] }) => Roles.flatMap(referred).includes(logicalId));
      const documents = [...inline, ...attached].map(({ PolicyDocument }) => PolicyDocument);
      return { logicalId, name: nameOf(role), documents };
    });
}

/** The logical id in a `Ref` or an `Fn::GetAtt`. */
function referred(value: unknown): string[] {
  const { Ref, 'Fn::GetAtt': attribute } = (value ?? {}) as { Ref?: string; 'Fn::GetAtt'?: string[] };
  return [Ref ?? attribute?.[0] ?? []].flat();
}

import type { Resource } from '../template.ts';

/** A role that a function or a schedule of the stack has, with what it may do. Documents may hold intrinsic functions. */
export interface RoleResource {
  readonly logicalId: string;
  readonly name: string;
  readonly documents: readonly unknown[];
}

/** A policy of `AWS::IAM::Role` and `AWS::IAM::Policy`. */
interface PolicyProperties {
  readonly PolicyDocument?: unknown;
  readonly Roles?: readonly unknown[];
}

/** Properties of either that allow nothing. Nothing here looks at who is allowed to assume a role. */
const inert: Readonly<Record<string, readonly string[]>> = {
  'AWS::IAM::Role': [
    'AssumeRolePolicyDocument',
    'Description',
    'MaxSessionDuration',
    'Path',
    'RoleName',
    'Tags',
  ],
  'AWS::IAM::Policy': ['PolicyName'],
};

/**
 * The roles that functions and schedules of the template have. The others belong to CloudFormation's own functions.
 * @throws {Error} when one of them is allowed something by other means than a policy in the template
 */
export function rolesOf(
  resources: readonly Resource[],
  nameOf: (resource: Resource) => string,
): RoleResource[] {
  const used = new Set(
    resources.flatMap(({ type, properties }) => {
      if (type === 'AWS::Lambda::Function') return referred(properties.Role);
      if (type !== 'AWS::Scheduler::Schedule') return [];
      return referred((properties.Target as { RoleArn?: unknown } | undefined)?.RoleArn);
    }),
  );
  const policies = resources.filter(({ type }) => type === 'AWS::IAM::Policy');
  return resources
    .filter(({ type, logicalId }) => type === 'AWS::IAM::Role' && used.has(logicalId))
    .map((role) => {
      const attached = policies.filter(({ properties }) =>
        ((properties as PolicyProperties).Roles ?? []).flatMap(referred).includes(role.logicalId),
      );
      refuseOthers(role, ['Policies']);
      for (const policy of attached) refuseOthers(policy, ['PolicyDocument', 'Roles']);
      const inline = (role.properties.Policies ?? []) as readonly PolicyProperties[];
      return {
        logicalId: role.logicalId,
        name: nameOf(role),
        documents: [...inline, ...attached.map(({ properties }) => properties as PolicyProperties)].map(
          ({ PolicyDocument }) => PolicyDocument,
        ),
      };
    });
}

/** The logical id in a `Ref` or an `Fn::GetAtt`. */
function referred(value: unknown): string[] {
  const { Ref, 'Fn::GetAtt': attribute } = (value ?? {}) as { Ref?: string; 'Fn::GetAtt'?: string[] };
  return [Ref ?? attribute?.[0] ?? []].flat();
}

function refuseOthers({ logicalId, type, properties }: Resource, known: readonly string[]): void {
  const others = Object.keys(properties).filter(
    (name) => !known.includes(name) && !inert[type]?.includes(name),
  );
  if (others.length > 0) {
    throw new Error(
      `${logicalId}: expected policies in the template, not ${others.join(', ')} (see local/iam/roles.ts).`,
    );
  }
}

import { ACCOUNT_ID } from '../aws/emulator.ts';
import { arnOf } from '../deploy.ts';
import type { Deployment } from '../deployment.ts';
import type { References } from '../references.ts';
import type { Resource } from '../template.ts';
import type { Access, Denial } from './access.ts';
import { permissionsOf } from './policy.ts';

/** What functions refer to when they are made. */
export function deployRoles({ roles, managedPolicies, logGroups }: Deployment, references: References): void {
  for (const { logicalId, name } of managedPolicies)
    references.define(logicalId, { Ref: `arn:aws:iam::${ACCOUNT_ID}:policy/${name}` });
  for (const { logicalId, name } of roles) {
    references.define(logicalId, { Ref: name, Arn: `arn:aws:iam::${ACCOUNT_ID}:role/${name}` });
  }
  for (const { logicalId, name } of logGroups) {
    // CloudFormation's ARN of a log group stands for its streams, too.
    references.define(logicalId, { Ref: name, Arn: `${logGroupArn(name)}:*` });
  }
}

/** After everything that policies refer to. */
export function deployPolicies(
  { roles, queuePolicies }: Deployment,
  references: References,
  access: Access,
): void {
  for (const { name, documents } of roles) {
    for (const document of references.resolve<unknown[]>(documents)) {
      access.grant(permissionsOf(document, { holder: name, kind: 'role' }));
    }
  }
  for (const policy of queuePolicies) {
    const { PolicyDocument, Queues } = references.resolve<{ PolicyDocument: unknown; Queues: string[] }>(
      policy,
    );
    for (const url of Queues) {
      access.grant(permissionsOf(PolicyDocument, { holder: lastPart(url), kind: 'resource' }));
    }
  }
}

/** Lets requests that are signed with the access key do what the role may. */
export function assumeRole(
  access: Access,
  { accessKeyId, roleArn, session }: { accessKeyId: string; roleArn: string; session: string },
): void {
  const role = lastPart(roleArn);
  const arn = `arn:aws:sts::${ACCOUNT_ID}:assumed-role/${role}/${session}`;
  access.assume(accessKeyId, { arn, role });
}

/** Lambda writes what a function prints with the function's role: a stream, then lines. */
export function mayLog(access: Access, functionName: string, logGroup: string): boolean {
  const resource = `${logGroupArn(logGroup)}:log-stream:local`;
  const needs = ['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => ({ action, resource }));
  return access.authorize(functionName, needs) === undefined;
}

/** S3 sends with no role: the queue's own policy has to let it. What is inside of AWS comes by TLS. */
export function maySend(access: Access, queueArn: string, bucketArn: string): boolean {
  const need = {
    action: 'sqs:SendMessage',
    resource: queueArn,
    context: { 'aws:SourceArn': bucketArn, 'aws:SourceAccount': ACCOUNT_ID, 'aws:SecureTransport': 'true' },
  };
  return access.authorizeService('s3.amazonaws.com', lastPart(queueArn), need) === undefined;
}

/** Scheduler starts a function with the schedule's role. @returns why it may not, if so */
export function mayInvoke(access: Access, roleArn: string, functionArn: string): Denial | undefined {
  const accessKeyId = `scheduler with ${roleArn}`;
  assumeRole(access, { accessKeyId, roleArn, session: 'scheduler' });
  return access.authorize(accessKeyId, [{ action: 'lambda:InvokeFunction', resource: functionArn }]);
}

const logGroupArn = (name: string) => arnOf('logs', `log-group:${name}`);

/** A role's name from its ARN, a queue's from its ARN or URL. */
function lastPart(text: string): string {
  return text.split(/[/:]/).at(-1) ?? text;
}

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

/** Properties of either that allow nothing. Who may assume a role is not looked at. */
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
 * The roles that functions and schedules of the template have; the other ones are of CloudFormation's own functions.
 * @throws {Error} when one of them may something by other means than a policy in the template
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

/** The logical id that a `Ref` or an `Fn::GetAtt` is of. */
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

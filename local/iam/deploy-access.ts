import { ACCOUNT_ID } from '../aws/emulator.ts';
import { arnOf } from '../deploy.ts';
import type { Deployment } from '../deployment.ts';
import type { References } from '../references.ts';
import type { Access } from './access.ts';
import type { Denial } from './need.ts';
import { permissionsOf } from './permission.ts';

/** What functions refer to when they are made. */
export function deployRoles({ roles, logGroups }: Deployment, references: References): void {
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

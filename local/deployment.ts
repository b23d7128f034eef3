import { type RoleResource, rolesOf } from './iam/roles.ts';
import type { Resource, Template } from './template.ts';

/** What a template deploys, as far as it moves data. Values may still hold intrinsic functions. */
export interface Deployment {
  readonly buckets: readonly Named[];
  readonly queues: readonly (Named & { readonly properties: Resource['properties'] })[];
  readonly functions: readonly FunctionResource[];
  readonly logGroups: readonly Named[];
  /** For people. Only the outputs name them here. */
  readonly managedPolicies: readonly Named[];
  /** Of the functions and schedules above. */
  readonly roles: readonly RoleResource[];
  readonly queuePolicies: readonly Resource['properties'][];
  readonly notifications: readonly Resource['properties'][];
  readonly eventSources: readonly Resource['properties'][];
  readonly schedules: readonly Resource['properties'][];
  /** All of their properties: local/alarms/alarm-properties.ts refuses what it does not know. */
  readonly alarms: readonly Resource['properties'][];
}

interface Named {
  readonly logicalId: string;
  /** Readable and stable: made of the construct's path, as CloudFormation would invent one. */
  readonly name: string;
}

export interface FunctionResource extends Named {
  /** Folder of the bundle. */
  readonly directory: string;
  readonly properties: Resource['properties'];
}

/** What the local runtime makes of a resource type's properties. One that is in no list is ignored with a warning. */
interface KnownProperties {
  readonly acts: readonly string[];
  /** They make no difference on one computer. */
  readonly ignores?: readonly string[];
  /** With them data would flow differently on AWS: an error. */
  readonly refuses?: readonly string[];
}

const types: Readonly<Record<string, KnownProperties>> = {
  'AWS::S3::Bucket': {
    acts: ['BucketName'],
    ignores: [
      'BucketEncryption',
      'LifecycleConfiguration',
      'OwnershipControls',
      'PublicAccessBlockConfiguration',
      'Tags',
      'VersioningConfiguration', // The newest version is all that convert reads.
    ],
    refuses: ['NotificationConfiguration', 'ReplicationConfiguration'],
  },
  'Custom::S3BucketNotifications': {
    acts: ['BucketName', 'NotificationConfiguration'],
    ignores: ['ServiceToken', 'Managed', 'SkipDestinationValidation'],
  },
  'AWS::SQS::Queue': {
    acts: ['QueueName', 'VisibilityTimeout', 'MessageRetentionPeriod', 'RedrivePolicy', 'DelaySeconds'],
    ignores: ['SqsManagedSseEnabled', 'Tags'],
    refuses: ['FifoQueue'],
  },
  'AWS::Lambda::Function': {
    acts: [
      'FunctionName',
      'Code',
      'Handler',
      'Environment',
      'LoggingConfig',
      'MemorySize',
      'Role',
      'Timeout',
    ],
    ignores: ['Architectures', 'Description', 'Runtime', 'Tags', 'TracingConfig'],
    refuses: ['DeadLetterConfig', 'FileSystemConfigs', 'ImageConfig', 'Layers', 'PackageType', 'VpcConfig'],
  },
  'AWS::Lambda::EventSourceMapping': {
    acts: [
      'EventSourceArn',
      'FunctionName',
      'BatchSize',
      'MaximumBatchingWindowInSeconds',
      'FunctionResponseTypes',
      'ScalingConfig',
    ],
    ignores: ['Tags'],
    refuses: ['DestinationConfig', 'Enabled', 'FilterCriteria'],
  },
  'AWS::Scheduler::Schedule': {
    acts: ['Target'],
    // A run is started by hand here, once.
    ignores: [
      'Description',
      'FlexibleTimeWindow',
      'Name',
      'ScheduleExpression',
      'ScheduleExpressionTimezone',
      'State',
    ],
  },
  'AWS::Logs::LogGroup': { acts: ['LogGroupName'], ignores: ['RetentionInDays', 'Tags'] },
  'AWS::SQS::QueuePolicy': { acts: ['PolicyDocument', 'Queues'] },
};

/** Services that move data: what the local runtime does not know of them is an error, all else makes no difference here. */
const moving =
  /^(AWS::(DynamoDB|Events|Kinesis|KinesisFirehose|Lambda|Pipes|S3|SNS|SQS|StepFunctions)::|Custom::)/;
const harmless: readonly string[] = [
  'AWS::Lambda::EventInvokeConfig', // A run's own retries are seen at once; a second invocation is started by hand.
  'AWS::S3::BucketPolicy',
  'AWS::SNS::Subscription', // Nobody is e-mailed from here.
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'Custom::S3AutoDeleteObjects',
];

/** @throws {Error} naming everything in the template with which data would flow differently on AWS */
export function planDeployment(template: Template): Deployment {
  const resources = template.resources.filter((resource) => !isCustomResourceHandler(resource, template));
  const properties = (judged: (known: KnownProperties, name: string) => boolean) =>
    resources.flatMap(({ logicalId, type, properties }) => {
      const known = types[type];
      if (!known) return [];
      const names = Object.keys(properties).filter((name) => judged(known, name));
      return names.map((name) => `${logicalId}: property ${name} of ${type}`);
    });
  const unknown = resources
    .filter(({ type }) => !types[type] && moving.test(type) && !harmless.includes(type))
    .map(({ logicalId, type }) => `${logicalId}: resource type ${type}`);
  const refused = [...unknown, ...properties(({ refuses }, name) => refuses?.includes(name) ?? false)];
  if (refused.length > 0) {
    throw new Error(
      `The template has what the local runtime does not do (see local/deployment.ts):\n  ${refused.join('\n  ')}`,
    );
  }
  const ignored = properties((known, name) => !Object.values(known).flat().includes(name));
  if (ignored.length > 0) process.emitWarning(`The local runtime ignores ${ignored.join(', ')}`);
  const ofType = (type: string) => resources.filter((resource) => resource.type === type).map(acted);
  const propertiesOf = (type: string) => ofType(type).map(({ properties }) => properties);
  return {
    buckets: ofType('AWS::S3::Bucket').map((bucket) => named(bucket, 'BucketName')),
    queues: ofType('AWS::SQS::Queue').map((queue) => ({
      ...named(queue, 'QueueName'),
      properties: queue.properties,
    })),
    functions: ofType('AWS::Lambda::Function').map((resource) => ({
      ...named(resource, 'FunctionName'),
      directory: bundleOf(resource, template),
      properties: resource.properties,
    })),
    logGroups: ofType('AWS::Logs::LogGroup').map((group) => named(group, 'LogGroupName')),
    managedPolicies: ofType('AWS::IAM::ManagedPolicy').map((policy) => named(policy, 'ManagedPolicyName')),
    roles: rolesOf(resources, (role) => named(role, 'RoleName').name),
    queuePolicies: propertiesOf('AWS::SQS::QueuePolicy'),
    notifications: propertiesOf('Custom::S3BucketNotifications'),
    eventSources: propertiesOf('AWS::Lambda::EventSourceMapping'),
    schedules: propertiesOf('AWS::Scheduler::Schedule'),
    alarms: resources
      .filter(({ type }) => type === 'AWS::CloudWatch::Alarm')
      .map(({ properties }) => properties),
  };
}

/** The resource with only those properties that the local runtime acts on. */
function acted(resource: Resource): Resource {
  const acts = types[resource.type]?.acts ?? [];
  return {
    ...resource,
    properties: Object.fromEntries(
      Object.entries(resource.properties).filter(([name]) => acts.includes(name)),
    ),
  };
}

/** The CDK's own functions, which CloudFormation calls while it deploys. */
function isCustomResourceHandler({ logicalId, type }: Resource, { resources }: Template): boolean {
  if (type !== 'AWS::Lambda::Function') return false;
  return resources.some(({ properties }) => {
    const token = properties.ServiceToken as { 'Fn::GetAtt'?: [string, string] } | undefined;
    return token?.['Fn::GetAtt']?.[0] === logicalId;
  });
}

function named({ logicalId, path, properties }: Resource, property: string): Named {
  const given = properties[property];
  if (given !== undefined && typeof given !== 'string') {
    throw new Error(`${logicalId}: the local runtime wants ${property} as plain text.`);
  }
  // "TdfWeather/Convert/DeadLetters/Resource" becomes "convert-dead-letters".
  const invented = path
    .split('/')
    .slice(1)
    .filter((part) => part !== 'Resource')
    .map((part) => part.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase())
    .join('-');
  return { logicalId, name: given ?? invented };
}

function bundleOf({ logicalId, properties }: Resource, { assets }: Template): string {
  const { S3Key } = (properties.Code ?? {}) as { S3Key?: string };
  const directory = S3Key && assets.get(S3Key);
  if (!directory) throw new Error(`${logicalId}: its code is no asset of this synthesis.`);
  return directory;
}

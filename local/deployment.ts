import { type RoleResource, rolesOf } from './iam/roles.ts';
import type { Resource, Template } from './template.ts';

/** What a template deploys, as far as it moves data. Values may still hold intrinsic functions. */
export interface Deployment {
  readonly buckets: readonly Named[];
  readonly queues: readonly (Named & { readonly properties: Resource['properties'] })[];
  readonly functions: readonly FunctionResource[];
  readonly logGroups: readonly Named[];
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

/**
 * The resource types of the stack, each with the properties that the local runtime acts on, and those that make no
 * difference on one computer. What is in neither list is an error: it could change what happens to the data.
 */
const types: Readonly<Record<string, { acts: readonly string[]; ignores: readonly string[] } | 'ignored'>> = {
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
  },
  'Custom::S3BucketNotifications': {
    acts: ['BucketName', 'NotificationConfiguration'],
    ignores: ['ServiceToken', 'Managed', 'SkipDestinationValidation'],
  },
  'AWS::SQS::Queue': {
    acts: ['QueueName', 'VisibilityTimeout', 'MessageRetentionPeriod', 'RedrivePolicy', 'DelaySeconds'],
    ignores: ['SqsManagedSseEnabled', 'Tags'],
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
  'AWS::SQS::QueuePolicy': { acts: ['PolicyDocument', 'Queues'], ignores: [] },
  'AWS::Athena::NamedQuery': 'ignored',
  'AWS::Athena::WorkGroup': 'ignored',
  'AWS::CDK::Metadata': 'ignored',
  'AWS::CloudWatch::Alarm': 'ignored',
  'AWS::CloudWatch::Dashboard': 'ignored',
  'AWS::Glue::Database': 'ignored',
  'AWS::Glue::Table': 'ignored',
  'AWS::IAM::Policy': 'ignored', // Those that matter are read by local/iam/roles.ts.
  'AWS::IAM::Role': 'ignored',
  'AWS::KMS::Key': 'ignored',
  'AWS::Lambda::EventInvokeConfig': 'ignored', // A run's own retries are seen at once; a second invocation is started by hand.
  'AWS::S3::BucketPolicy': 'ignored',
  'AWS::SNS::Subscription': 'ignored', // Nobody is mailed from here.
  'AWS::SNS::Topic': 'ignored',
  'AWS::SNS::TopicPolicy': 'ignored',
  'Custom::S3AutoDeleteObjects': 'ignored',
};

/** @throws {Error} naming everything in the template that the local runtime does not know */
export function planDeployment(template: Template): Deployment {
  const resources = template.resources.filter((resource) => !isCustomResourceHandler(resource, template));
  const unknown = resources.flatMap(({ logicalId, type, properties }) => {
    const known = types[type];
    if (known === undefined) return [`${logicalId}: resource type ${type}`];
    if (known === 'ignored') return [];
    return Object.keys(properties)
      .filter((name) => !known.acts.includes(name) && !known.ignores.includes(name))
      .map((name) => `${logicalId}: property ${name} of ${type}`);
  });
  if (unknown.length > 0) {
    throw new Error(
      `The template has what the local runtime does not know (see local/deployment.ts):\n  ${unknown.join('\n  ')}`,
    );
  }
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
  const known = types[resource.type];
  const acts = known && known !== 'ignored' ? known.acts : [];
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
